import { setTimeout } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective } from '../../protocol/preferences.js';
import { ticketShelf } from '../model/ticket-shelf.js';
import {
  type DeviceKey,
  type DevicePatch,
  type DeviceRecord,
  decidingFieldsOf,
  type Registry,
  SCOPES_KEPT,
  type TicketHolder,
} from '../ports/registry.js';
import type { BoxId } from '../model/items.js';
import type { Write } from '../ports/store.js';
import { asRead, decodeDevice, encodeDevice, expressions } from './device-image.js';
import { isRefusal } from './errors.js';
import {
  boxKey,
  DEVICES,
  deviceKey,
  type Image,
  policyKey,
  scopeKey,
  scopesOf,
  shelfKey,
  ticketKey,
  versionIn,
} from './registry-keys.js';
import { actionOf } from './store.js';

/** Items of one transaction, with room for what joins it. */
const ERASED_AT_ONCE = 90;
const CONFLICTS_MAX = 4;
const CONFLICT_WAIT_MS = 20;

/** Devices and tickets in one DynamoDB table, `pk` and `sk`; registering writes to the boxes' table too. */
export class DynamoRegistry implements Registry {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly storeTable: string,
  ) {}

  async device(box: BoxId, deviceId: DeviceId) {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: deviceKey(box, deviceId), ConsistentRead: true }),
    );
    return Item && decodeDevice(Item);
  }

  async devices(box: BoxId) {
    const devices: DeviceRecord[] = [];
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
      devices.push(...(page.Items ?? []).map(decodeDevice));
      start = page.LastEvaluatedKey;
    } while (start);
    return devices;
  }

  async register(record: DeviceRecord, previous: DeviceRecord | undefined, writes: readonly Write[]) {
    const action = previous ? this.replacing(record, previous) : this.adding(record);
    const scope = previous?.scopeVersion === record.scopeVersion ? [] : this.keepingScope(record);
    const others = writes.map((write) => actionOf(this.storeTable, record.box, write));
    return this.transact([action, ...scope, ...others]);
  }

  private keepingScope({ box, deviceId, scopeVersion, effective }: DeviceRecord): TransactWriteItem[] {
    const Item = { ...scopeKey(box, deviceId, scopeVersion), effective: { S: JSON.stringify(effective) } };
    const dropped = scopeVersion - SCOPES_KEPT;
    return [
      { Put: { TableName: this.table, Item } },
      ...(dropped > 0 ? [{ Delete: { TableName: this.table, Key: scopeKey(box, deviceId, dropped) } }] : []),
    ];
  }

  private adding(record: DeviceRecord): TransactWriteItem {
    const ConditionExpression = 'attribute_not_exists(pk)';
    return { Put: { TableName: this.table, Item: encodeDevice(record), ConditionExpression } };
  }

  private replacing(record: DeviceRecord, previous: DeviceRecord): TransactWriteItem {
    const { instanceId, connectionId } = previous;
    const read = decidingFieldsOf(previous);
    if (record.instanceId !== instanceId) {
      const condition = asRead(instanceId, { ...read, connectionId });
      return { Put: { TableName: this.table, Item: encodeDevice(record), ...condition } };
    }
    // Connection and pushes of the same instance go on meanwhile: only what registering is about may be touched.
    const { name, preferences, effective, scopeVersion, boxPolicyId } = record;
    const set = { name, preferences, effective, scopeVersion, boxPolicyId };
    return { Update: { TableName: this.table, ...expressions(record, { set, expect: read }) } };
  }

  async revoke(record: DeviceRecord, writes: readonly Write[], scopesUntilMs?: number) {
    const { box, deviceId, instanceId, connectionId } = record;
    const condition = asRead(instanceId, { connectionId });
    const remove = { Delete: { TableName: this.table, Key: deviceKey(box, deviceId), ...condition } };
    return this.transact([
      remove,
      ...(scopesUntilMs === undefined ? [] : this.expiringScopes(record, scopesUntilMs)),
      ...writes.map((write) => actionOf(this.storeTable, box, write)),
    ]);
  }

  /** In the transaction that revokes: so none of them can be that of a later registration. */
  private expiringScopes(
    { box, deviceId, scopeVersion }: DeviceRecord,
    untilMs: number,
  ): TransactWriteItem[] {
    const versions = Array.from({ length: SCOPES_KEPT }, (_, i) => scopeVersion - i).filter((it) => it > 0);
    return versions.map((version) => ({
      Update: {
        TableName: this.table,
        Key: scopeKey(box, deviceId, version),
        UpdateExpression: 'SET expiresAt = :at',
        ExpressionAttributeValues: { ':at': { N: String(Math.ceil(untilMs / 1000)) } },
      },
    }));
  }

  private async transact(TransactItems: TransactWriteItem[]): Promise<'written' | 'refused'> {
    try {
      await this.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return 'written';
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      throw error;
    }
  }

  async patch(device: DeviceKey, patch: DevicePatch): Promise<boolean> {
    return (await this.update(device, patch, 'NONE')) !== undefined;
  }

  async exchange(device: DeviceKey, patch: DevicePatch): Promise<DeviceRecord | undefined> {
    const before = await this.update(device, patch, 'ALL_OLD');
    return before && decodeDevice(before);
  }

  /** The item as it was, or nothing of it where that was not asked for; undefined: the condition does not hold. */
  private async update(
    device: DeviceKey,
    patch: DevicePatch,
    ReturnValues: 'NONE' | 'ALL_OLD',
  ): Promise<Image | undefined> {
    const update = new UpdateItemCommand({
      TableName: this.table,
      ReturnValues,
      ...expressions(device, patch),
    });
    for (let conflicts = 0; ; conflicts++) {
      try {
        return (await this.client.send(update)).Attributes ?? {};
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        // The device is just being registered, or its scope changed, which is a transaction: soon over.
        if (!(error instanceof TransactionConflictException) || conflicts === CONFLICTS_MAX) throw error;
        await setTimeout(CONFLICT_WAIT_MS * (conflicts + Math.random()));
      }
    }
  }

  async scopes(box: BoxId, deviceId: DeviceId, versions: readonly number[]) {
    const found = new Map<number, Effective>();
    await Promise.all(
      versions.map(async (version) => {
        const Key = scopeKey(box, deviceId, version);
        const { Item } = await this.client.send(
          new GetItemCommand({ TableName: this.table, Key, ConsistentRead: true }),
        );
        if (Item?.effective?.S) found.set(version, JSON.parse(Item.effective.S));
      }),
    );
    return found;
  }

  async lastScopeVersion(box: BoxId, deviceId: DeviceId) {
    const { Items } = await this.client.send(
      new QueryCommand({
        TableName: this.table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :scopes)',
        ExpressionAttributeValues: { ':pk': { S: boxKey(box) }, ':scopes': { S: scopesOf(deviceId) } },
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    return versionIn(Items?.[0]?.sk?.S ?? '0');
  }

  async policy(id: PolicyId) {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: policyKey(id), ConsistentRead: true }),
    );
    return Item?.policy?.S ? (JSON.parse(Item.policy.S) as Policy) : undefined;
  }

  async putPolicy(id: PolicyId, policy: Policy) {
    const Item = { ...policyKey(id), policy: { S: JSON.stringify(policy) } };
    await this.client.send(new PutItemCommand({ TableName: this.table, Item }));
  }

  async putTicket(ticket: string, { box, deviceId, instanceId }: TicketHolder, expiresAtMs: number) {
    await this.client.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          ...ticketKey(ticket),
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
      const { box, deviceId, instanceId } = Attributes ?? {};
      return { box: box?.S, deviceId: deviceId?.S, instanceId: instanceId?.S } as TicketHolder;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async eraseSome(box: BoxId, writes: readonly Write[]) {
    const kept = await this.keysIn(boxKey(box));
    const keys = kept.length > 0 ? kept : await this.keysIn(shelfKey(ticketShelf(box)), box);
    if (keys.length === 0) return 'none';
    const outcome = await this.transact([
      ...writes.map((write) => actionOf(this.storeTable, box, write)),
      ...keys.map((Key) => ({ Delete: { TableName: this.table, Key } })),
    ]);
    return outcome === 'written' ? 'some' : outcome;
  }

  /** Keys of items in a partition, those of one box alone where boxes share it: some of them, none where there are none. */
  private async keysIn(pk: string, ofBox?: BoxId): Promise<Image[]> {
    let start: Image | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ...(ofBox !== undefined && { FilterExpression: 'box = :box' }),
          ProjectionExpression: 'pk, sk',
          ExpressionAttributeValues: {
            ':pk': { S: pk },
            ...(ofBox !== undefined && { ':box': { S: ofBox } }),
          },
          Limit: ERASED_AT_ONCE,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      if (page.Items && page.Items.length > 0) return page.Items;
      start = page.LastEvaluatedKey;
    } while (start);
    return [];
  }
}
