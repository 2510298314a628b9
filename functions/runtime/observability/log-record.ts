import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { decodeItem } from '../../../core/dynamodb/codec.js';
import type { BoxId } from '../../../core/model/items.js';
import { ENTRIES } from '../../../core/model/keys.js';
import type { LogEntry } from '../../../core/model/log-entry.js';

type Image = Record<string, AttributeValue>;

const keyOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.Keys?.sk?.S ?? '';

/** A log entry that was appended; undefined for any other record. @throws Error when the record is not whole. */
export function entryIn(record: DynamoDBRecord): { group: BoxId; item: LogEntry } | undefined {
  if (record.eventName !== 'INSERT' || !keyOf(record).startsWith(ENTRIES)) return undefined;
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('the record of the stream has no new image');
  const { box, item } = decodeItem(image as Image);
  if (item.kind !== 'entry') throw new Error(`under the key of a log entry is a ${item.kind}`);
  return { group: box, item };
}

const TIME_TO_LIVE = 'dynamodb.amazonaws.com';

/** What the database has removed after its time, not a function. */
export const isRemovedByTime = ({ eventName, userIdentity }: DynamoDBRecord): boolean =>
  eventName === 'REMOVE' && userIdentity?.principalId === TIME_TO_LIVE;

/** The item that a record says was removed, and when. Unit: ms since 1970. @throws Error when the record is not whole. */
export function removedIn({ dynamodb }: DynamoDBRecord) {
  const { OldImage: image, ApproximateCreationDateTime: seconds } = dynamodb ?? {};
  if (!image || seconds === undefined)
    throw new Error('the record of the stream has no old image or no time');
  return { ...decodeItem(image as Image), removedAtMs: seconds * 1000 };
}
