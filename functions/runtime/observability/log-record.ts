import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { decodeItem } from '../../../core/dynamodb/codec.js';
import type { BoxId } from '../../../core/model/items.js';
import { ENTRIES } from '../../../core/model/keys.js';
import type { LogEntry } from '../../../core/model/log-entry.js';

type Image = Record<string, AttributeValue>;

const keyOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.Keys?.sk?.S ?? '';

/** The appended log entry of a record; undefined for any other record. @throws Error when the record lacks its image */
export function entryIn(record: DynamoDBRecord): { group: BoxId; item: LogEntry } | undefined {
  if (record.eventName !== 'INSERT' || !keyOf(record).startsWith(ENTRIES)) return undefined;
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('the record of the stream must have a new image');
  const { box, item } = decodeItem(image as Image);
  if (item.kind !== 'entry')
    throw new Error(`the item at the key of a log entry must be an entry, got ${item.kind}`);
  return { group: box, item };
}

const TIME_TO_LIVE = 'dynamodb.amazonaws.com';

/** Whether the database removed the item of a record after its time to live, not a function. */
export const isRemovedByTime = ({ eventName, userIdentity }: DynamoDBRecord): boolean =>
  eventName === 'REMOVE' && userIdentity?.principalId === TIME_TO_LIVE;

/** The removed item of a record, and the time. Unit: ms since 1970. @throws Error when the record lacks its image or time */
export function removedIn({ dynamodb }: DynamoDBRecord) {
  const { OldImage: image, ApproximateCreationDateTime: seconds } = dynamodb ?? {};
  if (!image || seconds === undefined)
    throw new Error('the record of the stream must have an old image and a time');
  return { ...decodeItem(image as Image), removedAtMs: seconds * 1000 };
}
