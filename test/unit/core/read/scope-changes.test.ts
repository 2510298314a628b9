import { BOX } from '../../../support/builders.js';
import { contents, FOLDERS, ScopedDevice, short } from '../../../support/scoped-device.js';

let at: ScopedDevice;

beforeEach(async () => {
  at = await ScopedDevice.open();
});

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
    expect(await at.from(preferences)).toEqual([...expected].sort());
  });
});

test('[SC7] folders and exclusions that are listed otherwise, or twice, are the same scope: nothing is sent', async () => {
  await at.from({ folders: ['f1', 'f2'], excludeConversations: ['x', 'y'] });
  const { pages } = await at.to({ folders: ['f2', 'f1', 'f2'], excludeConversations: ['y', 'x'] });
  expect(pages).toEqual([{ syncToken: at.token }]);
});

describe('a scope that changes is sent as its difference alone', () => {
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
    await at.from(before);
    expect((await at.to(after)).changes).toEqual([...expected].sort());
    expect((await at.following()).pages).toEqual([{ syncToken: expect.any(String) }]);
  });

  test('[SC7] with effective in its first response, and not in others', async () => {
    await at.from({ folders: ['f1'] });
    const { pages } = await at.to({ folders: ['f1', 'f2'], maxMessageAgeDays: 300 }, 2);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages[0]?.effective).toMatchObject({
      folders: ['f1', 'f2'],
      maxMessageAgeDays: { 'chat-message': 300 },
    });
    for (const page of pages.slice(1)) expect(page).not.toHaveProperty('effective');
    for (const page of pages) expect(page.backfill).toBeDefined();
  });

  test('without effective where only the times change at which it is notified', async () => {
    await at.from({});
    expect((await at.to({ pushWindowMs: 5 })).pages).toEqual([{ syncToken: at.token }]);
  });

  test.each([1, 2, 3])('with a limit of %i the same is sent', async (limit) => {
    await at.from({ folders: ['f1'] });
    const { changes } = await at.to({ folders: ['f2'] }, limit);
    expect(changes).toEqual([...contents('c2'), 'conversationHistory c1 outOfScope'].sort());
  });

  test('the modSeq of what left is its own, so that a return with the same counts', async () => {
    await at.from({});
    const { all } = await at.to({ folders: ['f2'] });
    expect(all).toEqual([{ type: 'conversationHistory', id: 'c1', modSeq: 3, removed: 'outOfScope' }]);
    const { all: back } = await at.to({});
    expect(back.find(({ type }) => type === 'conversationHistory')).toMatchObject({ id: 'c1', modSeq: 3 });
  });

  test('[SC9] there and back between two synchronizations sends nothing that stays', async () => {
    await at.from({ folders: ['f1'] });
    await at.box.device(BOX, 'phone', { folders: ['f1', 'f2'] } as never);
    expect((await at.to({ folders: ['f1'] })).changes).toEqual(['conversationHistory c2 outOfScope']);
  });

  test('[SC8] shorter texts and longer ones again send what the client may have cut meanwhile', async () => {
    await at.from({});
    await at.box.device(BOX, 'phone', { maxTextBytes: 60 } as never);
    const { all } = await at.to({});
    expect(short(all)).toEqual(['message new c1', 'message new c2']);
    for (const message of all) {
      expect(message).toMatchObject({
        modSeq: { c1: 3, c2: 4 }[String('conversationId' in message && message.conversationId)],
      });
      expect(message).not.toHaveProperty('textTruncated');
    }
  });

  test('is sent through three changes; after four the synchronization starts over', async () => {
    await at.from({ folders: ['f1'] });
    for (const days of [300, 301])
      await at.box.device(BOX, 'phone', { folders: ['f1'], maxMessageAgeDays: days } as never);
    expect((await at.to({ folders: ['f1', 'f2'] })).pages[0]).not.toHaveProperty('reset');
    for (const days of [300, 301, 302])
      await at.box.device(BOX, 'phone', { folders: ['f1'], maxMessageAgeDays: days } as never);
    const { pages, changes } = await at.to({ folders: ['f2'] });
    expect(pages[0]).toMatchObject({ reset: true });
    expect(changes).toEqual([...FOLDERS, ...contents('c2')].sort());
  });

  test('[SC9] while its backfill is under way is sent in the end, whatever is sent again', async () => {
    await at.from({ folders: [] });
    at.phone = await at.box.device(BOX, 'phone', { folders: ['f1'] } as never);
    const first = await at.box.sync(at.phone, { syncToken: at.token, limit: 3 });
    at.token = first.syncToken;
    const { changes } = await at.to({ folders: ['f2'] }, 3);
    const left = short(first.changes).filter((name) => name.includes('c1'));
    expect(left.length).toBeGreaterThan(0);
    expect(changes).toContain('conversationHistory c1 outOfScope');
    for (const name of contents('c2')) expect(changes).toContain(name);
    expect((await at.following()).changes).toEqual([]);
  });

  test('during an initial synchronization is sent in the end as well', async () => {
    at.phone = await at.box.device(BOX, 'phone', { folders: ['f1'] } as never);
    const first = await at.box.sync(at.phone, { limit: 7 });
    at.token = first.syncToken;
    const { changes } = await at.to({ folders: ['f2'] }, 3);
    expect(changes).toContain('conversationHistory c1 outOfScope');
    for (const name of [...FOLDERS, ...contents('c2')]) expect(changes).toContain(name);
  });
});
