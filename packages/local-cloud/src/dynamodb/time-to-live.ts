import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { pause } from '../mappings/pause.js';
import { messageOf } from '../problem.js';
import type { TableResource } from './tables.js';

/** Marks an item right before its deletion, so that stream-record.ts recognizes the deletion as one by time to live. */
export const REMOVED_BY_TIME = 'localCloud:removedByTime';

const ITEMS_PER_SCAN = 1000;
const SCAN_EVERY_MS = 1000;
const YEAR_SECONDS = 365 * 24 * 3600;
/** Items that expired longer ago stay. Source: DynamoDB Developer Guide, "Using time to live". */
const OLDEST_YEARS = 5;

type Item = Record<string, AttributeValue>;

/** A table whose expired items this module deletes. */
interface Expiring {
  readonly name: string;
  readonly attribute: string;
  readonly keys: readonly string[];
  readonly isMarked: boolean; // before deletion, because the table has a stream
}

/**
 * Deletes expired items within seconds, until the signal aborts. DynamoDB Local checks only twenty items in ten
 * seconds, which takes hours in a larger table. A table whose stream has no old images is left to DynamoDB Local: its
 * records would look like those of other deletions.
 */
export async function runTimeToLive(
  client: DynamoDBClient,
  tables: readonly TableResource[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(tables.flatMap(expiringOf).map((table) => watch(client, table, log, signal)));
}

function expiringOf({ name, properties }: TableResource): Expiring[] {
  const { TimeToLiveSpecification, StreamSpecification, KeySchema } = properties;
  if (!TimeToLiveSpecification?.Enabled || !TimeToLiveSpecification.AttributeName) return [];
  const isMarked = StreamSpecification !== undefined;
  if (isMarked && !StreamSpecification.StreamViewType.includes('OLD_IMAGE')) return [];
  const keys = KeySchema.map(({ AttributeName }) => AttributeName);
  return [{ name, attribute: TimeToLiveSpecification.AttributeName, keys, isMarked }];
}

/** Scans the table again and again, a page at a time. */
async function watch(
  client: DynamoDBClient,
  table: Expiring,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let after: Item | undefined;
  let complained = false;
  while (!signal.aborted) {
    try {
      const { expired, next } = await scan(client, table, after);
      after = next;
      for (const item of expired) await remove(client, table, item);
      complained = false;
    } catch (error) {
      if (!complained && !signal.aborted) log(`Time to live of ${table.name}: ${messageOf(error)}`);
      complained = true;
    }
    await pause(SCAN_EVERY_MS, signal);
  }
}

async function scan(client: DynamoDBClient, table: Expiring, after: Item | undefined) {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const names = Object.fromEntries(table.keys.map((key, i) => [`#k${i}`, key]));
  const { Items = [], LastEvaluatedKey } = await client.send(
    new ScanCommand({
      TableName: table.name,
      Limit: ITEMS_PER_SCAN,
      ...(after && { ExclusiveStartKey: after }),
      FilterExpression: '#time BETWEEN :oldest AND :now',
      ProjectionExpression: [...Object.keys(names), '#time'].join(', '),
      ExpressionAttributeNames: { ...names, '#time': table.attribute },
      ExpressionAttributeValues: {
        ':oldest': { N: String(nowSeconds - OLDEST_YEARS * YEAR_SECONDS) },
        ':now': { N: String(nowSeconds) },
      },
    }),
  );
  return { expired: Items, next: LastEvaluatedKey };
}

/**
 * Deletes an item only if its expiry time is still the scanned one. The next scan sees an item that changed
 * meanwhile.
 */
async function remove(client: DynamoDBClient, table: Expiring, item: Item): Promise<void> {
  const { name, attribute, keys, isMarked } = table;
  const Key = Object.fromEntries(keys.map((key) => [key, item[key] as AttributeValue]));
  const unchanged = '#time = :time';
  const ExpressionAttributeNames = { '#time': attribute };
  const ExpressionAttributeValues = { ':time': item[attribute] as AttributeValue };
  try {
    if (isMarked) {
      await client.send(
        new UpdateItemCommand({
          TableName: name,
          Key,
          UpdateExpression: 'SET #mark = :mark',
          ConditionExpression: unchanged,
          ExpressionAttributeNames: { ...ExpressionAttributeNames, '#mark': REMOVED_BY_TIME },
          ExpressionAttributeValues: { ...ExpressionAttributeValues, ':mark': { BOOL: true } },
        }),
      );
    }
    await client.send(
      new DeleteItemCommand({
        TableName: name,
        Key,
        ConditionExpression: isMarked ? `${unchanged} AND attribute_exists(#mark)` : unchanged,
        ExpressionAttributeNames: {
          ...ExpressionAttributeNames,
          ...(isMarked && { '#mark': REMOVED_BY_TIME }),
        },
        ExpressionAttributeValues,
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
