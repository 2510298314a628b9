import { randomBytes } from 'node:crypto';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { decodeItem } from '../../core/dynamodb/codec.js';
import {
  connectionSample,
  httpSample,
  insertionsOf,
  queueSample,
  sampleEvent,
  streamImage,
} from '../support/sample-events.js';
import { bodyOf, type WholeServer } from '../support/whole.js';

const USER = 'tel:+15550100';
const CONVERSATION = 'heavy';
const TEXT_BYTES = 18_000; // 50 of them make a request of nearly 1 MB
const DEPOSITS = 30; // of 50 messages each: 27 MB, thirteen full responses

/** Heavy events by function, built when the function is measured. */
type HeavyEvents = Readonly<Record<string, () => unknown[] | Promise<unknown[]>>>;

/** The heaviest events that the protocol allows, by function. Where size does not vary, the sample events. */
export async function heavyEvents(server: WholeServer): Promise<HeavyEvents> {
  const run = async (name: string, event: unknown) => {
    const { answer } = await server.invoke(name, event);
    if (answer?.statusCode >= 300) throw new Error(`${name}: ${answer.statusCode} ${answer.body}`);
    return answer;
  };
  const device = { deviceId: 'phone', instanceId: 'b7e0c1d2' };
  await run('devices', sampleEvent('devices'));
  /** Sends a deposit, and then runs the stream reader. */
  const deposited = async (prefix: string) => {
    await run('participating', deposit(prefix));
    await run('projector', insertionsOf(await newestCommits(server, 1)));
  };
  for (let i = 0; i < DEPOSITS; i++) await deposited(`before-${i}`);
  const pages: unknown[] = [];
  for (let token: string | undefined, more = true; more; ) {
    const page = httpSample('sync', { body: { ...device, ...(token && { syncToken: token }), limit: 1000 } });
    pages.push(page);
    const answer = bodyOf(await run('sync', page));
    token = answer.syncToken;
    more = answer.hasMore === true;
  }
  const connecting = (connectedAt: number) =>
    connectionSample({ user: USER, ...device, eventType: 'CONNECT', connectedAt });
  await run('socket-connection', connecting(Date.now() - 60_000));
  for (let i = 0; i < DEPOSITS; i++) await deposited(`after-${i}`);
  const commits = await newestCommits(server, DEPOSITS);
  const history = sampleEvent('history');
  history.pathParameters = { conversationId: CONVERSATION };
  history.queryStringParameters = { deviceId: 'phone', limit: '200' };
  const frame = sampleEvent('socket-sync');
  frame.body = JSON.stringify({ action: 'sync', id: 'r1', limit: 1000 });
  return {
    participating: () => Array.from({ length: 10 }, (_, i) => deposit(`during-${i}`)),
    sync: () => pages,
    history: () => Array.from({ length: 10 }, () => history),
    'fan-out': () => Array.from({ length: 5 }, () => fanOutOf(commits)),
    notifier: () =>
      Array.from({ length: 5 }, () =>
        queueSample(
          'notifier',
          Array.from({ length: 10 }, () => push(device)),
        ),
      ),
    projector: async () => {
      for (let i = 0; i < DEPOSITS; i++) await run('participating', deposit(`late-${i}`));
      return [insertionsOf((await newestCommits(server, DEPOSITS)).reverse())];
    },
    purger: async () => [queueSample('purger', [JSON.stringify(await deletion(server, run))])],
    'socket-sync': () => Array.from({ length: 10 }, () => frame),
    'socket-connection': () => Array.from({ length: 10 }, (_, i) => connecting(Date.now() + i)),
    devices: () => Array.from({ length: 10 }, () => sampleEvent('devices')),
    admin: () => Array.from({ length: 10 }, () => sampleEvent('admin')),
    'socket-default': () => Array.from({ length: 10 }, () => sampleEvent('socket-default')),
  };
}

/** A request with fifty long messages that hardly compress. */
function deposit(prefix: string) {
  const operations = Array.from({ length: 50 }, (_, i) => ({
    op: 'create',
    type: 'message',
    id: `${prefix}-${i}`,
    conversationId: CONVERSATION,
    data: {
      messageContext: 'chat-message',
      direction: 'In',
      from: 'tel:+15550101',
      to: [USER],
      date: new Date().toISOString(),
      contentType: 'text/plain',
      textContent: randomBytes(TEXT_BYTES / 2).toString('hex'),
    },
    conversation: { kind: 'oneToOne', participants: [USER, 'tel:+15550101'] },
  }));
  return httpSample('participating', { body: { operations }, pathParameters: { userId: USER } });
}

async function newestCommits(server: WholeServer, count: number) {
  const query = new QueryCommand({
    TableName: server.storeTable,
    KeyConditionExpression: '#box = :box AND begins_with(#sk, :prefix)',
    ExpressionAttributeNames: { '#box': 'box', '#sk': 'sk' },
    ExpressionAttributeValues: { ':box': { S: USER }, ':prefix': { S: 'L#' } },
    ScanIndexForward: false,
    Limit: count,
  });
  return (await server.database.send(query)).Items ?? [];
}

/** A batch of a hundred records, which repeats the same few commits. */
function fanOutOf(commits: Awaited<ReturnType<typeof newestCommits>>) {
  const event = sampleEvent('fan-out');
  const [record] = event.Records;
  event.Records = Array.from({ length: 100 }, (_, i) => {
    const image = commits[i % commits.length] ?? {};
    const Keys = { box: image.box, sk: image.sk };
    return { ...record, dynamodb: { ...record.dynamodb, Keys, NewImage: streamImage(image) } };
  });
  return event;
}

const push = (device: object) => JSON.stringify({ box: USER, ...device, by: 1, dueMs: Date.now() });

async function deletion(server: WholeServer, run: (name: string, event: unknown) => Promise<unknown>) {
  const operations = [{ op: 'delete', type: 'conversationHistory', id: CONVERSATION }];
  const event = httpSample('participating', { body: { operations }, pathParameters: { userId: USER } });
  await run('participating', event);
  const [entry] = await newestCommits(server, 1);
  const item = entry && decodeItem(entry).item;
  if (item?.kind !== 'entry') throw new Error('the deletion must have an entry in the log');
  const { index, modSeq } = item;
  return { box: USER, container: { type: 'conversationHistory', id: CONVERSATION }, index, modSeq };
}
