import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { boxCreation } from '../../../core/write/box-creation.js';
import { encodeItem } from '../../../core/dynamodb/items.js';
import type { StoredItem } from '../../../core/model/items.js';
import { BOX } from '../../support/builders.js';
import { capturedLog } from './captured-log.js';
import { context } from './gateway-events.js';
import { type Service, startService } from './service.js';

const log = capturedLog();

const sample: DynamoDBRecord = JSON.parse(
  readFileSync(join(__dirname, '../../../events/projector.json'), 'utf8'),
).Records[0];

const [made] = boxCreation(Date.parse('2026-01-01T00:00:00Z')).flatMap((write) =>
  'put' in write ? [write.put] : [],
);
const head = { ...made, modSeq: 3 } as StoredItem; // as far as the sample
const history = {
  kind: 'conversationHistory',
  sk: 'H#c9#',
  version: 1,
  modSeq: 1,
  id: 'c9',
  data: { folderId: 'default', createdModSeq: 1, kind: 'oneToOne', participants: [] },
};
/** A box of one conversation history, in which nothing is under the keys of its contents. */
const ITEMS = new Map([head, history as unknown as StoredItem].map((item) => [item.sk, item]));

let database: Service;
let handler: typeof import('../../../functions/projector/handler.js').handler;
const asked = (target: string) =>
  database.requests.filter(({ headers }) => String(headers['x-amz-target']).endsWith(target));

const itemUnder = (sk: string) => {
  const item = ITEMS.get(sk);
  return item ? { Item: encodeItem(BOX, item) } : {};
};

beforeAll(async () => {
  database = await startService(({ headers, body }) => {
    const target = String(headers['x-amz-target']);
    if (!target.endsWith('TransactGetItems')) return { status: 200, body: {} };
    const keys = (JSON.parse(body).TransactItems as { Get: { Key: { sk: { S: string } } } }[]).map(
      ({ Get }) => Get.Key.sk.S,
    );
    const Responses = keys.map((sk) => itemUnder(sk));
    return { status: 200, body: { Responses } };
  });
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: database.url,
    STORE_TABLE: 'store',
    REGISTRY_TABLE: 'registry',
  });
  ({ handler } = await import('../../../functions/projector/handler.js'));
});
beforeEach(() => {
  database.requests.length = 0;
});
afterAll(() => database.close());

const withDynamodb = (dynamodb: object): DynamoDBRecord => ({
  ...sample,
  dynamodb: { ...sample.dynamodb, ...dynamodb },
});
const withBody = (body: object) =>
  withDynamodb({ OldImage: { ...sample.dynamodb?.OldImage, body: { S: JSON.stringify(body) } } });
const failuresOf = async (...Records: DynamoDBRecord[]) => {
  const event: DynamoDBStreamEvent = { Records };
  return (await handler(event, context()))?.batchItemFailures;
};

test('what has expired of one box is one commit, whatever comes twice', async () => {
  const other = withDynamodb({
    Keys: { box: { S: BOX }, sk: { S: 'E#c9#M#other' } },
    OldImage: { ...sample.dynamodb?.OldImage, sk: { S: 'E#c9#M#other' } },
    SequenceNumber: '223',
  });
  expect(await failuresOf(sample, other, sample)).toEqual([]);
  const written = asked('TransactWriteItems').map(({ body }) => JSON.parse(body));
  expect(written).toHaveLength(1);
  const keys = written[0].TransactItems.map(
    ({ Put }: { Put: { Item: { sk: { S: string } } } }) => Put.Item.sk.S,
  );
  expect(keys).toEqual(['C~HEAD', 'C#000000000004', 'E#c9#M#01KG6E2N00ABCDEFGH', 'E#c9#M#other']);
});

test.each([
  ['somebody has removed', { ...sample, userIdentity: undefined }],
  ['was written', { ...sample, eventName: 'MODIFY' as const }],
  ['is no contents, as a commit', withDynamodb({ Keys: { box: { S: BOX }, sk: { S: 'C#000000000009' } } })],
  ['is what was left of an element', withBody({ kind: 'tombstone', of: 'message' })],
])('what %s has not expired, should the filter let it through', async (_, record) => {
  expect(await failuresOf(record)).toEqual([]);
  expect(database.requests).toEqual([]);
});

test.each([
  ['has no image', withDynamodb({ OldImage: undefined })],
  ['has no time', withDynamodb({ ApproximateCreationDateTime: undefined })],
  [
    'cannot be read',
    withDynamodb({ OldImage: { ...sample.dynamodb?.OldImage, body: { S: '{"kind":"mes' } } }),
  ],
  ['holds something else', withBody({ kind: 'conversationHistory', id: 'c9' })],
])('a record that %s fails, and the log tells neither user nor text', async (_, record) => {
  expect(await failuresOf(record)).toEqual([{ itemIdentifier: '222' }]);
  expect(database.requests).toEqual([]);
  expect(log.text()).toContain('record failed');
  expect(log.text()).not.toMatch(/15550100|See you/);
});
