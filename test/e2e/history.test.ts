import { aConversation, aMessage, deletion } from '../support/builders.js';
import { type Device, User, type WireChange, type WireProblem } from '../support/cloud.js';
import { aFolder, modify, remove } from '../support/cloud-box.js';

interface History {
  readonly elements: readonly WireChange[];
  readonly next?: string;
}

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

const history = <Body = History>(
  device: Device,
  conversationId: string,
  query: Record<string, unknown> = {},
) => {
  const asked = { deviceId: device.deviceId, ...query };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return device.call<Body>(
    'GET',
    `/v1/conversations/${encodeURIComponent(conversationId)}/messages?${search}`,
  );
};

/**
 * A device that keeps a week of one folder, with texts of ten bytes. Its box has 25 messages of 100 days,
 * every second one with a state.
 */
async function aPast() {
  const user = new User();
  const phone = await user.device('phone', { folders: ['default'], maxMessageAgeDays: 7, maxTextBytes: 10 });
  const id = (i: number) => `m${String(i).padStart(2, '0')}`;
  const messages = Array.from({ length: 25 }, (_, i) =>
    aMessage({
      id: id(i),
      date: daysAgo(100 - 4 * i),
      textContent: `A long text, the ${i}th of all 🚲`,
      ...(i % 2 === 0 && { flags: ['\\Seen'] }),
    }),
  );
  await user.deposit(...messages, aMessage({ id: id(5), conversationId: 'other', date: daysAgo(50) }));
  return { user, phone, ids: messages.map((message) => message.id) };
}

test.concurrent('[HI1] history is read page by page, newest first, each message with its state', async () => {
  const { phone, ids } = await aPast();
  const messages: string[] = [];
  const states: string[] = [];
  let before: string | undefined;
  for (let pages = 1; ; pages++) {
    const { status, body } = await history(phone, 'c1', { before, limit: 10 });
    expect(status).toBe(200);
    for (const [i, element] of body.elements.entries()) {
      expect(element.conversationId).toBe('c1');
      if (element.type === 'message') messages.push(element.id);
      else {
        expect([element.type, element.flags]).toEqual(['messageState', ['\\Seen']]);
        expect(body.elements[i - 1]).toMatchObject({ type: 'message', id: element.id });
        states.push(element.id);
      }
    }
    before = body.next;
    if (before === undefined) {
      expect(pages).toBe(3);
      break;
    }
    expect(body.elements.filter(({ type }) => type === 'message')).toHaveLength(10);
  }
  expect(messages).toEqual([...ids].reverse());
  expect(states).toEqual(messages.filter((id) => Number(id.slice(1)) % 2 === 0));
});

test.concurrent('[HI1] a page has no next when it holds the last message, and skips a deleted message', async () => {
  const { user, phone, ids } = await aPast();
  expect((await history(phone, 'c1', { limit: 25 })).body).not.toHaveProperty('next');
  expect((await history(phone, 'c1', { limit: 24 })).body.next).toBe('m01');
  expect((await history(phone, 'c1', { before: 'm00' })).body).toEqual({ elements: [] });
  await user.deposit(deletion('m24'), deletion('m22'));
  const { body } = await history(phone, 'c1', { limit: 2 });
  const shown = body.elements.filter(({ type }) => type === 'message').map(({ id }) => id);
  expect([shown, body.next]).toEqual([['m23', 'm21'], 'm21']);
  expect(ids).toHaveLength(25);
});

test.concurrent('[HI2, SC5, SC6] history includes older messages and whole texts that the scope leaves out', async () => {
  const { phone } = await aPast();
  const synchronized = (await phone.synchronize()).changes.filter(({ type }) => type === 'message');
  expect(synchronized.map(({ id }) => id)).toEqual(['m24']); // four days old; the others are older than seven
  expect(synchronized[0]).toMatchObject({ textContent: 'A long tex', textTruncated: true });
  const { elements } = (await history(phone, 'c1', { limit: 1000 })).body;
  const messages = elements.filter(({ type }) => type === 'message');
  expect(messages).toHaveLength(25);
  for (const message of messages) {
    expect(message.textContent).toBe(`A long text, the ${Number(message.id.slice(1))}th of all 🚲`);
    expect(message).not.toHaveProperty('textTruncated');
  }
});

test.concurrent('[HI3, ER10] a conversation outside the folders, excluded, deleted, unknown or of another user gets the same 404', async () => {
  const user = new User();
  await user.deposit(
    aFolder('f1', 'Elsewhere'),
    aConversation({ id: 'elsewhere', folderId: 'f1' }),
    aMessage({ conversationId: 'elsewhere', seed: false }),
    aMessage({ conversationId: 'excluded' }),
    aMessage({ conversationId: 'deleted' }),
    aMessage({ conversationId: 'fine' }),
    remove('conversationHistory', 'deleted'),
  );
  const phone = await user.device('phone', { folders: ['default'], excludeConversations: ['excluded'] });
  const stranger = new User();
  await stranger.deposit(aMessage({ conversationId: 'foreign' }));
  expect((await history(phone, 'fine')).status).toBe(200);
  const answers = [];
  for (const id of ['elsewhere', 'excluded', 'deleted', 'unknown', 'foreign']) {
    const { status, headers, body } = await history<WireProblem>(phone, id);
    const { requestId, ...rest } = body;
    expect(requestId).toBe(headers.get('x-request-id'));
    answers.push({ status, type: headers.get('content-type'), rest });
  }
  expect(answers[0]).toMatchObject({ status: 404, rest: { type: '/problems/not-found', status: 404 } });
  for (const answer of answers) expect(answer).toEqual(answers[0]);

  await user.deposit(modify('conversationHistory', 'elsewhere', { folderId: 'default' }));
  expect((await history(phone, 'elsewhere')).status).toBe(200);
});

test.concurrent.each<[string, Record<string, unknown>, string]>([
  ['without deviceId', { deviceId: undefined }, '/deviceId'],
  ['with limit 0', { limit: 0 }, '/limit'],
  ['with limit 1001', { limit: 1001 }, '/limit'],
  ['with a limit that is no number', { limit: 'many' }, '/limit'],
  ['with an empty before', { before: '' }, '/before'],
  ['with something unknown', { colour: 'red' }, '/colour'],
])('[HI4, TR5] history asked for %s is refused', async (_, query, pointer) => {
  const phone = await new User().device();
  const { status, body } = await history<WireProblem>(phone, 'c1', query);
  expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  expect(body.errors?.map((fault) => fault.pointer)).toEqual([pointer]);
});

test.concurrent('[HI4] history without limit returns 200 messages, and accepts limits from 1 to 1,000', async () => {
  const user = new User();
  const phone = await user.device();
  for (let i = 0; i < 210; i += 50) {
    await user.deposit(...Array.from({ length: Math.min(50, 210 - i) }, () => aMessage()));
  }
  for (const [limit, count] of [
    [undefined, 200],
    [1, 1],
    [1000, 210],
  ] as const) {
    expect((await history(phone, 'c1', { limit })).body.elements).toHaveLength(count);
  }
});

test.concurrent('[AU5] history for an unregistered device answers 403', async () => {
  const phone = await new User().device();
  const { status, body } = await history<WireProblem>(phone, 'c1', { deviceId: 'nobody' });
  expect([status, body.type]).toEqual([403, '/problems/device-not-registered']);
});
