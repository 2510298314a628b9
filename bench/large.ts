import { randomBytes } from 'node:crypto';
import { DynamoRegistry } from '../core/dynamodb/registry.js';
import { DynamoStore } from '../core/dynamodb/store.js';
import { purge } from '../core/lifecycle/purge.js';
import { schedulePurge } from '../core/lifecycle/schedule-purge.js';
import { readTail } from '../core/log/tail.js';
import type { BoxId } from '../core/model/items.js';
import { systemClock } from '../core/ports/clock.js';
import type { Core } from '../core/ports/core.js';
import type { PurgeMessage } from '../core/ports/purge-queue.js';
import type { OperationInput } from '../protocol/operation.js';
import { fillUp } from './box-size.js';
import { inLine } from './costs.js';
import { BenchDevice, deposit } from './support/device.js';
import type { BenchServer } from './support/server.js';
import type { CallWatch } from './support/watch.js';
import { unread } from './support/workload.js';

/** Cost of large data: DynamoDB units, and the changes that a device receives. */
export interface Large {
  readonly case: string;
  readonly elements: number;
  readonly write: number; // units
  readonly read: number; // units
  readonly callsInLine: number; // of one request or one part of the work, the largest number
  readonly entries: number; // in the log
  readonly changes: number; // that a device receives
  readonly down: number; // bytes that it receives, compressed
}

const LARGE_ELEMENTS = 5;
const LARGE_BYTES = 62_000; // an operation has at most 64 KB
const USER = 'tel:+15550601';

/**
 * Measures a commit of several large elements, and the deletion of a conversation history with this many
 * messages.
 * @param watch one with costs, which has seen every write
 */
export async function measureLarge(
  server: BenchServer,
  watch: CallWatch,
  operations: readonly OperationInput[],
  messages: number,
  onProgress: (what: string) => void = () => undefined,
): Promise<Large[]> {
  const [first] = operations;
  if (!first) return [];
  const pattern = unread(first) as OperationInput & { conversationId: string; data: object };
  const { conversationId } = pattern;
  await deposit(server, USER, [pattern]);
  const device = await new BenchDevice(server, USER, 'phone').register();
  await device.synchronize();

  /**
   * Measures the commits of `work`, the work that follows from them, and the changes that the device
   * receives.
   */
  const measured = async (name: string, elements: number, work: () => Promise<unknown>): Promise<Large> => {
    const before = await headOf(server);
    const lines: number[] = [];
    let [write, read] = [0, 0];
    const take = () => {
      const calls = watch.take();
      lines.push(inLine(calls));
      write += calls.reduce((sum, call) => sum + call.write, 0);
      read += calls.reduce((sum, call) => sum + call.read, 0);
    };
    watch.take();
    await work();
    take();
    await finishBackgroundWork(server, take);
    const entries = (await headOf(server)) - before;
    const { wire, received } = await device.synchronize();
    const [callsInLine, down] = [Math.max(...lines), wire.downCompressed];
    return { case: name, elements, write, read, callsInLine, entries, changes: received, down };
  };

  onProgress('large elements');
  const large = Array.from({ length: LARGE_ELEMENTS }, (_, i) => {
    const textContent = randomBytes(LARGE_BYTES).toString('base64').slice(0, LARGE_BYTES);
    return {
      ...pattern,
      id: `large-${i}`,
      data: { ...pattern.data, textContent },
    } as unknown as OperationInput;
  });
  const bytes = JSON.stringify(large).length;
  const deposited = await measured(`a deposit of ${Math.round(bytes / 1024)} KB`, LARGE_ELEMENTS, () =>
    deposit(server, USER, large, { isProjected: false }),
  );
  onProgress(`filling a conversation history with ${messages} messages`);
  await fillUp(server, USER as BoxId, messages);
  onProgress('deleting it');
  const removal = { op: 'delete', type: 'conversationHistory', id: conversationId } as OperationInput;
  const deleted = await measured('deletion of a conversation history', messages, () =>
    deposit(server, USER, [removal], { isProjected: false }),
  );
  return [deposited, deleted];
}

const headOf = async (server: BenchServer): Promise<number> =>
  (await readTail(coreOf(server), USER as BoxId))?.head.index ?? 0;

const coreOf = ({ database, storeTable, registryTable }: BenchServer, sent: PurgeMessage[] = []): Core =>
  ({
    store: new DynamoStore(database, storeTable, registryTable),
    registry: new DynamoRegistry(database, registryTable),
    clock: systemClock,
    purgeQueue: {
      send: async (messages: readonly PurgeMessage[]) => {
        sent.push(...messages);
      },
    },
    report: () => undefined,
  }) as unknown as Core;

/** Runs the stream readers and the purge worker until all is done. Calls `take` after each step. */
async function finishBackgroundWork(server: BenchServer, take: () => void): Promise<void> {
  const orders: PurgeMessage[] = [];
  const core = coreOf(server, orders);
  const stream = await server.streamOf(USER);
  take();
  await server.readsStream(stream);
  take();
  const { entries = [] } = (await readTail(core, USER as BoxId)) ?? {};
  const newest = entries.at(-1);
  if (newest) await schedulePurge(core, USER as BoxId, newest);
  take();
  for (let order = orders.shift(); order; order = orders.shift()) {
    await purge(core, order);
    take();
  }
}
