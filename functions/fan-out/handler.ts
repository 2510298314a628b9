import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { decodeItem } from '../../core/dynamodb/items.js';
import { fanOut } from '../../core/push/fan-out.js';
import { scheduleReaping } from '../../core/lifecycle/schedule-purge.js';
import type { BoxId, Commit } from '../../core/model/items.js';
import { readConfig } from '../runtime/config.js';
import { openCore, pushQueue, reapQueue, tables } from '../runtime/open-core.js';
import { streamEndpoint } from '../runtime/records.js';

const config = readConfig(['REGISTRY_TABLE', 'PUSH_QUEUE_URL', 'REAP_QUEUE_URL']);
const core = openCore(tables(config), pushQueue(config), reapQueue(config));

const COMMITS = 'C#';

/** As the filter of the event source has it: without the filter, nothing else would be announced either. */
const isNewCommit = ({ eventName, dynamodb }: DynamoDBRecord): boolean =>
  eventName === 'INSERT' && (dynamodb?.Keys?.sk?.S ?? '').startsWith(COMMITS);

function commitIn(record: DynamoDBRecord): { group: BoxId; item: Commit } | undefined {
  if (!isNewCommit(record)) return undefined;
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('the record of the stream has no new image');
  const { box, item } = decodeItem(image as Record<string, AttributeValue>);
  if (item.kind !== 'commit') throw new Error(`under a commit's key stands a ${item.kind}`);
  return { group: box, item };
}

export const handler = streamEndpoint(commitIn, async (box, commits) => {
  await fanOut(core, box, ...commits);
  await Promise.all(commits.map((commit) => scheduleReaping(core, box, commit)));
});
