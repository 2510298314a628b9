import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  type ConditionCheck,
  type DynamoDBClient,
  type Put,
  QueryCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { BoxId, StoredItem } from '../model/items.js';
import { HEAD_KEY } from '../model/keys.js';
import { keyOfWrite, type Range, SnapshotTooLarge, type Store, type Write } from '../ports/store.js';
import { SyncProblem } from '../model/sync-problem.js';
import { isRefusal, isTooLarge } from './errors.js';
import { decodeItem, encodeItem } from './items.js';
import { isRefusedAsTooMuch, isThrottled } from './throttling.js';

const BATCH_GET_MAX = 100;
const UNPROCESSED_WAIT_MS = 50;

const ABSENT = 'attribute_not_exists(sk)';
const AS_READ = 'version = :version';
const SAME_EPOCH = 'epoch = :epoch';

type Condition = Pick<Put, 'ConditionExpression' | 'ExpressionAttributeValues'>;

function condition(when: Write['when']): Condition {
  if (when === 'any') return {};
  if (when === 'absent') return { ConditionExpression: ABSENT };
  return 'epoch' in when
    ? { ConditionExpression: SAME_EPOCH, ExpressionAttributeValues: { ':epoch': { S: when.epoch } } }
    : {
        ConditionExpression: AS_READ,
        ExpressionAttributeValues: { ':version': { N: String(when.version) } },
      };
}

/** The write as one action of a transaction; the registry's transactions carry some of them too. */
export function actionOf(table: string, box: BoxId, write: Write): TransactWriteItem {
  const on = { TableName: table, ...condition(write.when) };
  if ('put' in write) return { Put: { ...on, Item: encodeItem(box, write.put) } };
  const Key = keyOf(box, keyOfWrite(write));
  return 'remove' in write
    ? { Delete: { ...on, Key } }
    : { ConditionCheck: { ...on, Key } as ConditionCheck };
}

const tooMuch = (cause: unknown) => new SyncProblem('too-many-requests', {}, { cause });

/** The boxes in one DynamoDB table, `box` and `sk`, no secondary index. */
export class DynamoStore implements Store {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async snapshot(box: BoxId, keys: readonly string[]) {
    const TransactItems = keys.map((sk) => ({ Get: { TableName: this.table, Key: keyOf(box, sk) } }));
    try {
      const { Responses = [] } = await this.client.send(new TransactGetItemsCommand({ TransactItems }));
      return byKey(Responses.flatMap(({ Item }) => (Item ? [decodeItem(Item).item] : [])));
    } catch (error) {
      if (isRefusal(error)) return undefined;
      if (isTooLarge(error)) throw new SnapshotTooLarge({ cause: error });
      throw isRefusedAsTooMuch(error, 'read') ? tooMuch(error) : error;
    }
  }

  async get(box: BoxId, keys: readonly string[]) {
    const items: StoredItem[] = [];
    let rest = [...new Set(keys)].map((sk) => keyOf(box, sk));
    while (rest.length > 0) {
      const { Responses, UnprocessedKeys } = await this.client.send(
        new BatchGetItemCommand({
          RequestItems: { [this.table]: { Keys: rest.slice(0, BATCH_GET_MAX), ConsistentRead: true } },
        }),
      );
      for (const image of Responses?.[this.table] ?? []) items.push(decodeItem(image).item);
      const unprocessed = (UnprocessedKeys?.[this.table]?.Keys ?? []) as typeof rest;
      if (unprocessed.length > 0) await setTimeout(UNPROCESSED_WAIT_MS);
      rest = [...unprocessed, ...rest.slice(BATCH_GET_MAX)];
    }
    return byKey(items);
  }

  async write(box: BoxId, writes: readonly Write[]) {
    try {
      const TransactItems = writes.map((write) => actionOf(this.table, box, write));
      await this.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return 'written';
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      if (isRefusedAsTooMuch(error, 'write')) throw tooMuch(error);
      // Whoever comes back later helps more than we do by trying on.
      throw isThrottled(error) ? new SyncProblem('unavailable', {}, { cause: error }) : error;
    }
  }

  async query(box: BoxId, { from, to, limit, descending = false }: Range) {
    const { Items = [], LastEvaluatedKey } = await this.client.send(
      new QueryCommand({
        TableName: this.table,
        ConsistentRead: true,
        KeyConditionExpression: 'box = :box AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':box': { S: box }, ':from': { S: from }, ':to': { S: to } },
        Limit: limit,
        ScanIndexForward: !descending,
      }),
    );
    return { items: Items.map((image) => decodeItem(image).item), more: LastEvaluatedKey !== undefined };
  }

  async keys(box: BoxId, limit: number) {
    let keys: string[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: 'box = :box',
          ProjectionExpression: 'sk', // also of what could not be decoded
          ExpressionAttributeValues: { ':box': { S: box } },
          Limit: limit,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      keys = (page.Items ?? []).flatMap(({ sk }) => (sk?.S && sk.S !== HEAD_KEY ? sk.S : []));
      start = page.LastEvaluatedKey;
    } while (keys.length === 0 && start);
    return keys;
  }
}

const keyOf = (box: BoxId, sk: string) => ({ box: { S: box }, sk: { S: sk } });

const byKey = (items: readonly StoredItem[]): ReadonlyMap<string, StoredItem> =>
  new Map(items.map((item) => [item.sk, item]));
