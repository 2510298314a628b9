import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { capturedLog } from './captured-log.js';
import { context } from './gateway-events.js';
import { type Service, startService } from './service.js';

const log = capturedLog();

const sample: DynamoDBRecord = JSON.parse(
  readFileSync(join(__dirname, '../../../events/fan-out.json'), 'utf8'),
).Records[0];

let database: Service;
let handler: typeof import('../../../functions/fan-out/handler.js').handler;

beforeAll(async () => {
  database = await startService(() => ({ status: 200, body: { Items: [], Count: 0 } })); // a box without devices
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: database.url,
    REGISTRY_TABLE: 'registry',
    PUSH_QUEUE_URL: `${database.url}/1234/pushes`,
    PURGE_QUEUE_URL: `${database.url}/1234/purging`,
  });
  ({ handler } = await import('../../../functions/fan-out/handler.js'));
});
beforeEach(() => {
  database.requests.length = 0;
});
afterAll(() => database.close());

const withDynamodb = (dynamodb: object): DynamoDBRecord => ({
  ...sample,
  dynamodb: { ...sample.dynamodb, ...dynamodb },
});
/** The sample with other members in its entry. */
const withEntry = (members: object): DynamoDBRecord => {
  const image = sample.dynamodb?.NewImage;
  const S = JSON.stringify({ ...JSON.parse(image?.b?.S ?? ''), ...members });
  return withDynamodb({ NewImage: { ...image, b: { S } } });
};
const failuresOf = async (...Records: DynamoDBRecord[]) => {
  const event: DynamoDBStreamEvent = { Records };
  return (await handler(event, context()))?.batchItemFailures;
};

test('for a new commit, the devices of its box are looked up', async () => {
  expect(await failuresOf(sample)).toEqual([]);
  expect(database.requests.map(({ body }) => JSON.parse(body))).toEqual([
    expect.objectContaining({ TableName: 'registry', ConsistentRead: true }),
  ]);
});

test('for commits of one box in a batch, its devices are looked up once', async () => {
  const later = withDynamodb({ SequenceNumber: '222' });
  expect(await failuresOf(sample, later)).toEqual([]);
  expect(database.requests).toHaveLength(1);
});

test.each([
  ['an expired commit', { ...sample, eventName: 'REMOVE' as const }],
  ['a rewritten entry', { ...sample, eventName: 'MODIFY' as const }],
  ['the anchor', withDynamodb({ Keys: { box: { S: 'u' }, sk: { S: 'L~ANCHOR' } } })],
  ['an element', withDynamodb({ Keys: { box: { S: 'u' }, sk: { S: 'H#c9#' } } })],
  ['an entry that changed no element', withEntry({ rows: [] })],
])('%s is no new commit and concerns nobody, should the filter let it through', async (_, record) => {
  expect(await failuresOf(record)).toEqual([]);
  expect(database.requests).toEqual([]);
});

test.each([
  ['has no image', withDynamodb({ NewImage: undefined })],
  ['cannot be read', withDynamodb({ NewImage: { ...sample.dynamodb?.NewImage, b: { S: '{"kind":"ent' } } })],
  ['is of a newer format', withDynamodb({ NewImage: { ...sample.dynamodb?.NewImage, f: { N: '2' } } })],
  [
    'holds something else',
    withDynamodb({ NewImage: { ...sample.dynamodb?.NewImage, b: { S: '{"kind":"anchor"}' } } }),
  ],
])('a commit that %s fails, and the log tells no user', async (_, record) => {
  expect(await failuresOf(record)).toEqual([{ itemIdentifier: '111' }]);
  expect(log.text()).toContain('record failed');
  expect(log.text()).not.toContain('15550100');
});
