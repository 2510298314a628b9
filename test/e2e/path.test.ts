import { aMessage, stateChange } from '../support/builders.js';
import { byName, names, User } from '../support/cloud.js';
import { CloudSocket, type SyncRequest } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

const MESSAGE = {
  messageContext: 'chat-message',
  direction: 'In',
  from: 'tel:+15550101',
  to: ['tel:+15550100'],
  date: '2026-03-01T10:20:30.123Z',
  subject: 'Reise 🚂',
  contentType: 'text/plain',
  textContent: 'شكرا! Bis gleich\n👩‍👩‍👧',
  imdnMessageId: 'imdn-1',
  contributionId: 'contribution-1',
  payloadParts: [{ contentType: 'image/jpeg', size: 20_480, href: 'https://example.com/a', name: 'a.jpg' }],
};

const deposited = (id: string, more: object = {}) => ({
  op: 'create',
  type: 'message',
  id,
  conversationId: 'c1',
  data: MESSAGE,
  conversation: {
    kind: 'group',
    participants: ['tel:+15550100', 'tel:+15550101', 'sip:x@example.com'],
    subject: 'Urlaub',
  },
  ...more,
});

test.concurrent('[EL1, PU1, PF4] a deposited message reaches both devices as it was deposited, and the connected one is notified', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  await phone.synchronize();
  const socket = await phone.connect();

  const { results, modSeq } = await user.deposit(deposited('m1', { flags: ['\\Seen', '$Forwarded'] }));
  expect(results).toEqual([{ status: 'applied', modSeq }]);
  expect(await socket.next()).toEqual({
    type: 'syncRequest',
    modSeq,
    changes: { conversationHistory: 1, message: 1, messageState: 1 },
    conversations: ['c1'],
  });

  const expected = [
    {
      type: 'conversationHistory',
      id: 'c1',
      modSeq,
      folderId: 'default',
      createdModSeq: modSeq,
      kind: 'group',
      participants: ['tel:+15550100', 'tel:+15550101', 'sip:x@example.com'],
      subject: 'Urlaub',
    },
    { type: 'message', id: 'm1', modSeq, conversationId: 'c1', ...MESSAGE },
    { type: 'messageState', id: 'm1', modSeq, conversationId: 'c1', flags: ['$Forwarded', '\\Seen'] },
  ];
  expect((await phone.synchronize()).changes).toEqual(expected);
  expect((await tablet.synchronize()).changes.filter(({ type }) => type !== 'folder')).toEqual(expected);
});

test.concurrent('[FO1, PF2] an initial synchronization of an empty box returns the two built-in folders', async () => {
  const phone = await new User().device();
  const { changes } = await phone.synchronize();
  const folder = (id: string) => ({ type: 'folder', id, name: id, parentFolderId: null, modSeq: 1 });
  expect(changes).toHaveLength(2);
  expect(byName(changes)).toEqual({
    'folder default': folder('default'),
    'folder RCSMessageStore': folder('RCSMessageStore'),
  });
});

test.concurrent('[SY1, SY5] a synchronization after the first returns the changes since, and nothing when there are none', async () => {
  const user = new User();
  const phone = await user.device();
  const { modSeq } = await user.deposit(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
  await phone.synchronize();
  await user.deposit(aMessage({ id: 'm3' }));
  const { changes } = await phone.synchronize();
  expect(names(changes)).toEqual(['message m3']);
  expect(changes[0]?.modSeq).toBe(modSeq + 1);
  await phone.synchronize();
  expect(Object.keys(phone.pages.at(-1) ?? {})).toEqual(['syncToken']);
});

test.concurrent('[PU1, PU5, SY12] a message marked as read reaches the other device, which is notified, and is not sent back to the first', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  const { modSeq } = await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  await tablet.synchronize();
  const [ofPhone, ofTablet] = [await phone.connect(), await tablet.connect()];

  const { results, changes } = await phone.synchronize({
    operations: [stateChange('m1', { addFlags: ['\\Seen'] })],
  });
  expect(results).toEqual([{ n: 1, status: 'applied', modSeq: modSeq + 1 }]);
  expect(changes).toEqual([]);

  expect(await ofTablet.next()).toEqual({
    type: 'syncRequest',
    modSeq: modSeq + 1,
    changes: { messageState: 1 },
    conversations: ['c1'],
  });
  const state = {
    type: 'messageState',
    id: 'm1',
    modSeq: modSeq + 1,
    conversationId: 'c1',
    flags: ['\\Seen'],
  };
  expect((await tablet.synchronize()).changes).toEqual([state]);
  expect((await phone.synchronize()).changes).toEqual([]);
  expect(await ofPhone.during(1200)).toEqual([]);
});

test.concurrent('[ME2, SY13] a reply sets \\Answered on the message that it answers, and both devices receive that change, the replying one too', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  const { modSeq } = await user.deposit(aMessage({ id: 'question' }));
  await phone.synchronize();
  await tablet.synchronize();

  const reply = aMessage({ id: 'reply', direction: 'Out', inReplyToMessageId: 'question', seed: false });
  const { results, changes } = await phone.synchronize({ operations: [reply] });
  expect(results).toEqual([{ n: 1, status: 'applied', modSeq: modSeq + 1 }]);
  const answered = {
    type: 'messageState',
    id: 'question',
    modSeq: modSeq + 1,
    conversationId: 'c1',
    flags: ['\\Answered'],
  };
  expect(changes).toEqual([answered]);

  const received = await tablet.synchronize();
  expect(names(received.changes)).toEqual(['message reply', 'messageState question']);
  expect(received.changes[0]).toMatchObject({ ...reply.data, modSeq: modSeq + 1 });
  expect(received.changes[1]).toEqual(answered);
});

test.concurrent('[CH3, SY13] a device that creates a message with its conversation receives the conversation as an implied change, but not the message', async () => {
  const phone = await new User().device();
  await phone.synchronize();
  const { results, changes } = await phone.synchronize({ operations: [aMessage({ id: 'm1' })] });
  expect(names(changes)).toEqual(['conversationHistory c1']);
  expect(changes[0]?.createdModSeq).toBe(results[0]?.modSeq);
});

test.concurrent('[SY12] a device receives its own change too when another party changed the element after its token', async () => {
  const user = new User();
  const phone = await user.device();
  await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  await user.deposit(stateChange('m1', { addFlags: ['\\Flagged'] }));
  const { changes } = await phone.synchronize({ operations: [stateChange('m1', { addFlags: ['\\Seen'] })] });
  expect(changes).toMatchObject([{ type: 'messageState', id: 'm1', flags: ['\\Flagged', '\\Seen'] }]);
});

test.concurrent('[PF3] a repeated deposit is stored once, and the second one answers exists', async () => {
  const user = new User();
  const phone = await user.device();
  const first = await user.deposit(deposited('m1'));
  const second = await user.deposit(deposited('m1'));
  expect(second.modSeq).toBe(first.modSeq);
  expect(second.results).toMatchObject([
    { status: 'exists', current: { type: 'message', id: 'm1', ...MESSAGE } },
  ]);
  const { changes } = await phone.synchronize();
  expect(changes.filter(({ type }) => type === 'message')).toHaveLength(1);
});

test.concurrent('[PU2] one frame notifies a quiet device of a deposit with many messages', async () => {
  const user = new User();
  const phone = await user.device();
  await phone.synchronize();
  const socket = await phone.connect();
  const messages = Array.from({ length: 20 }, (_, i) => aMessage({ conversationId: `c${i % 12}` }));
  const { modSeq } = await user.deposit(...messages);
  const frame = await socket.next<SyncRequest>();
  expect(frame).toMatchObject({ modSeq, changes: { message: 20, conversationHistory: 12 } });
  expect(frame.conversations).toHaveLength(10); // a frame names at most ten
  expect(new Set(frame.conversations).size).toBe(10);
  const { changes } = await phone.synchronize();
  expect(Object.keys(byName(changes))).toHaveLength(32);
  expect(await socket.during(1200)).toEqual([]);
});
