import { BatchWriteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { decodeItem, encodeItem } from '../core/dynamodb/codec.js';
import type { BoxId, StoredMessage } from '../core/model/items.js';
import { messageKey } from '../core/model/keys.js';
import type { MessageId } from '../protocol/ids.js';
import type { OperationInput } from '../protocol/operation.js';
import { BenchDevice, deposit } from './support/device.js';
import type { BenchServer } from './support/server.js';
import { ratioOf, type Times, timesOf } from './support/timing.js';

/**
 * Time of an incremental synchronization in a box of this many messages. `ratio`: to the time in the smallest
 * box.
 */
export interface SizeTimes {
  readonly messages: number;
  readonly case: 'nothing changed' | '10 new messages';
  readonly handler: Times;
  readonly ratio: number;
}

const DEPOSITED = 500; // through commits; the rest is written straight to the table
const CHANGES = 10;
const WARM_UP = 5;
const BATCH = 25;
const BATCHES_AT_ONCE = 8;

interface SizedBox {
  readonly messages: number;
  readonly user: string;
  readonly device: BenchDevice;
  readonly samples: Readonly<Record<SizeTimes['case'], number[]>>;
}

/** Measures boxes of these sizes in turn, round by round, so that all run under the same machine load. */
export async function measureBoxSizes(
  server: BenchServer,
  operations: readonly OperationInput[],
  sizes: readonly number[],
  { rounds, onProgress = () => undefined }: { rounds: number; onProgress?: (what: string) => void },
): Promise<SizeTimes[]> {
  const boxes: SizedBox[] = [];
  for (const [i, messages] of sizes.entries()) {
    onProgress(`filling a box of ${messages} messages`);
    const user = `tel:+1555030${i}`;
    await deposit(server, user, operations.slice(0, Math.min(DEPOSITED, messages)));
    await fillUp(server, user as BoxId, messages - DEPOSITED);
    const device = await new BenchDevice(server, user, 'phone').register();
    device.token = (await device.page(1)).syncToken;
    boxes.push({
      messages,
      user,
      device,
      samples: { 'nothing changed': [], '10 new messages': [] },
    });
  }
  // Finish the initial synchronization. Otherwise every measurement would be one of its pages.
  for (const { device, messages } of boxes) {
    onProgress(`initial synchronization of ${messages} messages`);
    await device.synchronize([], { limit: 1000 });
  }
  onProgress(`${rounds} rounds`);
  for (let round = 0; round < rounds + WARM_UP; round++) {
    for (const { user, device, samples } of boxes) {
      const idle = await handlerTime(server, () => device.synchronize());
      const fresh = operations.slice(0, CHANGES).map((each, i) => ({ ...each, id: `new-${round}-${i}` }));
      await deposit(server, user, fresh as unknown as OperationInput[]);
      const changed = await handlerTime(server, () => device.synchronize());
      if (round < WARM_UP) continue;
      samples['nothing changed'].push(idle);
      samples['10 new messages'].push(changed);
    }
  }
  return (['nothing changed', '10 new messages'] as const).flatMap((name) => {
    const [smallest] = boxes;
    const floor = smallest?.samples[name] ?? [];
    return boxes.map(({ messages, samples }) => {
      const ratio = ratioOf(samples[name], floor);
      return { messages, case: name, handler: timesOf(samples[name]), ratio };
    });
  });
}

async function handlerTime(server: BenchServer, work: () => Promise<unknown>): Promise<number> {
  server.takeHandlerMs();
  await work();
  return server.takeHandlerMs();
}

/**
 * Copies the existing messages without log entries. An old box looks like that after its commits have
 * expired.
 */
export async function fillUp(
  { database, storeTable }: BenchServer,
  box: BoxId,
  count: number,
): Promise<void> {
  if (count <= 0) return;
  const { Items = [] } = await database.send(
    new QueryCommand({
      TableName: storeTable,
      KeyConditionExpression: 'box = :box AND begins_with(sk, :contents)',
      ExpressionAttributeValues: { ':box': { S: box }, ':contents': { S: 'E#' } },
      Limit: DEPOSITED,
    }),
  );
  const patterns = Items.map((image) => decodeItem(image).item).filter(
    (item) => item.kind === 'message' && item.bodyBytes === undefined,
  );
  const copies = Array.from({ length: count }, (_, i) =>
    copyOf(patterns[i % patterns.length] as StoredMessage, i),
  );
  for (let at = 0; at < copies.length; at += BATCH * BATCHES_AT_ONCE) {
    await Promise.all(
      Array.from({ length: BATCHES_AT_ONCE }, async (_, batch) => {
        const items = copies.slice(at + batch * BATCH, at + (batch + 1) * BATCH);
        if (items.length === 0) return;
        const writes = items.map((item) => ({ PutRequest: { Item: encodeItem(box, item) } }));
        await database.send(new BatchWriteItemCommand({ RequestItems: { [storeTable]: writes } }));
      }),
    );
  }
}

function copyOf(pattern: StoredMessage, i: number): StoredMessage {
  const id = `${pattern.id}-${i}` as MessageId;
  return { ...pattern, id, sk: messageKey(pattern.conversationId, id) };
}
