import { aConversation, aMessage, stateChange } from '../support/builders.js';
import { byName, names } from '../support/cloud.js';
import {
  aBox,
  aFolder,
  aSession,
  modify,
  remove,
  SESSION,
  statuses,
  twoDevices,
} from '../support/cloud-box.js';

describe('a folder', () => {
  test.concurrent('[OP1] is created, renamed, moved and deleted, and the other device follows', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
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

  test.concurrent('[FO2, ST9] is neither renamed, moved nor deleted when it is built in', async () => {
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

  test.concurrent('[FO4, FO5, ST3] answers exists when a sibling has its name, compared by NFC and with case', async () => {
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

  test.concurrent('frees its name when it is deleted', async () => {
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

  test.concurrent('[FO8, FO9] is not deleted when it has sub-folders, and not moved into itself or below', async () => {
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

  test.concurrent('[FO7] nests 16 deep and no deeper, also when a tree is moved', async () => {
    const { phone } = await aBox();
    const chain = Array.from({ length: 17 }, (_, i) => aFolder(`f${i + 1}`, 'N', i === 0 ? null : `f${i}`));
    const all = await statuses(phone, ...chain);
    expect(all.slice(0, 16)).toEqual(Array(16).fill('applied'));
    expect(all[16]).toBe('invalid');
    await phone.synchronize({ operations: [aFolder('tree', 'Tree', null), aFolder('leaf', 'Leaf', 'tree')] });
    expect(await statuses(phone, modify('folder', 'tree', { parentFolderId: 'f15' }))).toEqual(['invalid']);
    expect(await statuses(phone, modify('folder', 'tree', { parentFolderId: 'f14' }))).toEqual(['applied']);
  });

  test.concurrent('[ST5, ST7] is not created in an unknown or deleted folder', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('old', 'Old'), remove('folder', 'old')] });
    expect(await statuses(phone, aFolder('f1', 'A', 'nowhere'), aFolder('f2', 'B', 'old'))).toEqual([
      'parentNotFound',
      'gone',
    ]);
  });

  test.concurrent('[FO3] must have a name that is a text, not empty, not too long, without / or control characters', async () => {
    const { phone } = await aBox();
    const faulty = ['', 'a/b', 'a\u0000', 'x'.repeat(256), 7, null] as string[];
    const { results } = await phone.synchronize({
      operations: faulty.map((name, i) => aFolder(`f${i}`, name)),
    });
    const invalid = { status: 'invalid', problem: { errors: [{ pointer: '/data/name' }] } };
    expect(results).toMatchObject(faulty.map(() => invalid));
  });

  test.concurrent('[FO3] may have a name of 255 characters', async () => {
    const { phone } = await aBox();
    expect(await statuses(phone, aFolder('f1', 'ü'.repeat(255)))).toEqual(['applied']);
  });
});

describe('a conversation history', () => {
  test.concurrent('[CH1, OP2] is created, moved as a whole and changed by a merge patch', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
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
    expect(names((await tablet.synchronize()).changes)).toEqual(['conversationHistory c1']); // its contents move with it
  });

  test.concurrent('[ST5, ST7] is not created in or moved to an unknown or deleted folder', async () => {
    const { phone } = await aBox();
    await phone.synchronize({ operations: [aFolder('old', 'Old'), remove('folder', 'old')] });
    const into = (folderId: string) => modify('conversationHistory', 'c1', { folderId });
    expect(
      await statuses(phone, into('nowhere'), into('old'), aConversation({ id: 'c2', folderId: 'nowhere' })),
    ).toEqual(['parentNotFound', 'gone', 'parentNotFound']);
  });

  test.concurrent('[OP3, OP4] is one removal when it is deleted, and its contents are deleted with it', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
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

  test.concurrent('[CH4] is created again by the next message, with a later number and without its former contents', async () => {
    const { user, phone, tablet, modSeq } = await twoDevices();
    await phone.synchronize({ operations: [remove('conversationHistory', 'c1')] });
    const { results } = await user.deposit(aMessage({ id: 'm9' }), aMessage({ id: 'm1' }));
    expect(results.map(({ status }) => status)).toEqual(['applied', 'gone']); // the deleted message stays deleted
    for (const device of [tablet, await user.device('third')]) {
      const held = byName((await device.synchronize()).changes);
      expect(held['conversationHistory c1']).toMatchObject({ createdModSeq: modSeq + 2, modSeq: modSeq + 2 });
      expect(held['message m9']).toMatchObject({ modSeq: modSeq + 2 });
      expect(Object.keys(held)).not.toContain('message m2');
    }
  });

  test.concurrent('[CH4] is created again by create', async () => {
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

  test.concurrent('[OP3] is deleted with its folder, which is one removal', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
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
  test.concurrent('[OP1, OP3] is created, patched, ended and deleted with its messages', async () => {
    const { phone, tablet, modSeq } = await twoDevices();
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

  test.concurrent('must exist before it gets a message', async () => {
    const { phone } = await aBox();
    expect(await statuses(phone, aMessage({ sessionId: 'nowhere' }), aSession('s2', 'nowhere'))).toEqual([
      'parentNotFound',
      'parentNotFound',
    ]);
  });
});
