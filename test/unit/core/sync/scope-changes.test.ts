import type { Caller } from '../../../../core/commit/commit-operations.js';
import type { Change } from '../../../../protocol/elements/element.js';
import type { SyncResponse } from '../../../../protocol/sync.js';
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

const DAY_MS = 86_400_000;

let box: BoxUnderTest;
let phone: Caller;
let token: string;

const short = (all: readonly Change[] = []) =>
  all
    .map(
      (change) =>
        `${change.type} ${change.id}${'conversationId' in change ? ` ${change.conversationId}` : ''}${'removed' in change ? ` ${change.removed}` : ''}`,
    )
    .sort();

/** c1 in f1, c2 in f2, each with a session history, an old file message, and a new message with a state. */
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aFolder('f1'), aFolder('f2'));
  for (const [conversationId, folderId] of [
    ['c1', 'f1'],
    ['c2', 'f2'],
  ] as const) {
    await box.given(
      aConversation({ id: conversationId, folderId }),
      aSession({ conversationId }),
      aMessage({
        id: 'old',
        conversationId,
        date: '2025-11-01T00:00:00Z',
        messageContext: 'file-message',
        flags: ['k'],
      }),
      aMessage({ id: 'new', conversationId, textContent: 'é'.repeat(50), flags: ['k'] }),
    );
  }
  box.clock.nowMs += 120_000;
});

const contents = (conversation: string) =>
  [
    `conversationHistory ${conversation}`,
    `sessionHistory s1 ${conversation}`,
    ...['old', 'new'].flatMap((id) => [
      `message ${id} ${conversation}`,
      `messageState ${id} ${conversation}`,
    ]),
  ].sort();
const FOLDERS = ['folder RCSMessageStore', 'folder default', 'folder f1', 'folder f2'];

/** Registers with these preferences and synchronizes; with other preferences, what is told of the change. */
async function from(preferences: object): Promise<string[]> {
  phone = await box.device(BOX, 'phone', preferences);
  const all = await box.syncAll(phone);
  token = all.syncToken ?? '';
  return short(all.changes);
}
async function to(preferences: object, limit = 200) {
  phone = await box.device(BOX, 'phone', preferences);
  return following(limit);
}
async function following(limit = 200): Promise<{ changes: string[]; all: Change[]; pages: SyncResponse[] }> {
  const { changes, pages, syncToken = '' } = await box.syncAll(phone, { syncToken: token, limit });
  token = syncToken;
  return { changes: short(changes), all: changes, pages };
}

describe('an initial synchronization sends what is in the scope', () => {
  test.each<[string, object, string[]]>([
    ['everything', {}, [...FOLDERS, ...contents('c1'), ...contents('c2')]],
    ['listed folders, and all folder elements', { folders: ['f1'] }, [...FOLDERS, ...contents('c1')]],
    ['no folder', { folders: [] }, FOLDERS],
    ['all but an excluded conversation', { excludeConversations: ['c1'] }, [...FOLDERS, ...contents('c2')]],
    ['some types', { elementTypes: ['folder'] }, FOLDERS],
    [
      'states without their messages',
      { elementTypes: ['messageState'], folders: ['f1'] },
      ['messageState new c1', 'messageState old c1'],
    ],
    ['no types', { elementTypes: [] }, []],
    [
      'young messages and their states',
      { maxMessageAgeDays: 30, folders: ['f1'] },
      [...FOLDERS, ...contents('c1').filter((name) => !name.includes('old'))],
    ],
  ])('[SC2, SC3, SC4, SC5] %s', async (_, preferences, expected) => {
    expect(await from(preferences)).toEqual([...expected].sort());
  });
});

describe('a scope that changes is told as its difference alone', () => {
  test.each<[string, object, object, string[]]>([
    ['a folder more', { folders: ['f1'] }, { folders: ['f1', 'f2'] }, contents('c2')],
    ['all folders instead of one', { folders: ['f1'] }, { folders: '*' }, contents('c2')],
    ['a folder less', { folders: ['f1', 'f2'] }, { folders: ['f1'] }, ['conversationHistory c2 outOfScope']],
    [
      'another folder',
      { folders: ['f1'] },
      { folders: ['f2'] },
      [...contents('c2'), 'conversationHistory c1 outOfScope'],
    ],
    ['the same in other words', { folders: '*' }, { folders: ['f1', 'f2'] }, []],
    ['an exclusion more', {}, { excludeConversations: ['c1'] }, ['conversationHistory c1 outOfScope']],
    [
      'an exclusion less',
      { excludeConversations: ['c1', 'c2'] },
      { excludeConversations: ['c2'] },
      contents('c1'),
    ],
    [
      'an exclusion of what was not in it',
      { folders: ['f1'] },
      { folders: ['f1'], excludeConversations: ['c2'] },
      [],
    ],
    [
      'a type more',
      { elementTypes: ['folder', 'conversationHistory'] },
      { elementTypes: ['folder', 'conversationHistory', 'sessionHistory'] },
      ['sessionHistory s1 c1', 'sessionHistory s1 c2'],
    ],
    [
      'states more',
      { elementTypes: ['message'] },
      { elementTypes: ['message', 'messageState'] },
      ['c1', 'c2'].flatMap((c) => [`messageState new ${c}`, `messageState old ${c}`]),
    ],
    ['folders more', { elementTypes: ['message'] }, { elementTypes: ['message', 'folder'] }, FOLDERS],
    [
      'a type less: the client prunes',
      {},
      { elementTypes: ['folder', 'conversationHistory', 'message'] },
      [],
    ],
    [
      'a higher age',
      { maxMessageAgeDays: 30 },
      { maxMessageAgeDays: 300 },
      ['c1', 'c2'].flatMap((c) => [`message old ${c}`, `messageState old ${c}`]),
    ],
    [
      'no age limit',
      { maxMessageAgeDays: 30 },
      {},
      ['c1', 'c2'].flatMap((c) => [`message old ${c}`, `messageState old ${c}`]),
    ],
    ['a lower age: the client prunes', {}, { maxMessageAgeDays: 30 }, []],
    ['longer texts', { maxTextBytes: 60 }, { maxTextBytes: 80 }, ['message new c1', 'message new c2']],
    ['shorter texts: the client cuts them', { maxTextBytes: 80 }, { maxTextBytes: 60 }, []],
    ['texts cut for the first time: the client cuts them', {}, { maxTextBytes: 60 }, []],
    ['whole texts', { maxTextBytes: 60 }, {}, ['message new c1', 'message new c2']],
    ['texts that were whole already', { maxTextBytes: 100 }, {}, []],
    [
      'a folder more and a higher age at once',
      { folders: ['f1'], maxMessageAgeDays: 30 },
      { folders: '*', maxMessageAgeDays: 300 },
      [...contents('c2'), 'message old c1', 'messageState old c1'],
    ],
    ['another push window', { pushWindowMs: 5 }, { pushWindowMs: 7, serverInitiated: false }, []],
  ])('[SC7, SC8, SC9] %s', async (_, before, after, expected) => {
    await from(before);
    expect((await to(after)).changes).toEqual([...expected].sort());
    expect((await following()).pages).toEqual([{ syncToken: expect.any(String) }]);
  });

  test('[SC7] with effective in its first response, and not in others', async () => {
    await from({ folders: ['f1'] });
    const { pages } = await to({ folders: ['f1', 'f2'], maxMessageAgeDays: 300 }, 2);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages[0]?.effective).toMatchObject({
      folders: ['f1', 'f2'],
      maxMessageAgeDays: { 'chat-message': 300 },
    });
    for (const page of pages.slice(1)) expect(page).not.toHaveProperty('effective');
    for (const page of pages) expect(page.backfill).toBeDefined();
  });

  test('without effective where only the times change at which it is told', async () => {
    await from({});
    expect((await to({ pushWindowMs: 5 })).pages).toEqual([{ syncToken: token }]);
  });

  test.each([1, 2, 3])('with a limit of %i the same is told', async (limit) => {
    await from({ folders: ['f1'] });
    const { changes } = await to({ folders: ['f2'] }, limit);
    expect(changes).toEqual([...contents('c2'), 'conversationHistory c1 outOfScope'].sort());
  });

  test('the modSeq of what left is its own, so that a return with the same counts', async () => {
    await from({});
    const { all } = await to({ folders: ['f2'] });
    expect(all).toEqual([{ type: 'conversationHistory', id: 'c1', modSeq: 3, removed: 'outOfScope' }]);
    const { all: back } = await to({});
    expect(back.find(({ type }) => type === 'conversationHistory')).toMatchObject({ id: 'c1', modSeq: 3 });
  });

  test('[SC9] there and back between two synchronizations sends nothing that stays', async () => {
    await from({ folders: ['f1'] });
    await box.device(BOX, 'phone', { folders: ['f1', 'f2'] } as never);
    expect((await to({ folders: ['f1'] })).changes).toEqual(['conversationHistory c2 outOfScope']);
  });

  test('[SC8] shorter texts and longer ones again send what the client may have cut meanwhile', async () => {
    await from({});
    await box.device(BOX, 'phone', { maxTextBytes: 60 } as never);
    const { all } = await to({});
    expect(short(all)).toEqual(['message new c1', 'message new c2']);
    for (const message of all) {
      expect(message).toMatchObject({
        modSeq: { c1: 3, c2: 4 }[String('conversationId' in message && message.conversationId)],
      });
      expect(message).not.toHaveProperty('textTruncated');
    }
  });

  test('is told through three changes; after four the synchronization starts over', async () => {
    await from({ folders: ['f1'] });
    for (const days of [300, 301])
      await box.device(BOX, 'phone', { folders: ['f1'], maxMessageAgeDays: days } as never);
    expect((await to({ folders: ['f1', 'f2'] })).pages[0]).not.toHaveProperty('reset');
    for (const days of [300, 301, 302])
      await box.device(BOX, 'phone', { folders: ['f1'], maxMessageAgeDays: days } as never);
    const { pages, changes } = await to({ folders: ['f2'] });
    expect(pages[0]).toMatchObject({ reset: true });
    expect(changes).toEqual([...FOLDERS, ...contents('c2')].sort());
  });

  test('[SC9] while its backfill is under way is told in the end, whatever is sent again', async () => {
    await from({ folders: [] });
    phone = await box.device(BOX, 'phone', { folders: ['f1'] } as never);
    const first = await box.sync(phone, { syncToken: token, limit: 3 });
    token = first.syncToken;
    const { changes } = await to({ folders: ['f2'] }, 3);
    const left = short(first.changes).filter((name) => name.includes('c1'));
    expect(left.length).toBeGreaterThan(0);
    expect(changes).toContain('conversationHistory c1 outOfScope');
    for (const name of contents('c2')) expect(changes).toContain(name);
    expect((await following()).changes).toEqual([]);
  });

  test('during an initial synchronization is told in the end as well', async () => {
    phone = await box.device(BOX, 'phone', { folders: ['f1'] } as never);
    const first = await box.sync(phone, { limit: 7 });
    token = first.syncToken;
    const { changes } = await to({ folders: ['f2'] }, 3);
    expect(changes).toContain('conversationHistory c1 outOfScope');
    for (const name of [...FOLDERS, ...contents('c2')]) expect(changes).toContain(name);
  });
});

describe('a conversation history that moves', () => {
  const moved = (id: string, folderId: string) => modification('conversationHistory', id, { folderId });
  beforeEach(async () => {
    await from({ folders: ['f1'] });
  });

  test.each([1, 2, 3, 200])('[SC10] into the scope comes with its contents (limit %i)', async (limit) => {
    await box.given(moved('c2', 'f1'));
    expect((await following(limit)).changes).toEqual(contents('c2'));
    expect((await following()).changes).toEqual([]);
  });

  test('into the scope comes with what is put into it since', async () => {
    await box.given(moved('c2', 'f1'));
    await box.given(
      aMessage({ id: 'later', conversationId: 'c2' }),
      deletion('old', { conversationId: 'c2' }),
    );
    const { changes } = await following();
    expect(changes).toEqual(
      [
        ...contents('c2').filter((name) => !name.includes('old')),
        'message later c2',
        'message old c2 deleted',
      ].sort(),
    );
  });

  test('into the scope has no effective, and no backfill: the scope has not changed', async () => {
    await box.given(moved('c2', 'f1'));
    const { pages } = await following(2);
    for (const page of pages) {
      expect(page).not.toHaveProperty('effective');
      expect(page).not.toHaveProperty('backfill');
    }
  });

  test('[SC10] out of the scope is one outOfScope with its modSeq, and what happens in it then is not told', async () => {
    await box.given(aMessage({ id: 'before', conversationId: 'c1' }));
    await box.given(moved('c1', 'f2'));
    await box.given(aMessage({ id: 'after', conversationId: 'c1' }));
    const { all } = await following();
    expect(all).toEqual([{ type: 'conversationHistory', id: 'c1', modSeq: 6, removed: 'outOfScope' }]);
    await box.given(deletion('new', { conversationId: 'c1' }), removal('conversationHistory', 'c1'));
    expect((await following()).changes).toEqual([]);
  });

  test('out of it and is deleted then is a removal', async () => {
    await box.given(moved('c1', 'f2'));
    await box.given(removal('conversationHistory', 'c1'));
    expect((await following()).changes).toEqual(['conversationHistory c1 deleted']);
  });

  test('out of it and back is told as it is, with its contents where it may have missed some', async () => {
    await box.given(moved('c1', 'f2'));
    await box.given(aMessage({ id: 'missed', conversationId: 'c1' }));
    await box.given(moved('c1', 'f1'));
    const { changes } = await following();
    expect(changes).toContain('conversationHistory c1');
    expect(changes).toContain('message missed c1');
    expect(changes.filter((name) => name.endsWith('outOfScope'))).toEqual([]);
  });

  test('into it and out again is nothing to hold', async () => {
    await box.given(moved('c2', 'f1'));
    await box.given(moved('c2', 'f2'));
    const { changes } = await following();
    expect(changes.filter((name) => !name.endsWith('outOfScope'))).toEqual([]);
  });

  test('among folders of the scope is told alone', async () => {
    await to({ folders: ['f1', 'f2'] });
    await box.given(moved('c1', 'f2'));
    expect((await following()).changes).toEqual(['conversationHistory c1']);
  });

  test('outside of the scope is not told', async () => {
    await box.given(aFolder('f3'));
    await following();
    await box.given(moved('c2', 'f3'), stateChange('new', { addFlags: ['x'] }, { conversationId: 'c2' }));
    const { pages } = await following();
    expect(pages).toEqual([{ syncToken: expect.any(String) }]);
  });

  test('by being created anew elsewhere in one request leaves the scope', async () => {
    await box.given(removal('conversationHistory', 'c1'), aConversation({ id: 'c1' }));
    expect((await following()).changes).toEqual(['conversationHistory c1 outOfScope']);
  });

  test('by being created anew in the scope in one request comes with what it holds now', async () => {
    await box.given(
      removal('conversationHistory', 'c2'),
      aConversation({ id: 'c2', folderId: 'f1' }),
      aMessage({ id: 'x', conversationId: 'c2' }),
    );
    expect((await following()).changes).toEqual(['conversationHistory c2', 'message x c2']);
  });
});

describe('in a narrow scope', () => {
  test('[SY9, SY10] changes outside of it are passed over, and the token advances', async () => {
    await from({ folders: ['f1'], elementTypes: ['conversationHistory', 'message', 'messageState'] });
    await box.given(
      stateChange('new', { addFlags: ['x'] }, { conversationId: 'c2' }),
      aFolder('f9'),
      aSession({ id: 's9', conversationId: 'c1' }),
    );
    const before = token;
    expect((await following()).changes).toEqual([]);
    expect(token).not.toBe(before);
  });

  test('[SC5] old messages and their states are not told, removals always are', async () => {
    await from({ folders: ['f1'], maxMessageAgeDays: 30 });
    await box.given(
      stateChange('old', { addFlags: ['x'] }),
      modification('message', 'old', { subject: 'x' }),
      aMessage({ id: 'late deposit', date: '2025-01-01T00:00:00Z' }),
    );
    expect((await following()).changes).toEqual([]);
    await box.given(deletion('old'));
    expect((await following()).changes).toEqual(['message old c1 deleted']);
  });

  test('[SC11] the passing of time is no scope change', async () => {
    await from({ maxMessageAgeDays: 30 });
    box.clock.nowMs += 29 * DAY_MS;
    expect((await following()).pages).toEqual([{ syncToken: token }]);
  });

  test('[SC6] texts are cut, from the log and from the box alike, at a character', async () => {
    phone = await box.device(BOX, 'phone', { folders: ['f1'], maxTextBytes: 61 } as never);
    const { changes } = await box.syncAll(phone);
    const cut = { textContent: 'é'.repeat(30), textTruncated: true };
    expect(changes.find(({ id, type }) => id === 'new' && type === 'message')).toMatchObject(cut);
    expect(changes.find(({ id, type }) => id === 'old' && type === 'message')).not.toHaveProperty(
      'textTruncated',
    );
    await from({ folders: ['f1'], maxTextBytes: 61 });
    await box.given(modification('message', 'new', { subject: 'x' }));
    expect((await following()).all).toEqual([expect.objectContaining({ subject: 'x', ...cut })]);
  });

  test('the removal of a folder is told where it covers something, also without folder elements', async () => {
    await from({ folders: ['f1'], elementTypes: ['message'] });
    await box.given(removal('folder', 'f2'));
    expect((await following()).changes).toEqual([]);
    await box.given(removal('folder', 'f1'));
    expect((await following()).changes).toEqual(['conversationHistory c1 deleted', 'folder f1 deleted']);
  });

  test('[SC12] the removal of a message is told where its state alone is kept', async () => {
    await from({ folders: ['f1'], elementTypes: ['messageState'] });
    await box.given(deletion('new'));
    expect((await following()).changes).toEqual(['message new c1 deleted']);
  });
});

describe('a policy that changes', () => {
  const policy = async (limits: object, id = 'default') => {
    await box.registry.putPolicy(id as never, limits);
    box.clock.nowMs += 1000;
  };

  test('[PO5] narrows and widens the scope like preferences do, with effective', async () => {
    await from({});
    await policy({ maxMessageAgeDays: { 'file-message': 30 } });
    const narrowed = await following();
    expect(narrowed.changes).toEqual([]);
    expect(narrowed.pages[0]?.effective?.maxMessageAgeDays).toEqual({ 'file-message': 30 });
    await policy({});
    const widened = await following();
    expect(widened.changes).toEqual(
      ['c1', 'c2'].flatMap((c) => [`message old ${c}`, `messageState old ${c}`]).sort(),
    );
    expect(widened.pages[0]?.effective?.maxMessageAgeDays).toEqual({});
  });

  test('[PO5] cannot widen what preferences leave out', async () => {
    await from({ elementTypes: ['folder'] });
    await policy({ elementTypes: ['folder', 'message'] });
    expect((await following()).pages).toEqual([{ syncToken: token }]);
  });

  test('holds within a second', async () => {
    await from({});
    await box.registry.putPolicy('default' as never, { elementTypes: ['folder'] });
    box.clock.nowMs += 1000;
    expect((await following()).pages[0]?.effective?.elementTypes).toEqual(['folder']);
  });

  test('[PO8] sets the timer of the periodic synchronization', async () => {
    await policy({ syncTimerSeconds: 77 });
    phone = await box.device(BOX, 'phone');
    expect((await box.sync(phone, {})).nextSyncAfterSeconds).toBe(77);
  });

  test('and registrations at once both count: the record is read again', async () => {
    await from({});
    await policy({ maxTextBytes: 80 });
    const register = box.registry.register.bind(box.registry);
    box.registry.register = async (...args) => {
      box.registry.register = register;
      await box.device(BOX, 'phone', { folders: ['f1'] } as never);
      return register(...args);
    };
    const { pages, changes } = await following();
    expect(pages[0]?.effective).toMatchObject({ folders: ['f1'], maxTextBytes: 80 });
    expect(changes).toEqual(['conversationHistory c2 outOfScope']);
  });
});
