import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import { type BoxId, FORMAT, type StoredDevice } from '../model/items.js';
import { DEVICES, deviceKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import { ticketPartition } from '../model/ticket-partition.js';
import type { DeviceName, ProgressPatch, Registry, TicketHolder } from '../ports/registry.js';
import { boxKey, decodeItem, format, type Image, keyOf } from './codec.js';
import { progressChanges } from './device-writer.js';
import { isConditionFailed } from './errors.js';
import { Update } from './expressions.js';
import { policyKey, ticketKey, ticketPartitionKey } from './registry-keys.js';

const TICKETS_AT_ONCE = 100;

/** Devices, policies and tickets in one DynamoDB table, `pk` and `sk`. */
export class DynamoRegistry implements Registry {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async device(box: BoxId, deviceId: DeviceId) {
    const Key = keyOf(box, deviceKey(deviceId));
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key, ConsistentRead: true }),
    );
    return deviceIn(Item);
  }

  async devices(box: BoxId) {
    const devices: StoredDevice[] = [];
    let start: Image | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :devices)',
          ExpressionAttributeValues: { ':pk': { S: boxKey(box) }, ':devices': { S: DEVICES } },
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      devices.push(...(page.Items ?? []).flatMap((image) => deviceIn(image) ?? []));
      start = page.LastEvaluatedKey;
    } while (start);
    return devices;
  }

  async patch(device: DeviceName, patch: ProgressPatch): Promise<boolean> {
    return (await this.update(device, patch, 'NONE')) !== undefined;
  }

  async exchange(device: DeviceName, patch: ProgressPatch): Promise<StoredDevice | undefined> {
    return deviceIn(await this.update(device, patch, 'ALL_OLD'));
  }

  /** The item as it was, or `{}` without `ALL_OLD`; undefined: the condition does not hold. */
  private async update(
    { box, deviceId, instanceId }: DeviceName,
    { set, expect = {} }: ProgressPatch,
    ReturnValues: 'NONE' | 'ALL_OLD',
  ): Promise<Image | undefined> {
    const update = new Update().change(progressChanges(set)).isEqual('instanceId', { S: instanceId });
    for (const [field, value] of Object.entries(progressChanges(expect))) update.isEqual(field, value);
    const Key = keyOf(box, deviceKey(deviceId));
    try {
      const command = new UpdateItemCommand({
        TableName: this.table,
        Key,
        ReturnValues,
        ...update.expressions,
      });
      return (await this.client.send(command)).Attributes ?? {};
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  }

  async policy(id: PolicyId) {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: policyKey(id), ConsistentRead: true }),
    );
    return Item && (JSON.parse(known(Item).policy?.S ?? '{}') as Policy);
  }

  async putPolicy(id: PolicyId, policy: Policy) {
    const Item = { ...policyKey(id), f: format, policy: { S: JSON.stringify(policy) } };
    await this.client.send(new PutItemCommand({ TableName: this.table, Item }));
  }

  async putTicket(ticket: string, { box, deviceId, instanceId }: TicketHolder, expiresAtMs: number) {
    await this.client.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          ...ticketKey(ticket),
          f: format,
          box: { S: box },
          deviceId: { S: deviceId },
          instanceId: { S: instanceId },
          expiresAtMs: { N: String(expiresAtMs) },
          expiresAt: { N: String(Math.ceil(expiresAtMs / 1000)) },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  }

  async takeTicket(ticket: string, nowMs: number): Promise<TicketHolder | undefined> {
    try {
      const { Attributes } = await this.client.send(
        new DeleteItemCommand({
          TableName: this.table,
          Key: ticketKey(ticket),
          ConditionExpression: 'expiresAtMs > :now',
          ExpressionAttributeValues: { ':now': { N: String(nowMs) } },
          ReturnValues: 'ALL_OLD',
        }),
      );
      const { box, deviceId, instanceId } = known(Attributes ?? {});
      return { box: box?.S, deviceId: deviceId?.S, instanceId: instanceId?.S } as TicketHolder;
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  }

  async removeTickets(box: BoxId): Promise<number> {
    const keys = await this.ticketsOf(box);
    await Promise.all(
      keys.map((Key) => this.client.send(new DeleteItemCommand({ TableName: this.table, Key }))),
    );
    return keys.length;
  }

  /** Keys of some tickets of a box; empty if it has none. Boxes may share a partition of tickets. */
  private async ticketsOf(box: BoxId): Promise<Image[]> {
    let start: Image | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'box = :box',
          ProjectionExpression: 'pk, sk',
          ExpressionAttributeValues: {
            ':pk': { S: ticketPartitionKey(ticketPartition(box)) },
            ':box': { S: box },
          },
          Limit: TICKETS_AT_ONCE,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      if (page.Items && page.Items.length > 0) return page.Items;
      start = page.LastEvaluatedKey;
    } while (start);
    return [];
  }
}

function deviceIn(image: Image | undefined): StoredDevice | undefined {
  if (!image?.sk) return undefined;
  const { item } = decodeItem(image);
  return item.kind === 'device' ? item : undefined;
}

/** @throws SyncProblem `unavailable` for an item of a newer format. */
function known(image: Image): Image {
  if (Number(image.f?.N) <= FORMAT) return image;
  throw new SyncProblem('unavailable', {
    detail: `the format of an item must be at most ${FORMAT}, got ${image.f?.N ?? 'none'}`,
  });
}
