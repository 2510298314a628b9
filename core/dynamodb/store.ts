import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ViewWrite } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { isRegistryKey } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { AGAIN, type RetryOptions, retry } from '../ports/retry.js';
import type { DeviceAdvance, Items, Projected, Range, Store } from '../ports/store.js';
import {
  boxKey,
  decodeItem,
  encodeItem,
  expiry,
  format,
  type Image,
  isDeviceKey,
  keyOf,
  number,
  refuseNewer,
} from './codec.js';
import { DeviceWriter } from './device-writer.js';
import { isConditionFailed, translateErrors } from './errors.js';
import { type Changes, Update } from './expressions.js';
import { execute, type Statement } from './statements.js';
import { encodeVersions, insert, type Part, partsOf, rounds, update } from './write-statements.js';

const BATCH_GET_MAX = 100;
const UNPROCESSED_WAIT_MS = 25; // doubled each time
const UNPROCESSED_RETRIES: RetryOptions = {
  attempts: 8,
  pause: (attempt) => setTimeout(UNPROCESSED_WAIT_MS * 2 ** attempt * (0.5 + Math.random() / 2)),
  exhausted: () =>
    new SyncProblem('unavailable', { detail: 'the database left reads unprocessed each time' }),
};
/** Up to this many writes are single calls side by side. More go in batches, which cost the function less time. */
const SINGLE_WRITES_MAX = 3;

/** Boxes in two DynamoDB tables: keys `box` and `sk` for their contents, `pk` and `sk` for their devices. No index. */
export class DynamoStore implements Store {
  private readonly devices: DeviceWriter;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly registryTable: string,
  ) {
    this.devices = new DeviceWriter(client, registryTable);
  }

  get(box: BoxId, keys: readonly string[]) {
    return this.read(box, keys, true);
  }

  getStale(box: BoxId, keys: readonly string[]) {
    return this.read(box, keys, false);
  }

  private async read(
    box: BoxId,
    keys: readonly string[],
    ConsistentRead: boolean,
  ): Promise<ReadonlyMap<string, StoredItem>> {
    const all = [...new Set(keys)];
    const images =
      all.length === 1
        ? await this.getOne(box, all[0] as string, ConsistentRead)
        : (
            await Promise.all(
              chunks(all, BATCH_GET_MAX).map((part) => this.getSome(box, part, ConsistentRead)),
            )
          ).flat();
    return new Map(images.map((image) => decodeItem(image).item).map((item) => [item.sk, item]));
  }

  private async getOne(box: BoxId, sk: string, ConsistentRead: boolean): Promise<Image[]> {
    const get = new GetItemCommand({ TableName: this.tableOf(sk), Key: keyOf(box, sk), ConsistentRead });
    const { Item } = await translateErrors('read', () => this.client.send(get));
    return Item ? [Item] : [];
  }

  private async getSome(box: BoxId, keys: readonly string[], ConsistentRead: boolean): Promise<Image[]> {
    const images: Image[] = [];
    let RequestItems: BatchGetItemCommandInput['RequestItems'] = {};
    for (const sk of keys) {
      const table = this.tableOf(sk);
      RequestItems[table] ??= { Keys: [], ConsistentRead };
      RequestItems[table]?.Keys?.push(keyOf(box, sk));
    }
    return retry(UNPROCESSED_RETRIES, async () => {
      const get: BatchGetItemCommand = new BatchGetItemCommand({ RequestItems });
      const page: BatchGetItemCommandOutput = await translateErrors('read', () => this.client.send(get));
      const { Responses = {}, UnprocessedKeys } = page;
      for (const found of Object.values(Responses)) images.push(...found);
      // Unprocessed keys come back with their table and their consistency.
      RequestItems = UnprocessedKeys ?? {};
      return Object.keys(RequestItems).length > 0 ? AGAIN : images;
    });
  }

  async query(box: BoxId, { from, to, limit, descending = false }: Range): Promise<Items> {
    const isRegistry = isRegistryKey(from);
    const query = new QueryCommand({
      TableName: this.tableOf(from),
      ConsistentRead: true,
      KeyConditionExpression: `${isRegistry ? 'pk' : 'box'} = :box AND sk BETWEEN :from AND :to`,
      ExpressionAttributeValues: {
        ':box': { S: isRegistry ? boxKey(box) : box },
        ':from': { S: from },
        ':to': { S: to },
      },
      Limit: limit,
      ScanIndexForward: !descending,
    });
    const { Items = [], LastEvaluatedKey } = await translateErrors('read', () => this.client.send(query));
    const items = Items.map((image) => decodeItem(image).item);
    const last = LastEvaluatedKey?.sk?.S;
    return { items, more: last !== undefined, ...(last !== undefined && { last }) };
  }

  async append(box: BoxId, entry: LogEntry): Promise<LogEntry> {
    const put = new PutItemCommand({
      TableName: this.table,
      Item: encodeItem(box, entry),
      ConditionExpression: 'attribute_not_exists(sk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await translateErrors('write', () => this.client.send(put));
      return entry;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const { Item } = error as ConditionalCheckFailedException;
      if (!Item) throw error;
      const { item } = decodeItem(Item);
      if (item.kind !== 'entry') throw new Error(`under the key of a log entry is a ${item.kind}`);
      return item;
    }
  }

  async put(box: BoxId, item: StoredItem, when: 'absent' | 'always'): Promise<boolean> {
    const put = new PutItemCommand({
      TableName: this.tableOf(item.sk),
      Item: encodeItem(box, item),
      ...(when === 'absent' && { ConditionExpression: 'attribute_not_exists(sk)' }),
    });
    try {
      await translateErrors('write', () => this.client.send(put));
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  }

  async project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected> {
    const ofDevices = writes.filter(({ sk }) => isDeviceKey(sk));
    const others = writes.filter(({ sk }) => !isDeviceKey(sk));
    const [devices] = await Promise.all([
      translateErrors('write', () => this.devices.write(box, ofDevices, advance)),
      translateErrors('write', () => this.projectItems(box, others)),
    ]);
    return devices;
  }

  /** A wrong hint costs one call more: then each part is written alone, if the stored part is older. */
  private async projectItems(box: BoxId, writes: readonly ViewWrite[]): Promise<void> {
    if (writes.length <= SINGLE_WRITES_MAX) {
      await Promise.all(writes.map((write) => this.projectItem(box, write)));
      return;
    }
    // The items beside a device usually exist, but not always, and no hint says whether they do.
    const ofDevices = writes.filter(({ sk }) => isRegistryKey(sk));
    const others = writes.filter(({ sk }) => !isRegistryKey(sk));
    await Promise.all([
      this.projectBatches(box, others),
      ...ofDevices.map((write) => this.projectItem(box, write)),
    ]);
  }

  private async projectBatches(box: BoxId, writes: readonly ViewWrite[]): Promise<void> {
    for (const round of rounds(writes)) {
      const outcomes = await execute(
        this.client,
        round.map((write) => this.statementOf(box, write)),
      );
      const conflicting = round.filter((_, i) => outcomes[i] === 'conflict');
      await Promise.all(conflicting.map((write) => this.projectItem(box, write)));
    }
  }

  private async projectItem(box: BoxId, write: ViewWrite): Promise<void> {
    const parts = partsOf(write);
    if (await this.update(box, write, parts)) return;
    // One of two parts may be applied already.
    if (parts.length > 1) await Promise.all(parts.map((part) => this.update(box, write, [part])));
  }

  private async update(box: BoxId, { sk, expiresAtMs }: ViewWrite, parts: readonly Part[]): Promise<boolean> {
    const update = new Update().change({
      f: format,
      expiresAt: expiresAtMs === undefined ? undefined : expiry(expiresAtMs),
    });
    for (const { version, at, body: value, bodyAt } of parts) {
      update.change({ [at]: version, [bodyAt]: value }).isOlder(at, version);
    }
    update.isKnown(format);
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableOf(sk),
          Key: keyOf(box, sk),
          ...update.expressions,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return true;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const { Item } = error as ConditionalCheckFailedException;
      if (Item) refuseNewer(Item.f);
      return false;
    }
  }

  private statementOf(box: BoxId, write: ViewWrite): Statement {
    const { sk, expiresAtMs, creates } = write;
    const table = this.tableOf(sk);
    const key = keyOf(box, sk);
    const parts = partsOf(write);
    const changes: Changes = {
      f: format,
      ...Object.fromEntries(
        parts.flatMap(({ at, version, bodyAt, body: value }) => [
          [at, version],
          [bodyAt, value],
        ]),
      ),
      expiresAt: expiresAtMs === undefined ? undefined : expiry(expiresAtMs),
    };
    return creates
      ? insert(table, { ...key, ...changes })
      : update(table, key, changes, [
          ...parts.map(({ at, version }) => ({ name: at, below: version })),
          { name: 'f', atMost: format },
        ]);
  }

  async replace(
    box: BoxId,
    items: readonly { readonly read: StoredItem; readonly next: StoredItem }[],
  ): Promise<readonly string[]> {
    const outcomes = await translateErrors('write', () =>
      execute(
        this.client,
        items.map(({ read, next }) => {
          const { v, b, sv, s, expiresAt } = encodeItem(box, next);
          const was = encodeVersions(read);
          const changes = { f: format, v, b, sv, s, expiresAt };
          return update(this.tableOf(read.sk), keyOf(box, read.sk), changes, [
            { name: 'v', is: was.v },
            { name: 'sv', is: was.sv },
          ]);
        }),
      ),
    );
    return items.filter((_, i) => outcomes[i] === 'done').map(({ read }) => read.sk);
  }

  async remove(box: BoxId, keys: readonly string[], upTo: number): Promise<void> {
    const most = number(upTo);
    const statements = keys.map((sk): Statement => {
      const [[partition, owner], [, sort]] = Object.entries(keyOf(box, sk)) as [
        [string, Image[string]],
        [string, Image[string]],
      ];
      return {
        Statement: `DELETE FROM "${this.tableOf(sk)}" WHERE "${partition}"=? AND "sk"=? AND ("v" IS MISSING OR "v" <= ?) AND ("sv" IS MISSING OR "sv" <= ?)`,
        Parameters: [owner, sort, most, most],
      };
    });
    await translateErrors('write', () => execute(this.client, statements));
  }

  async keys(box: BoxId, limit: number, after?: string) {
    const registry = { name: 'pk', value: boxKey(box) };
    const isInRegistry = after !== undefined && isRegistryKey(after);
    if (!isInRegistry) {
      const page = await this.keysIn(this.table, { name: 'box', value: box }, limit, after);
      if (page.more) return page;
      if (page.keys.length >= limit) return { ...page, more: true };
      const rest = await this.keysIn(this.registryTable, registry, limit - page.keys.length);
      return { keys: [...page.keys, ...rest.keys], more: rest.more };
    }
    return this.keysIn(this.registryTable, registry, limit, after);
  }

  private async keysIn(
    table: string,
    partition: { readonly name: string; readonly value: string },
    limit: number,
    after?: string,
  ) {
    const query = new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: `${partition.name} = :owner${after === undefined ? '' : ' AND sk > :after'}`,
      ProjectionExpression: 'sk', // so that items which cannot be decoded are listed too
      ExpressionAttributeValues: {
        ':owner': { S: partition.value },
        ...(after !== undefined && { ':after': { S: after } }),
      },
      Limit: limit,
    });
    const { Items = [], LastEvaluatedKey } = await translateErrors('read', () => this.client.send(query));
    return { keys: Items.flatMap(({ sk }) => sk?.S ?? []), more: LastEvaluatedKey !== undefined };
  }

  private tableOf(sk: string): string {
    return isRegistryKey(sk) ? this.registryTable : this.table;
  }
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
