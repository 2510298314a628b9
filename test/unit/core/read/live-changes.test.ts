import type { Caller } from '../../../../core/write/device-operations.js';
import type { Change } from '../../../../protocol/elements/element.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';

let box: BoxUnderTest;
let phone: Caller;
let token: string;

const start = async (...operations: object[]) => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone');
  if (operations.length > 0) await box.given(...operations);
  await catchUp();
};
const catchUp = async () => {
  token = (await box.syncAll(phone, { ...(token !== undefined && { syncToken: token }) })).syncToken ?? '';
};
const sync = (more: object = {}) => box.sync(phone, { syncToken: token, ...more });
const changes = async (more: object = {}) => (await sync(more)).changes ?? [];
/** `type id modSeq`, and for a removal its reason. */
const short = (all: readonly Change[]) =>
  all.map(
    (change) =>
      `${change.type} ${change.id} ${change.modSeq}${'removed' in change ? ` ${change.removed}` : ''}`,
  );

beforeEach(async () => {
  token = undefined as never;
  await start(aConversation(), aMessage({ id: 'm1', flags: ['x'] })); // commit 2
});

describe('an element that changed more than once', () => {
  test('[SY7] is sent once, with its latest state', async () => {
    await box.given(modification('message', 'm1', { subject: 'a' }));
    await box.given(modification('message', 'm1', { subject: 'b' }), stateChange('m1', { addFlags: ['y'] }));
    await box.given(stateChange('m1', { addFlags: ['z'] }));
    expect(await changes()).toEqual([
      expect.objectContaining({ type: 'message', id: 'm1', modSeq: 4, subject: 'b' }),
      expect.objectContaining({ type: 'messageState', id: 'm1', modSeq: 5, flags: ['x', 'y', 'z'] }),
    ]);
  });

  test('and was deleted in the end is a removal alone', async () => {
    await box.given(aMessage({ id: 'm2', flags: ['y'] }));
    await box.given(stateChange('m2', { addFlags: ['z'] }));
    await box.given(deletion('m2'));
    expect(short(await changes())).toEqual(['message m2 5 deleted']);
  });

  test('[ME4] and lost its last flag has a state with none', async () => {
    await box.given(stateChange('m1', { removeFlags: ['x'] }));
    expect(await changes()).toEqual([
      { type: 'messageState', id: 'm1', modSeq: 3, conversationId: 'c1', flags: [] },
    ]);
  });
});

describe('a removal', () => {
  test('[SY8] of a message says where it was, and takes its state along', async () => {
    await box.given(stateChange('m1', { addFlags: ['y'] }), deletion('m1'));
    expect(await changes()).toEqual([
      { type: 'message', id: 'm1', modSeq: 3, conversationId: 'c1', removed: 'deleted' },
    ]);
  });

  test('of a conversation history leaves out what happened in it before', async () => {
    await box.given(aMessage({ id: 'm2' }), aSession());
    await box.given(stateChange('m1', { addFlags: ['y'] }));
    await box.given(removal('conversationHistory', 'c1'));
    expect(short(await changes())).toEqual(['conversationHistory c1 5 deleted']);
  });

  test('of a conversation history that began again is not a removal: its createdModSeq says so', async () => {
    await box.given(aMessage({ id: 'm2' }));
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(aMessage({ id: 'm3' }));
    expect(await changes()).toEqual([
      expect.objectContaining({ type: 'conversationHistory', id: 'c1', modSeq: 5, createdModSeq: 5 }),
      expect.objectContaining({ type: 'message', id: 'm3', modSeq: 5 }),
    ]);
  });

  test('and what began again in one request omit what happened in the earlier life', async () => {
    await box.given(aMessage({ id: 'm2' }));
    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm3' }));
    expect(short(await changes())).toEqual(['conversationHistory c1 4', 'message m3 4']);
  });

  test('of a session history and of a folder are one each', async () => {
    await box.given(aFolder('f1'), aSession(), aMessage({ id: 'm2', sessionId: 's1' }));
    await catchUp();
    await box.given(removal('sessionHistory', 's1'), removal('folder', 'f1'));
    expect(short(await changes())).toEqual(['folder f1 4 deleted', 'sessionHistory s1 4 deleted']);
  });
});

test('[SY6] all elements stand before all removals: folders, parents first, then by type', async () => {
  await box.given(
    aFolder('a'),
    aFolder('gone'),
    aConversation({ id: 'c9' }),
    aMessage({ id: 'm9', conversationId: 'c9' }),
  );
  await catchUp();
  await box.given(removal('folder', 'gone'), stateChange('m1', { addFlags: ['y'] }));
  await box.given(aSession(), aMessage({ id: 'm2', sessionId: 's1', flags: ['z'] }));
  await box.given(deletion('m9', { conversationId: 'c9' }), aConversation({ id: 'c2' }));
  await box.given(aFolder('z'), aFolder('b', { parentFolderId: 'z' }));
  await box.given(
    modification('folder', 'z', { parentFolderId: 'a' }),
    modification('folder', 'a', { name: 'last' }),
  );
  expect((await changes()).map((change) => `${change.type} ${change.id}`)).toEqual([
    'folder a',
    'folder z',
    'folder b',
    'conversationHistory c2',
    'sessionHistory s1',
    'message m2',
    'messageState m1',
    'messageState m2',
    'folder gone',
    'message m9',
  ]);
});

describe('the own change of a device', () => {
  const own = (...operations: object[]) => operations.map((operation, i) => ({ ...operation, n: i + 1 }));

  test('[SY12] is left out of the response that acknowledges it', async () => {
    const operations = own(
      aMessage({ id: 'm2', flags: ['y'] }),
      modification('message', 'm1', { subject: 'a' }),
    );
    const { results, ...rest } = await sync({ operations });
    expect(results?.map(({ status }) => status)).toEqual(['applied', 'applied']);
    expect(rest).toEqual({ syncToken: expect.any(String) });
  });

  test('is left out of the same response when it is asked for again', async () => {
    const operations = own(modification('message', 'm1', { subject: 'a' }));
    await sync({ operations });
    expect(await changes({ operations })).toEqual([]);
  });

  test('[SY12] is sent in any other response', async () => {
    await sync({ operations: own(modification('message', 'm1', { subject: 'a' })) });
    expect(short(await changes())).toEqual(['message m1 3']);
  });

  test('is sent where it is a duplicate: its result is no longer given', async () => {
    const [first, second] = own(modification('message', 'm1', { subject: 'a' }), aFolder('f1'));
    await sync({ operations: [first] });
    await sync({ operations: [second] });
    expect(short(await changes({ operations: [first] }))).toEqual(['folder f1 4', 'message m1 3']);
  });

  test('[SY12] is sent where another commit touched the element before', async () => {
    await box.given(modification('message', 'm1', { textContent: 'theirs' }));
    const operations = own(modification('message', 'm1', { subject: 'mine' }));
    expect(await changes({ operations })).toEqual([
      expect.objectContaining({ id: 'm1', modSeq: 4, subject: 'mine', textContent: 'theirs' }),
    ]);
  });

  test('[SY12] is sent where another commit touched the element after, with the latest state', async () => {
    const operations = own(modification('message', 'm1', { subject: 'mine' }));
    await sync({ operations });
    await box.given(modification('message', 'm1', { textContent: 'theirs' }));
    expect(await changes({ operations })).toEqual([
      expect.objectContaining({ id: 'm1', modSeq: 4, subject: 'mine', textContent: 'theirs' }),
    ]);
  });

  test('[SY12] is sent where two commits of the same request touched the element, as when it was sent again with more', async () => {
    const [first, second] = own(
      modification('message', 'm1', { subject: 'first' }),
      modification('message', 'm1', { subject: 'second' }),
    );
    await sync({ operations: [first] });
    expect(await changes({ operations: [first, second] })).toEqual([
      expect.objectContaining({ id: 'm1', modSeq: 4, subject: 'second' }),
    ]);
  });

  test('is left out where others touched other elements alone: the message is not its state', async () => {
    await box.given(stateChange('m1', { addFlags: ['theirs'] }));
    const operations = own(modification('message', 'm1', { subject: 'mine' }));
    expect(short(await changes({ operations }))).toEqual(['messageState m1 3']);
  });

  test('[SY13] is sent where it was implied: a conversation history made on the way, \\Answered', async () => {
    const operations = own(
      aMessage({ id: 'm2', inReplyToMessageId: 'm1' }),
      aMessage({ id: 'm3', conversationId: 'c2' }),
    );
    expect(short(await changes({ operations }))).toEqual(['conversationHistory c2 3', 'messageState m1 3']);
  });

  test.each(['first', 'last'])(
    'is sent where it was asked for and implied at once, implied %s',
    async (when) => {
      const both = [
        stateChange('m1', { addFlags: ['mine'] }),
        aMessage({ id: 'm2', inReplyToMessageId: 'm1' }),
      ];
      expect(await changes({ operations: own(...(when === 'first' ? both.reverse() : both)) })).toEqual([
        expect.objectContaining({ type: 'messageState', flags: ['\\Answered', 'mine', 'x'] }),
      ]);
    },
  );

  test('[FO5, SY14] is sent where the server keeps it otherwise than it came: a name that was not in NFC', async () => {
    const [made, named, kept] = own(
      aFolder('f8', { name: 'Cafe\u0301' }),
      modification('folder', 'f1', { name: 'A\u030a' }),
      aFolder('f9', { name: 'Caf\u00e9 2' }),
    );
    await box.given(aFolder('f1'));
    await catchUp();
    expect(await changes({ operations: [made, named, kept] })).toMatchObject([
      { id: 'f8', name: 'Caf\u00e9' },
      { id: 'f1', name: '\u00c5' },
    ]);
  });

  test('[SY12] is never left out during an initial synchronization', async () => {
    const tablet = await box.device(BOX, 'tablet');
    const operations = own(modification('message', 'm1', { subject: 'a' }));
    const first = await box.sync(tablet, { operations });
    expect(first.changes).toContainEqual(expect.objectContaining({ id: 'm1', subject: 'a' }));
  });

  test('[SY12] is never left out during a backfill', async () => {
    const first = await box.sync(phone, { limit: 2 });
    const operations = own(aFolder('f1'));
    const { changes: second = [] } = await box.sync(phone, { syncToken: first.syncToken, operations });
    expect(short(second)).toContain('folder f1 3');
  });

  test('[SY12] is never left out of a reset', async () => {
    const operations = own(aFolder('f1'));
    const response = await box.sync(phone, { syncToken: 'damaged', operations });
    expect(response.reset).toBe(true);
    expect(short(response.changes ?? [])).toContain('folder f1 3');
  });

  test('of which the response had room for a part is sent in the next', async () => {
    await box.given(...['a', 'b', 'c'].map((id) => aFolder(id)));
    const first = await sync({ operations: own(aFolder('mine')), limit: 2 });
    expect(first.hasMore).toBe(true);
    const rest = await box.syncAll(phone, { syncToken: first.syncToken });
    expect(short(rest.changes)).toEqual(['folder c 3', 'folder mine 4']);
  });

  test('is sent where a conversation history that came in is between it and what another did', async () => {
    await start(
      aFolder('in'),
      aFolder('fx'),
      aConversation({ id: 'c2' }),
      aMessage({ id: 'm2', conversationId: 'c2' }),
    );
    phone = await box.device(BOX, 'phone', { folders: ['in'] as never });
    await catchUp();
    await box.given(modification('folder', 'fx', { parentFolderId: 'in' }));
    await box.given(modification('conversationHistory', 'c2', { folderId: 'in' }));
    const found = await changes({ operations: own(modification('folder', 'fx', { name: 'mine' })) });
    expect(found).toContainEqual(expect.objectContaining({ id: 'fx', name: 'mine', parentFolderId: 'in' }));
  });
});

test('reading the log page by page sends each commit once', async () => {
  for (let i = 0; i < 130; i++) await box.given(aFolder(`f${i}`));
  const { pages, changes: all } = await box.syncAll(phone, { syncToken: token });
  expect(pages).toHaveLength(1);
  expect(all).toHaveLength(130);
});

test('the position of a device is recorded when it moved, before the answer', async () => {
  const noted = async () => (await box.registry.device(BOX, phone.deviceId))?.syncedModSeq;
  expect(await noted()).toBe(2);
  await box.given(aFolder('f1'));
  const { syncToken } = await box.sync(phone, { syncToken: token });
  expect(await noted()).toBe(3);
  await box.sync(phone, { syncToken: token, operations: [] });
  expect(await noted()).toBe(3);
  await box.sync(phone, { syncToken });
  expect(await noted()).toBe(3);
});
