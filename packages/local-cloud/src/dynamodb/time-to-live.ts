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

/** Put on an item right before it is removed, so that its record in the stream tells who it was. See stream-record.ts. */
export const REMOVED_BY_TIME = 'localCloud:removedByTime';

const ITEMS_PER_LOOK = 1000;
const LOOK_EVERY_MS = 1000;
const YEAR_SECONDS = 365 * 24 * 3600;
/** What has expired longer ago stays. Source: DynamoDB Developer Guide, "Using time to live". */
const OLDEST_YEARS = 5;

type Item = Record<string, AttributeValue>;

/** A table with a time to live that can be seen to by us. */
interface Expiring {
  readonly name: string;
  readonly attribute: string;
  readonly keys: readonly string[];
  readonly isMarked: boolean; // its stream shows what an item was
}

/**
 * Removes items whose time has passed, as DynamoDB does in its own time. DynamoDB Local looks at twenty items in ten
 * seconds, so that in a table of some size it takes hours. A table whose stream has no old images is left to it: its
 * records could not be told from those of other deletions.
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

/** Goes round the table, a page at a time. */
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
      const { expired, next } = await look(client, table, after);
      after = next;
      for (const item of expired) await remove(client, table, item);
      complained = false;
    } catch (error) {
      if (!complained && !signal.aborted) log(`Time to live of ${table.name}: ${messageOf(error)}`);
      complained = true;
    }
    await pause(LOOK_EVERY_MS, signal);
  }
}

async function look(client: DynamoDBClient, table: Expiring, after: Item | undefined) {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const names = Object.fromEntries(table.keys.map((key, i) => [`#k${i}`, key]));
  const { Items = [], LastEvaluatedKey } = await client.send(
    new ScanCommand({
      TableName: table.name,
      Limit: ITEMS_PER_LOOK,
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

/** Removed is only what still has the time that was seen; what was written meanwhile is looked at next time. */
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
