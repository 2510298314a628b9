import { aConversation, aMessage, deletion, stateChange } from '../support/builders.js';
import { byName, type Device, names, User } from '../support/cloud.js';

/** Two devices that are up to date with a box of one conversation history `c1` with a session history and two messages. */
async function aBox() {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  const { modSeq } = await user.deposit(
    aConversation({ id: 'c1' }),
    aSession('s1'),
    aMessage({ id: 'm1' }),
    aMessage({ id: 'm2', sessionId: 's1', flags: ['\\Seen'] }),
  );
  await phone.synchronize();
  await tablet.synchronize();
  return { user, phone, tablet, modSeq };
}

const aFolder = (id: string, name: string, parentFolderId: string | null = 'RCSMessageStore') => ({
  op: 'create',
  type: 'folder',
  id,
  data: { name, parentFolderId },
});
const SESSION = {
  originator: 'tel:+15550101',
  participants: ['tel:+15550101', 'tel:+15550100'],
  startedAt: '2026-02-28T08:00:00Z',
  groupState: {
    lastFocusSessionId: 'focus-1',
    groupType: 'closed',
    participants: [{ uri: 'tel:+15550101', name: 'Maya' }, { uri: 'tel:+15550100' }],
    timestamp: '2026-02-28T08:00:00Z',
  },
};
const aSession = (id: string, conversationId = 'c1') => ({
  op: 'create',
  type: 'sessionHistory',
  id,
  conversationId,
  data: SESSION,
});
const modify = (type: string, id: string, data: object, more: object = {}) => ({
  op: 'modify',
  type,
  id,
  data,
  ...(type !== 'folder' && type !== 'conversationHistory' && { conversationId: 'c1' }),
  ...more,
});
const remove = (type: string, id: string, more: object = {}) => ({
  op: 'delete',
  type,
  id,
  ...(type !== 'folder' && type !== 'conversationHistory' && { conversationId: 'c1' }),
  ...more,
});

/** Statuses of operations made by a device. */
const statuses = async (device: Device, ...operations: object[]): Promise<string[]> =>
  (await device.synchronize({ operations })).results.map(({ status }) => status);

describe('a folder', () => {
  test.concurrent('is made, renamed, moved and deleted, and the other device follows', async () => {
    const { phone, tablet, modSeq } = await aBox();
    expect(await statuses(phone, aFolder('f1', 'Family'), aFolder('f2', 'Work', null))).toEqual([
      'applied',
      'applied',
    ]);
    const made = {
      type: 'folder',
      id: 'f1',
      modSeq: modSeq + 1,
      name: 'Family',
      parentFolderId: 'RCSMessageStore',
    };
    expect(byName((await tablet.synchronize()).changes)).toMatchObject({
      'folder f1': made,
      'folder f2': { name: 'Work', parentFolderId: null },
    });
    await phone.synchronize({
      operations: [modify('folder', 'f1', { name: 'Famille', parentFolderId: 'f2' })],
    });
    expect((await tablet.synchronize()).changes).toEqual([
      { ...made, modSeq: modSeq + 2, name: 'Famille', parentFolderId: 'f2' },
    ]);
    await phone.synchronize({ operations: [modify('folder', 'f1', { parentFolderId: null })] });
    expect((await tablet.synchronize()).changes).toMatchObject([
      { id: 'f1', parentFolderId: null, name: 'Famille' },
    ]);
    await phone.synchronize({ operations: [remove('folder', 'f1')] });
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'folder', id: 'f1', modSeq: modSeq + 4, removed: 'deleted' },
    ]);
  });

  test.concurrent('that is built in is neither renamed, moved nor deleted', async () => {
    const { phone } = await aBox();
    for (const id of ['default', 'RCSMessageStore']) {
      const tries = [
        modify('folder', id, { name: 'Other' }),
        modify('folder', id, { parentFolderId: 'default' }),
        remove('folder', id),
      ];
      expect(await statuses(phone, ...tries)).toEqual(['forbidden', 'forbidden', 'forbidden']);
    }
  });

  test.concurrent('with the name of a sibling exists, by NFC and with respect to case', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('f1', 'Caf\u00e9')] });
    const { results } = await phone.synchronize({
      operations: [aFolder('f2', 'Cafe\u0301'), aFolder('f3', 'CAF\u00c9'), aFolder('f4', 'Café', 'f1')],
    });
    expect(results).toMatchObject([
      { status: 'exists', current: { type: 'folder', id: 'f1' } },
      { status: 'applied' },
      { status: 'applied' },
    ]);
    expect(await statuses(phone, modify('folder', 'f3', { name: 'Café' }))).toEqual(['exists']);
    expect(await statuses(phone, modify('folder', 'f4', { parentFolderId: 'RCSMessageStore' }))).toEqual([
      'exists',
    ]);
  });

  test.concurrent('that is deleted gives its name free', async () => {
    const { phone } = await aBox();
    expect(
      await statuses(
        phone,
        aFolder('f1', 'A'),
        remove('folder', 'f1'),
        aFolder('f2', 'A'),
        modify('folder', 'f2', { name: 'B' }),
        aFolder('f3', 'A'),
      ),
    ).toEqual(['applied', 'applied', 'applied', 'applied', 'applied']);
  });

  test.concurrent('with sub-folders is not deleted, and not moved into itself or below', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('f1', 'A'), aFolder('f2', 'B', 'f1')] });
    expect(
      await statuses(
        phone,
        remove('folder', 'f1'),
        modify('folder', 'f1', { parentFolderId: 'f2' }),
        modify('folder', 'f1', { parentFolderId: 'f1' }),
      ),
    ).toEqual(['forbidden', 'invalid', 'invalid']);
    expect(await statuses(phone, remove('folder', 'f2'), remove('folder', 'f1'))).toEqual([
      'applied',
      'applied',
    ]);
  });

  test.concurrent('nests 16 deep and no deeper, also when a tree is moved', async () => {
    const { phone } = await aBox();
    const chain = Array.from({ length: 17 }, (_, i) => aFolder(`f${i + 1}`, 'N', i === 0 ? null : `f${i}`));
    const all = await statuses(phone, ...chain);
    expect(all.slice(0, 16)).toEqual(Array(16).fill('applied'));
    expect(all[16]).toBe('invalid');
    await phone.synchronize({ operations: [aFolder('tree', 'Tree', null), aFolder('leaf', 'Leaf', 'tree')] });
    expect(await statuses(phone, modify('folder', 'tree', { parentFolderId: 'f15' }))).toEqual(['invalid']);
    expect(await statuses(phone, modify('folder', 'tree', { parentFolderId: 'f14' }))).toEqual(['applied']);
  });

  test.concurrent('in a folder that is unknown or deleted is not made', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('old', 'Old'), remove('folder', 'old')] });
    expect(await statuses(phone, aFolder('f1', 'A', 'nowhere'), aFolder('f2', 'B', 'old'))).toEqual([
      'parentNotFound',
      'gone',
    ]);
  });

  test.concurrent.each([[''], ['a/b'], ['a\u0000'], ['x'.repeat(256)], [7], [null]])(
    'with the name %j is invalid',
    async (name) => {
      const { phone } = await aBox();
      const { results } = await phone.synchronize({ operations: [aFolder('f1', name as string)] });
      expect(results).toMatchObject([
        { status: 'invalid', problem: { errors: [{ pointer: '/data/name' }] } },
      ]);
    },
  );

  test.concurrent('may have a name of 255 characters', async () => {
    const { phone } = await aBox();
    expect(await statuses(phone, aFolder('f1', 'ü'.repeat(255)))).toEqual(['applied']);
  });
});

describe('a conversation history', () => {
  test.concurrent('is made, moved as a whole and changed as a merge patch', async () => {
    const { phone, tablet, modSeq } = await aBox();
    await phone.synchronize({
      operations: [aFolder('f1', 'A'), aConversation({ id: 'c2', kind: 'group', subject: 'Trip' })],
    });
    const { changes } = await tablet.synchronize();
    expect(changes.at(-1)).toEqual({
      type: 'conversationHistory',
      id: 'c2',
      modSeq: modSeq + 1,
      createdModSeq: modSeq + 1,
      folderId: 'default',
      kind: 'group',
      participants: ['tel:+15550100', 'tel:+15550101'],
      subject: 'Trip',
    });
    await phone.synchronize({
      operations: [
        modify('conversationHistory', 'c2', { folderId: 'f1', subject: null, participants: ['sip:a@b'] }),
      ],
    });
    expect((await tablet.synchronize()).changes).toEqual([
      {
        type: 'conversationHistory',
        id: 'c2',
        modSeq: modSeq + 2,
        createdModSeq: modSeq + 1,
        folderId: 'f1',
        kind: 'group',
        participants: ['sip:a@b'],
      },
    ]);
    await phone.synchronize({ operations: [modify('conversationHistory', 'c1', { folderId: 'f1' })] });
    expect(names((await tablet.synchronize()).changes)).toEqual(['conversationHistory c1']); // its contents come along
  });

  test.concurrent('goes into no folder that is unknown or deleted', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('old', 'Old'), remove('folder', 'old')] });
    const into = (folderId: string) => modify('conversationHistory', 'c1', { folderId });
    expect(
      await statuses(phone, into('nowhere'), into('old'), aConversation({ id: 'c2', folderId: 'nowhere' })),
    ).toEqual(['parentNotFound', 'gone', 'parentNotFound']);
  });

  test.concurrent('that is deleted is one removal, and what it held is gone', async () => {
    const { phone, tablet, modSeq } = await aBox();
    expect(await statuses(phone, remove('conversationHistory', 'c1'))).toEqual(['applied']);
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'conversationHistory', id: 'c1', modSeq: modSeq + 1, removed: 'deleted' },
    ]);
    expect(
      await statuses(
        phone,
        modify('conversationHistory', 'c1', { subject: 'x' }),
        remove('conversationHistory', 'c1'),
        stateChange('m1', { addFlags: ['\\Flagged'] }),
        aMessage({ id: 'm3', seed: false }),
        aSession('s2'),
      ),
    ).toEqual(['gone', 'unchanged', 'gone', 'gone', 'gone']);
    const { changes } = await (await phone.user.device('third')).synchronize();
    expect(changes.filter(({ type }) => type !== 'folder')).toEqual([]);
  });

  test.concurrent('lives again by the next message, later than before and without what it held', async () => {
    const { user, phone, tablet, modSeq } = await aBox();
    await phone.synchronize({ operations: [remove('conversationHistory', 'c1')] });
    const { results } = await user.deposit(aMessage({ id: 'm9' }), aMessage({ id: 'm1' }));
    expect(results.map(({ status }) => status)).toEqual(['applied', 'gone']); // what was deleted stays so
    for (const device of [tablet, await user.device('third')]) {
      const held = byName((await device.synchronize()).changes);
      expect(held['conversationHistory c1']).toMatchObject({ createdModSeq: modSeq + 2, modSeq: modSeq + 2 });
      expect(held['message m9']).toMatchObject({ modSeq: modSeq + 2 });
      expect(Object.keys(held)).not.toContain('message m2');
    }
  });

  test.concurrent('lives again by create', async () => {
    const { phone } = await aBox();
    expect(
      await statuses(
        phone,
        remove('conversationHistory', 'c1'),
        aConversation({ id: 'c1' }),
        aConversation({ id: 'c1' }),
      ),
    ).toEqual(['applied', 'applied', 'exists']);
  });

  test.concurrent('goes with its folder, which is one removal', async () => {
    const { phone, tablet, modSeq } = await aBox();
    await phone.synchronize({
      operations: [aFolder('f1', 'A'), modify('conversationHistory', 'c1', { folderId: 'f1' })],
    });
    await tablet.synchronize();
    await phone.synchronize({ operations: [remove('folder', 'f1')] });
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'folder', id: 'f1', modSeq: modSeq + 2, removed: 'deleted' },
    ]);
    expect(
      await statuses(
        phone,
        modify('conversationHistory', 'c1', { subject: 'x' }),
        stateChange('m1', { addFlags: ['x'] }),
      ),
    ).toEqual(['gone', 'gone']);
    const { changes } = await (await phone.user.device('third')).synchronize();
    expect(names(changes).sort()).toEqual(['folder RCSMessageStore', 'folder default']);
    await phone.user.deposit(aMessage({ id: 'm9' }));
    expect(names((await tablet.synchronize()).changes)).toEqual(['conversationHistory c1', 'message m9']);
  });
});

describe('a session history', () => {
  test.concurrent('is made, merged into, ended and deleted with its messages', async () => {
    const { phone, tablet, modSeq } = await aBox();
    await phone.synchronize({ operations: [aSession('s2')] });
    const made = { type: 'sessionHistory', id: 's2', conversationId: 'c1', modSeq: modSeq + 1, ...SESSION };
    expect((await tablet.synchronize()).changes).toEqual([made]);
    await phone.synchronize({
      operations: [
        modify('sessionHistory', 's2', {
          endedAt: '2026-02-28T09:00:00Z',
          groupState: { groupType: 'open' },
          subject: 'S',
        }),
      ],
    });
    expect((await tablet.synchronize()).changes).toEqual([
      {
        ...made,
        modSeq: modSeq + 2,
        endedAt: '2026-02-28T09:00:00Z',
        subject: 'S',
        groupState: { ...SESSION.groupState, groupType: 'open' },
      },
    ]);
    await phone.synchronize({
      operations: [modify('sessionHistory', 's2', { groupState: null, endedAt: null, subject: null })],
    });
    const { groupState: _, ...rest } = made;
    expect((await tablet.synchronize()).changes).toEqual([{ ...rest, modSeq: modSeq + 3 }]);

    await phone.synchronize({ operations: [remove('sessionHistory', 's1')] });
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'sessionHistory', id: 's1', conversationId: 'c1', modSeq: modSeq + 4, removed: 'deleted' },
    ]);
    expect(
      await statuses(
        phone,
        stateChange('m2', { addFlags: ['\\Flagged'] }),
        stateChange('m1', { addFlags: ['\\Flagged'] }),
        aMessage({ id: 'm3', sessionId: 's1' }),
        aSession('s1'),
        remove('sessionHistory', 's1'),
      ),
    ).toEqual(['gone', 'applied', 'gone', 'gone', 'unchanged']);
    const { changes } = await (await phone.user.device('third')).synchronize();
    expect(names(changes)).not.toContain('message m2');
    expect(names(changes)).toContain('message m1');
  });

  test.concurrent('that is not there takes no message', async () => {
    const { phone } = await aBox();
    expect(await statuses(phone, aMessage({ sessionId: 'nowhere' }), aSession('s2', 'nowhere'))).toEqual([
      'parentNotFound',
      'parentNotFound',
    ]);
  });
});

describe('a message', () => {
  test.concurrent('is changed as a merge patch, and deleted with its state by one removal', async () => {
    const { phone, tablet, modSeq } = await aBox();
    const part = { contentType: 'image/png', size: 3, href: 'https://example.com/x' };
    await phone.synchronize({
      operations: [modify('message', 'm2', { subject: 'S', payloadParts: [part], textContent: null })],
    });
    const [changed, ...others] = (await tablet.synchronize()).changes;
    expect(others).toEqual([]);
    expect(changed).toMatchObject({
      type: 'message',
      id: 'm2',
      modSeq: modSeq + 1,
      subject: 'S',
      payloadParts: [part],
      sessionId: 's1',
    });
    expect(changed).not.toHaveProperty('textContent');
    await phone.synchronize({ operations: [deletion('m2')] });
    expect((await tablet.synchronize()).changes).toEqual([
      { type: 'message', id: 'm2', conversationId: 'c1', modSeq: modSeq + 2, removed: 'deleted' },
    ]);
    expect(
      await statuses(
        phone,
        deletion('m2'),
        modify('message', 'm2', { subject: 'T' }),
        stateChange('m2', { addFlags: ['\\Seen'] }),
        aMessage({ id: 'm2' }),
      ),
    ).toEqual(['unchanged', 'gone', 'gone', 'gone']);
  });

  test.concurrent('that never was answers notFound, and in a conversation that never was parentNotFound', async () => {
    const { phone } = await aBox();
    const elsewhere = { conversationId: 'nowhere' };
    expect(
      await statuses(
        phone,
        deletion('nothing'),
        modify('message', 'nothing', { subject: 'x' }),
        stateChange('nothing', { addFlags: ['x'] }),
        deletion('m1', elsewhere),
        aMessage({ conversationId: 'nowhere', seed: false }),
      ),
    ).toEqual(['notFound', 'notFound', 'notFound', 'parentNotFound', 'parentNotFound']);
  });

  test.concurrent('that is made and deleted in one request is one removal', async () => {
    const { phone, tablet } = await aBox();
    expect(await statuses(phone, aMessage({ id: 'm9' }), deletion('m9'))).toEqual(['applied', 'applied']);
    expect(names((await tablet.synchronize()).changes)).toEqual(['message m9 deleted']);
  });

  test.concurrent('under an id that is taken exists; over 2 KB it stands in the changes instead of the result', async () => {
    const { user, phone } = await aBox();
    await user.deposit(aMessage({ id: 'large', textContent: 'x'.repeat(3000) }));
    await phone.synchronize();
    const { results, changes } = await phone.synchronize({
      operations: [aMessage({ id: 'm1' }), aMessage({ id: 'large' })],
    });
    expect(results).toEqual([
      { n: 1, status: 'exists', current: expect.objectContaining({ id: 'm1', textContent: 'text of m1' }) },
      { n: 2, status: 'exists' },
    ]);
    expect(changes).toMatchObject([{ type: 'message', id: 'large', textContent: 'x'.repeat(3000) }]);
  });

  test.concurrent.each([
    ['without direction', { direction: undefined }, '/data/direction'],
    ['with an unknown context', { messageContext: 'smoke-signal' }, '/data/messageContext'],
    ['with a date that is not UTC', { date: '2026-02-28T09:00:00+01:00' }, '/data/date'],
    ['with a date that does not exist', { date: '2026-02-30T09:00:00Z' }, '/data/date'],
    ['with an attribute that nobody knows', { colour: 'blue' }, '/data/colour'],
    [
      'with a size below zero',
      { payloadParts: [{ contentType: 'a/b', size: -1, href: 'x:y' }] },
      '/data/payloadParts/0/size',
    ],
  ])('%s is invalid, and holds no other operation back', async (_, data, pointer) => {
    const { phone } = await aBox();
    const { results } = await phone.synchronize({ operations: [aMessage(data), aMessage({ id: 'fine' })] });
    expect(results).toMatchObject([
      { n: 1, status: 'invalid', problem: { errors: [{ pointer, detail: expect.any(String) }] } },
      { n: 2, status: 'applied' },
    ]);
  });

  test.concurrent('of 64 KB as JSON is stored and comes back whole, and one over it is invalid', async () => {
    const { user, phone } = await aBox();
    const { results } = await user.deposit(
      aMessage({ id: 'large', textContent: 'x'.repeat(64 * 1024 - 500) }),
      aMessage({ id: 'larger', textContent: 'ü'.repeat(32 * 1024) }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'invalid']);
    const { changes } = await phone.synchronize();
    expect(changes).toMatchObject([{ id: 'large', textContent: 'x'.repeat(64 * 1024 - 500) }]);
  });

  test.concurrent('has an id of 128 bytes at most', async () => {
    const { user } = await aBox();
    const ids = ['x'.repeat(128), 'ü'.repeat(64), 'x'.repeat(129), '', 'a\n'];
    const { results } = await user.deposit(...ids.map((id) => aMessage({ id })));
    expect(results.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'invalid',
      'invalid',
      'invalid',
    ]);
  });
});

describe('a message state', () => {
  test.concurrent('is a sorted set of flags that is added to and taken from', async () => {
    const { phone, tablet, modSeq } = await aBox();
    const change = (data: Parameters<typeof stateChange>[1]) =>
      phone.synchronize({ operations: [stateChange('m1', data)] });
    await change({ addFlags: ['work', '\\Seen', '$Forwarded', 'Work', '\\Seen'] });
    const state = { type: 'messageState', id: 'm1', conversationId: 'c1' };
    expect((await tablet.synchronize()).changes).toEqual([
      { ...state, modSeq: modSeq + 1, flags: ['$Forwarded', 'Work', '\\Seen', 'work'] },
    ]);
    await change({ addFlags: ['\\Flagged'], removeFlags: ['work', 'Work', 'never'] });
    expect((await tablet.synchronize()).changes).toEqual([
      { ...state, modSeq: modSeq + 2, flags: ['$Forwarded', '\\Flagged', '\\Seen'] },
    ]);
  });

  test.concurrent('keeps the first time of a disposition of a participant', async () => {
    const { user, phone, modSeq } = await aBox();
    const report = (participant: string, disposition: string, at: string) => ({
      participant,
      disposition,
      at,
    });
    const first = report('tel:+15550101', 'delivered', '2026-02-28T09:00:01Z');
    const displayed = report('tel:+15550101', 'displayed', '2026-02-28T09:00:05Z');
    const other = report('tel:+15550102', 'delivered', '2026-02-28T09:00:02Z');
    await user.deposit(stateChange('m1', { dispositions: [first] }));
    const { results } = await user.deposit(
      stateChange('m1', { dispositions: [{ ...first, at: '2026-02-28T10:00:00Z' }, displayed, other] }),
      stateChange('m1', { dispositions: [displayed] }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'unchanged']);
    const { changes } = await phone.synchronize();
    expect(changes).toMatchObject([{ type: 'messageState', id: 'm1', modSeq: modSeq + 2 }]);
    expect(changes[0]?.dispositions).toEqual(expect.arrayContaining([first, displayed, other]));
    expect(changes[0]?.dispositions).toHaveLength(3);
  });

  test.concurrent('that has the flags already is unchanged, and no commit is made', async () => {
    const { user, phone, modSeq } = await aBox();
    expect(
      await statuses(
        phone,
        stateChange('m2', { addFlags: ['\\Seen'] }),
        stateChange('m2', { removeFlags: ['x'] }),
      ),
    ).toEqual(['unchanged', 'unchanged']);
    expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
  });

  test.concurrent('has 64 flags and 1,000 dispositions at most', async () => {
    const { user } = await aBox();
    const flags = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `flag${from + i}`);
    const reports = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({
        participant: `t:${from + i}`,
        disposition: 'delivered',
        at: '2026-02-28T09:00:00Z',
      }));
    const { results } = await user.deposit(
      stateChange('m1', { addFlags: flags(0, 64) }),
      stateChange('m1', { addFlags: flags(64, 65) }),
      stateChange('m1', { addFlags: flags(0, 65) }),
    );
    expect(results.map(({ status }) => status)).toEqual(['applied', 'invalid', 'invalid']);
    const more = await user.deposit(
      stateChange('m2', { dispositions: reports(0, 700) }),
      stateChange('m2', { dispositions: reports(700, 1001) }),
    );
    expect(more.results.map(({ status }) => status)).toEqual(['applied', 'invalid']);
  });

  test.concurrent.each([['\\Unknown'], ['two words'], [''], ['a\u0007']])(
    'takes no flag %j',
    async (flag) => {
      const { phone } = await aBox();
      expect(await statuses(phone, stateChange('m1', { addFlags: [flag] }))).toEqual(['invalid']);
    },
  );

  test.concurrent.each([
    ['\\Seen'],
    ['\\Answered'],
    ['\\Flagged'],
    ['\\Draft'],
    ['\\Deleted'],
    ['$Forwarded'],
    ['$MDNSent'],
    ['\\read-report-sent'],
    ['Anything-else'],
  ])('takes the flag %s', async (flag) => {
    const { phone } = await aBox();
    expect(await statuses(phone, stateChange('m1', { addFlags: [flag] }))).toEqual(['applied']);
  });
});

describe('operations of one request', () => {
  test.concurrent('see those before them and commit together, and one that fails holds no other back', async () => {
    const { user, phone, modSeq } = await aBox();
    const { results } = await phone.synchronize({
      operations: [
        aConversation({ id: 'c2' }),
        aMessage({ id: 'a', conversationId: 'c2', seed: false }),
        { op: 'explode', type: 'message', id: 'b', conversationId: 'c2' },
        stateChange('a', { addFlags: ['\\Seen'] }, { conversationId: 'c2' }),
        deletion('nothing'),
        aFolder('f1', 'A'),
        modify('conversationHistory', 'c2', { folderId: 'f1' }),
      ],
    });
    expect(results.map(({ status }) => status)).toEqual([
      'applied',
      'applied',
      'invalid',
      'applied',
      'notFound',
      'applied',
      'applied',
    ]);
    const committed = results.filter(({ status }) => status === 'applied');
    for (const result of committed) expect(result.modSeq).toBe(modSeq + 1);
    const { changes } = await (await user.device('third')).synchronize();
    const held = byName(changes);
    expect(held['conversationHistory c2']).toMatchObject({ modSeq: modSeq + 1, folderId: 'f1' });
    expect(held['messageState a']).toMatchObject({ flags: ['\\Seen'] });
  });

  test.concurrent('that give the wrong modSeq conflict and get the element as it is', async () => {
    const { user, phone, modSeq } = await aBox();
    await user.deposit(modify('conversationHistory', 'c1', { subject: 'New' }));
    const { results } = await phone.synchronize({
      operations: [
        modify('conversationHistory', 'c1', { subject: 'Mine' }, { ifModSeq: modSeq }),
        modify('message', 'm1', { subject: 'Mine' }, { ifModSeq: modSeq + 1 }),
        stateChange('m2', { addFlags: ['\\Flagged'] }, { ifModSeq: modSeq + 5 }),
        deletion('m1', { ifModSeq: modSeq + 1 }),
        remove('sessionHistory', 's1', { ifModSeq: modSeq + 1 }),
      ],
    });
    expect(results).toMatchObject([
      { status: 'conflict', current: { type: 'conversationHistory', subject: 'New', modSeq: modSeq + 1 } },
      { status: 'conflict', current: { type: 'message', id: 'm1', modSeq } },
      { status: 'conflict', current: { type: 'messageState', id: 'm2', modSeq, flags: ['\\Seen'] } },
      { status: 'conflict', current: { type: 'message', id: 'm1' } },
      { status: 'conflict', current: { type: 'sessionHistory', id: 's1' } },
    ]);
  });

  test.concurrent('compare ifModSeq with the state before the request, so several may give the same one', async () => {
    const { phone, modSeq } = await aBox();
    expect(
      await statuses(
        phone,
        stateChange('m2', { addFlags: ['\\Flagged'] }, { ifModSeq: modSeq }),
        stateChange('m2', { addFlags: ['\\Answered'] }, { ifModSeq: modSeq }),
        deletion('m2', { ifModSeq: modSeq }),
        aMessage({ id: 'new' }),
        modify('message', 'new', { subject: 'x' }, { ifModSeq: modSeq + 1 }),
      ),
    ).toEqual(['applied', 'applied', 'applied', 'applied', 'conflict']);
  });

  test.concurrent('of two devices without ifModSeq: the later commit wins, attribute by attribute, and delete beats modify', async () => {
    const { phone, tablet } = await aBox();
    await phone.synchronize({
      operations: [modify('message', 'm1', { subject: 'phone', textContent: 'phone' })],
    });
    await tablet.synchronize({ operations: [modify('message', 'm1', { subject: 'tablet' })] });
    expect((await phone.synchronize()).changes).toMatchObject([
      { id: 'm1', subject: 'tablet', textContent: 'phone' },
    ]);
    await phone.synchronize({ operations: [deletion('m1')] });
    const { results, changes } = await tablet.synchronize({
      operations: [modify('message', 'm1', { subject: 'late' })],
    });
    expect(results).toMatchObject([{ status: 'gone' }]);
    expect(names(changes)).toEqual(['message m1 deleted']);
  });

  test.concurrent('are as many as the server can commit: those without a result were not processed', async () => {
    const user = new User();
    const operations = Array.from({ length: 50 }, (_, i) =>
      aMessage({ id: `m${i}`, conversationId: `c${i}`, flags: ['\\Seen'], textContent: 'x'.repeat(15_000) }),
    );
    const done: string[] = [];
    for (let rest: object[] = operations; rest.length > 0; ) {
      const { results } = await user.deposit(...rest);
      expect(results.length).toBeGreaterThan(0);
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['applied']));
      done.push(...results.map(({ status }) => status));
      rest = rest.slice(results.length);
    }
    expect(done).toHaveLength(50);
    const { changes } = await (await user.device()).synchronize();
    expect(changes.filter(({ type }) => type === 'message')).toHaveLength(50);
    expect(changes.filter(({ type }) => type === 'messageState')).toHaveLength(50);
  });
});

test.concurrent.each([
  ['messageState', 'create'],
  ['messageState', 'delete'],
  ['box', 'create'],
  ['folder', 'rename'],
  ['__proto__', 'create'],
])('a %s is not to %s', async (type, op) => {
  const { phone } = await aBox();
  expect(await statuses(phone, { op, type, id: 'm1', conversationId: 'c1', data: {} })).toEqual(['invalid']);
});
