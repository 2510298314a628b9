import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { decodeItem } from '../../core/dynamodb/items.js';
import { type Expired, noteExpired } from '../../core/lifecycle/note-expired.js';
import type { BoxId } from '../../core/model/items.js';
import { readConfig } from '../runtime/config.js';
import { openCore, tables } from '../runtime/open-core.js';
import { streamEndpoint } from '../runtime/records.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'REGISTRY_TABLE'])));

const CONTENTS = 'E#';
const TIME_TO_LIVE = 'dynamodb.amazonaws.com';

/** As the filter of the event source has it: what a function has removed is none of this one's business. */
const isRemovedByTime = ({ eventName, userIdentity, dynamodb }: DynamoDBRecord): boolean =>
  eventName === 'REMOVE' &&
  userIdentity?.principalId === TIME_TO_LIVE &&
  (dynamodb?.Keys?.sk?.S ?? '').startsWith(CONTENTS);

/** Undefined for a tombstone: what is left of an element goes without being told. */
function expiredIn(record: DynamoDBRecord): { group: BoxId; item: Expired } | undefined {
  if (!isRemovedByTime(record)) return undefined;
  const { OldImage: image, ApproximateCreationDateTime: seconds } = record.dynamodb ?? {};
  if (!image || seconds === undefined)
    throw new Error('the record of the stream has no old image or no time');
  const { box, item } = decodeItem(image as Record<string, AttributeValue>);
  if (item.kind === 'tombstone') return undefined;
  if (item.kind !== 'message' && item.kind !== 'sessionHistory') {
    throw new Error(`under a key of contents stood a ${item.kind}`);
  }
  return { group: box, item: { element: item, removedAtMs: seconds * 1000 } };
}

export const handler = streamEndpoint(expiredIn, (box, expired) => noteExpired(core, box, expired));
