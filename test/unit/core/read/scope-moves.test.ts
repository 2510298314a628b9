import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  moved,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { contents, ScopedDevice, short } from '../../../support/scoped-device.js';

const DAY_MS = 86_400_000;

let at: ScopedDevice;

beforeEach(async () => {
  at = await ScopedDevice.open();
});

describe('a conversation history that moves', () => {
  beforeEach(async () => {
    await at.from({ folders: ['f1'] });
  });

  test.each([1, 2, 3, 200])('[SC10] into the scope comes with its contents (limit %i)', async (limit) => {
    await at.box.given(moved('c2', 'f1'));
    expect((await at.following(limit)).changes).toEqual(contents('c2'));
    expect((await at.following()).changes).toEqual([]);
  });

  test('into the scope comes with what is put into it since', async () => {
    await at.box.given(moved('c2', 'f1'));
    await at.box.given(
      aMessage({ id: 'later', conversationId: 'c2' }),
      deletion('old', { conversationId: 'c2' }),
    );
    const { changes } = await at.following();
    expect(changes).toEqual(
      [
        ...contents('c2').filter((name) => !name.includes('old')),
        'message later c2',
        'message old c2 deleted',
      ].sort(),
    );
  });

  test('into the scope has no effective, and no backfill: the scope has not changed', async () => {
    await at.box.given(moved('c2', 'f1'));
    const { pages } = await at.following(2);
    for (const page of pages) {
      expect(page).not.toHaveProperty('effective');
      expect(page).not.toHaveProperty('backfill');
    }
  });

  test('[SC10] out of the scope is one outOfScope with its modSeq, and what happens in it then is not sent', async () => {
    await at.box.given(aMessage({ id: 'before', conversationId: 'c1' }));
    await at.box.given(moved('c1', 'f2'));
    await at.box.given(aMessage({ id: 'after', conversationId: 'c1' }));
    const { all } = await at.following();
    expect(all).toEqual([{ type: 'conversationHistory', id: 'c1', modSeq: 6, removed: 'outOfScope' }]);
    await at.box.given(deletion('new', { conversationId: 'c1' }), removal('conversationHistory', 'c1'));
    expect((await at.following()).changes).toEqual([]);
  });

  test('out of it and is deleted then is a removal', async () => {
    await at.box.given(moved('c1', 'f2'));
    await at.box.given(removal('conversationHistory', 'c1'));
    expect((await at.following()).changes).toEqual(['conversationHistory c1 deleted']);
  });

  test('out of it and back is sent as it is, with its contents where it may have missed some', async () => {
    await at.box.given(moved('c1', 'f2'));
    await at.box.given(aMessage({ id: 'missed', conversationId: 'c1' }));
    await at.box.given(moved('c1', 'f1'));
    const { changes } = await at.following();
    expect(changes).toContain('conversationHistory c1');
    expect(changes).toContain('message missed c1');
    expect(changes.filter((name) => name.endsWith('outOfScope'))).toEqual([]);
  });

  test('into it and out again is nothing to hold', async () => {
    await at.box.given(moved('c2', 'f1'));
    await at.box.given(moved('c2', 'f2'));
    const { changes } = await at.following();
    expect(changes.filter((name) => !name.endsWith('outOfScope'))).toEqual([]);
  });

  test('among folders of the scope is sent alone', async () => {
    await at.to({ folders: ['f1', 'f2'] });
    await at.box.given(moved('c1', 'f2'));
    expect((await at.following()).changes).toEqual(['conversationHistory c1']);
  });

  test('outside of the scope is not sent', async () => {
    await at.box.given(aFolder('f3'));
    await at.following();
    await at.box.given(moved('c2', 'f3'), stateChange('new', { addFlags: ['x'] }, { conversationId: 'c2' }));
    const { pages } = await at.following();
    expect(pages).toEqual([{ syncToken: expect.any(String) }]);
  });

  test('[SC10, SY12] by an operation of the device itself is sent to it as to others', async () => {
    const moves = (id: string, folderId: string, n: number) =>
      at.box.sync(at.phone, { syncToken: at.token, operations: [moved(id, folderId, { n })] });
    expect(short((await moves('c2', 'f1', 1)).changes)).toEqual(contents('c2'));
    await at.following();
    expect(short((await moves('c1', 'f2', 2)).changes)).toEqual(['conversationHistory c1 outOfScope']);
  });

  test('by being created again elsewhere in one request leaves the scope', async () => {
    await at.box.given(removal('conversationHistory', 'c1'), aConversation({ id: 'c1' }));
    expect((await at.following()).changes).toEqual(['conversationHistory c1 outOfScope']);
  });

  test('by being created again in the scope in one request comes with what it holds now', async () => {
    await at.box.given(
      removal('conversationHistory', 'c2'),
      aConversation({ id: 'c2', folderId: 'f1' }),
      aMessage({ id: 'x', conversationId: 'c2' }),
    );
    expect((await at.following()).changes).toEqual(['conversationHistory c2', 'message x c2']);
  });
});

describe('in a narrow scope', () => {
  test('[SY9, SY10] changes outside of it are passed over, and the at.token advances', async () => {
    await at.from({ folders: ['f1'], elementTypes: ['conversationHistory', 'message', 'messageState'] });
    await at.box.given(
      stateChange('new', { addFlags: ['x'] }, { conversationId: 'c2' }),
      aFolder('f9'),
      aSession({ id: 's9', conversationId: 'c1' }),
    );
    const before = at.token;
    expect((await at.following()).changes).toEqual([]);
    expect(at.token).not.toBe(before);
  });

  test('[SC5] old messages and their states are not told, removals always are', async () => {
    await at.from({ folders: ['f1'], maxMessageAgeDays: 30 });
    await at.box.given(
      stateChange('old', { addFlags: ['x'] }),
      modification('message', 'old', { subject: 'x' }),
      aMessage({ id: 'late deposit', date: '2025-01-01T00:00:00Z' }),
    );
    expect((await at.following()).changes).toEqual([]);
    await at.box.given(deletion('old'));
    expect((await at.following()).changes).toEqual(['message old c1 deleted']);
  });

  test('[SC11] the passing of time is not a scope change', async () => {
    await at.from({ maxMessageAgeDays: 30 });
    at.box.clock.nowMs += 29 * DAY_MS;
    expect((await at.following()).pages).toEqual([{ syncToken: at.token }]);
  });

  test('[SC6] texts are cut, from the log and from the at.box alike, at a character', async () => {
    at.phone = await at.box.device(BOX, 'phone', { folders: ['f1'], maxTextBytes: 61 } as never);
    const { changes } = await at.box.syncAll(at.phone);
    const cut = { textContent: 'é'.repeat(30), textTruncated: true };
    expect(changes.find(({ id, type }) => id === 'new' && type === 'message')).toMatchObject(cut);
    expect(changes.find(({ id, type }) => id === 'old' && type === 'message')).not.toHaveProperty(
      'textTruncated',
    );
    await at.from({ folders: ['f1'], maxTextBytes: 61 });
    await at.box.given(modification('message', 'new', { subject: 'x' }));
    expect((await at.following()).all).toEqual([expect.objectContaining({ subject: 'x', ...cut })]);
  });

  test('the removal of a folder is sent where it covers something, also without folder elements', async () => {
    await at.from({ folders: ['f1'], elementTypes: ['message'] });
    await at.box.given(removal('folder', 'f2'));
    expect((await at.following()).changes).toEqual([]);
    await at.box.given(removal('folder', 'f1'));
    expect((await at.following()).changes).toEqual(['conversationHistory c1 deleted', 'folder f1 deleted']);
  });

  test('[SC12] the removal of a message is sent where its state alone is kept', async () => {
    await at.from({ folders: ['f1'], elementTypes: ['messageState'] });
    await at.box.given(deletion('new'));
    expect((await at.following()).changes).toEqual(['message new c1 deleted']);
  });
});
