// The five rules by which the log is read, each by itself; read-log.test.ts and live-changes.test.ts have them on a store.

import type { StoredItem } from '../../../../../core/model/items.js';
import type { ChangeRow, Commit, Head } from '../../../../../core/model/log-entry.js';
import { rowKey } from '../../../../../core/model/row-key.js';
import { linesOf } from '../../../../../core/read/line.js';
import type { Position } from '../../../../../core/read/position.js';
import { inLine, isHole } from '../../../../../core/read/rules/in-line.js';
import { latestOfEach } from '../../../../../core/read/rules/latest.js';
import { positionBehind } from '../../../../../core/read/rules/position-behind.js';
import { isOfSamePast } from '../../../../../core/read/rules/same-past.js';
import { firstHidden } from '../../../../../core/read/rules/visible.js';
import { BoxUnderTest } from '../../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  modification,
  removal,
} from '../../../../support/builders.js';

const NOW_MS = 1_000_000_000;

const aRow = (id: string, more: Partial<ChangeRow> = {}): ChangeRow =>
  ({ type: 'message', id, conversationId: 'c1', element: { type: 'message', id }, ...more }) as ChangeRow;
const aCommit = (modSeq: number, ...rows: readonly ChangeRow[]): Commit =>
  ({
    kind: 'commit',
    modSeq,
    nonce: `n${modSeq}`,
    previous: `n${modSeq - 1}`,
    previousAtMs: NOW_MS - 1,
    atMs: NOW_MS,
    rows,
  }) as never;
const aHead = (modSeq: number, nonce = `n${modSeq}`): Head =>
  ({ kind: 'head', modSeq, nonce, atMs: NOW_MS }) as never;
const at = (modSeq: number, more: Partial<Position> = {}): Position =>
  ({ modSeq, nonce: `n${modSeq}`, rows: 0, midway: false, ...more }) as never;

describe('rule 1: the position is of the past of this box', () => {
  test.each([
    ['the row behind it names its nonce', at(3), aCommit(4), undefined, true],
    ['the row behind it names another', at(3, { nonce: 'lost' }), aCommit(4), aHead(9), false],
    ['it is the head, by number and nonce', at(3), undefined, aHead(3), true],
    ['the head of its number has another nonce', at(3), undefined, aHead(3, 'other'), false],
    ['the head is behind it', at(3), undefined, aHead(2), false],
    ['the head is beyond it, and no row was seen: that is for rule 2', at(3), undefined, aHead(5), true],
  ])('%s', (_, position, first, head, isIt) => {
    expect(isOfSamePast(position, first, head)).toBe(isIt);
  });
});

describe('rule 2: each next row is one more', () => {
  test('rows in line are read to the end', () => {
    const look = inLine([aCommit(4), aCommit(5)], aHead(5), false, 3);
    expect(look.commits.map(({ modSeq }) => modSeq)).toEqual([4, 5]);
    expect(look.gap).toBeUndefined();
  });

  test('without rows there is no gap where the head is the position, or was not seen', () => {
    expect(inLine([], aHead(3), false, 3).gap).toBeUndefined();
    expect(inLine([], undefined, true, 3).gap).toBeUndefined();
  });

  test.each([
    ['in line', [aCommit(4)]],
    ['with a gap', [aCommit(5)]],
    ['none', []],
  ])('rows %s: it is noted which head was seen, and whether there is more', (_, commits) => {
    expect(inLine(commits, aHead(6), true, 3)).toMatchObject({ head: aHead(6), goesOn: true });
    expect(inLine(commits, aHead(6), false, 3)).toMatchObject({ goesOn: false });
  });

  test.each([
    ['between rows', [aCommit(4), aCommit(6)], [4], NOW_MS - 1],
    ['before the first row', [aCommit(5)], [], NOW_MS - 1],
    ['between the position and the head', [], [], NOW_MS],
  ])('a gap %s ends them, and what follows says how old it is', (_, commits, inFront, missingAtMs) => {
    const look = inLine(commits, aHead(6), false, 3);
    expect(look.commits.map(({ modSeq }) => modSeq)).toEqual(inFront);
    expect(look.gap).toEqual({ missingAtMs });
  });

  test('a gap is a hole once what is missing is older than a minute, and a write under way before', () => {
    const look = inLine([aCommit(5)], aHead(5), false, 3);
    expect(isHole(look, NOW_MS - 1 + 60_000)).toBe(false);
    expect(isHole(look, NOW_MS + 60_000)).toBe(true);
    expect(isHole(inLine([], aHead(3), false, 3), NOW_MS + 60_001)).toBe(false);
  });
});

describe('rule 3: an element that is told by reference', () => {
  const { element: _, ...byReference } = aRow('m1');
  const hiddenAt = (row: ChangeRow, seen: number | undefined, nowMs = NOW_MS) => {
    const lines = linesOf([aCommit(4, aRow('m0'), row)], 0);
    const item = { kind: 'message', version: seen } as StoredItem;
    return firstHidden(lines, new Map(seen === undefined ? [] : [[rowKey(row), item]]), nowMs);
  };

  test.each([
    ['is as new as its row', byReference, 4, -1],
    ['is newer', byReference, 7, -1],
    ['is as it was before', byReference, 3, 1],
    ['is not there', byReference, undefined, 1],
    ['is not there, and past its time', { ...byReference, expiresAtMs: NOW_MS }, undefined, -1],
    ['was removed by this row', { ...byReference, removed: 'deleted' as const }, undefined, -1],
  ])('%s', (__, row, seen, hidden) => {
    expect(hiddenAt(row, seen)).toBe(hidden);
  });

  test('is not there a minute after its commit: it was removed since, and a later row tells', () => {
    expect(hiddenAt(byReference, undefined, NOW_MS + 60_000)).toBe(1);
    expect(hiddenAt(byReference, undefined, NOW_MS + 60_001)).toBe(-1);
  });
});

const historyRow = (more: Partial<ChangeRow>) =>
  ({ type: 'conversationHistory', id: 'c1', ...more }) as unknown as ChangeRow;
const changed = historyRow({});
const begun = historyRow({ created: true });
const ended = historyRow({ removed: 'deleted' });
const stateOf = (id: string) => aRow(id, { type: 'messageState' });
const aFolderRow = { type: 'folder', id: 'f1' } as never as ChangeRow;

describe('rule 4: an element stands once, with its latest state, as the scope says', () => {
  const latest = (...commits: readonly Commit[]) =>
    latestOfEach(linesOf(commits, 0)).map((lines) => [lines.at(-1)?.row.id, lines.at(-1)?.commit.modSeq]);

  test('all its lines come to the last one', () => {
    expect(latest(aCommit(4, aRow('m1'), aRow('m2')), aCommit(5, aRow('m1')))).toEqual([
      ['m1', 5],
      ['m2', 4],
    ]);
  });

  test('a message that was removed takes its state along, and a conversation history what it held', () => {
    expect(latest(aCommit(4, stateOf('m1')), aCommit(5, aRow('m1', { removed: 'deleted' })))).toEqual([
      ['m1', 5],
    ]);
    expect(latest(aCommit(4, aRow('m1'), stateOf('m1')), aCommit(5, ended))).toEqual([['c1', 5]]);
  });

  test('all of them are kept, in their order', () => {
    const commits = [aCommit(4, aRow('m1'), aRow('m2')), aCommit(5, aRow('m1'))];
    expect(
      latestOfEach(linesOf(commits, 0)).map((lines) => lines.map(({ commit }) => commit.modSeq)),
    ).toEqual([[4, 5], [4]]);
  });

  test.each<[string, Commit[], [string, number][]]>([
    [
      'a message and its state that change',
      [aCommit(4, stateOf('m1')), aCommit(5, aRow('m1'))],
      [
        ['m1', 4],
        ['m1', 5],
      ],
    ],
    [
      'the state of a message whose id a removed session history has',
      [aCommit(4, stateOf('m1')), aCommit(5, aRow('m1', { type: 'sessionHistory', removed: 'deleted' }))],
      [
        ['m1', 4],
        ['m1', 5],
      ],
    ],
    [
      'a state that came after a message of that id was removed',
      [aCommit(4, aRow('m1', { removed: 'expired' })), aCommit(5, stateOf('m1'))],
      [
        ['m1', 4],
        ['m1', 5],
      ],
    ],
    [
      'what is in a conversation history that changes and lives',
      [aCommit(4, aRow('m1')), aCommit(5, changed)],
      [
        ['m1', 4],
        ['c1', 5],
      ],
    ],
    [
      'what is in a conversation history whose id a removed message has',
      [aCommit(4, aRow('m1')), aCommit(5, aRow('c1', { removed: 'deleted' }))],
      [
        ['m1', 4],
        ['c1', 5],
      ],
    ],
    [
      'what is in another one than was removed, and folders, from the first commit on',
      [aCommit(1, aFolderRow, aRow('m1', { conversationId: 'c2' as never })), aCommit(2, ended)],
      [
        ['f1', 1],
        ['m1', 1],
        ['c1', 2],
      ],
    ],
  ])('not left out is %s', (_, commits, told) => {
    expect(latest(...commits)).toEqual(told);
  });

  test('a conversation history that began anew leaves out what the life before it held, and nothing of its own', () => {
    const rows = [aRow('m2'), begun];
    expect(latest(aCommit(3, aRow('m0')), aCommit(4, aRow('m1')), aCommit(5, ...rows))).toEqual([
      ['m2', 5],
      ['c1', 5],
    ]);
    expect(
      latest(aCommit(3, aRow('m0')), aCommit(4, ended), aCommit(6, ...rows), aCommit(7, changed)),
    ).toEqual([
      ['c1', 7],
      ['m2', 6],
    ]);
  });

  test.each([
    ['in', 'f1', 'f1', ['message m2']],
    ['was in and has left', 'f1', 'default', ['conversationHistory c1 outOfScope']],
    [
      'came in: followed by its contents',
      'default',
      'f1',
      ['conversationHistory c1', 'message m1', 'message m2'],
    ],
    ['neither', 'default', 'default', []],
  ])('a conversation history in or out of the scope: %s', async (_, before, after, told) => {
    const box = new BoxUnderTest();
    await box.given(aFolder('f1'), aConversation({ folderId: before }), aMessage({ id: 'm1' }));
    const device = await box.device(BOX, 'd1', { folders: ['f1' as never] });
    const { syncToken = '' } = await box.syncAll(device);
    await box.given(aMessage({ id: 'm2' }));
    if (after !== before) await box.given(modification('conversationHistory', 'c1', { folderId: after }));
    const { changes } = await box.syncAll(device, { syncToken });
    const names = changes.map((change) =>
      [change.type, change.id, ...('removed' in change ? [change.removed] : [])].join(' '),
    );
    expect(names.sort()).toEqual(told);
  });
});

describe('rule 5: the position is a commit and a row in it', () => {
  const commits = [aCommit(4, aRow('m1'), aRow('m2')), aCommit(5, aRow('m3'))];
  const behind = (told: number) => positionBehind(at(3), linesOf(commits, 0), told, commits);

  test.each([
    ['nothing was looked at', 0, { modSeq: 3, nonce: 'n3', rows: 0 }],
    ['the next row is in the middle of a commit', 1, { modSeq: 3, nonce: 'n3', rows: 1 }],
    ['the next row begins a commit', 2, { modSeq: 4, nonce: 'n4', rows: 0 }],
    ['all was looked at', 3, { modSeq: 5, nonce: 'n5', rows: 0 }],
  ])('%s', (_, told, position) => {
    expect(behind(told)).toMatchObject(position);
  });

  test('it stays the same where nothing was looked at, with how far a removal was told item by item', () => {
    const position = at(3, { rows: 1, itemized: 'H#c1#' });
    expect(positionBehind(position, linesOf(commits, 1), 0, commits)).toBe(position);
    expect(positionBehind(position, linesOf(commits, 2), 0, commits)).toBe(position);
    expect(positionBehind(position, [], 0, [])).toBe(position);
  });

  test('it goes past a commit without rows', () => {
    expect(positionBehind(at(3), [], 0, [aCommit(4)])).toMatchObject({ modSeq: 4, nonce: 'n4', rows: 0 });
  });

  test.each([
    ['a part was', 1],
    ['all was', 2],
  ])('it keeps what else it says where %s looked at, but for the removal that is told by now', (_, told) => {
    const position = at(3, { rows: 1, itemized: 'H#c1#', midway: true, step: 7 });
    const next = positionBehind(position, linesOf(commits, 1), told, commits);
    const { itemized: __, ...rest } = position;
    expect(next).toEqual({
      ...rest,
      ...(told === 1 ? { modSeq: 4, nonce: 'n4' } : { modSeq: 5, nonce: 'n5' }),
      rows: 0,
    });
  });

  test('it goes past rows that gave the device nothing, page by page', async () => {
    const box = new BoxUnderTest();
    await box.given(aConversation());
    const device = await box.device(BOX, 'd1', { folders: ['RCSMessageStore' as never] });
    const { syncToken } = await box.syncAll(device);
    for (let i = 0; i < 60; i++) await box.given(aMessage({ id: `m${i}` }));
    await box.given(removal('message', 'm0'));
    const {
      pages,
      changes,
      syncToken: next,
    } = await box.syncAll(device, { syncToken: syncToken ?? '', limit: 1 });
    expect(changes).toEqual([]);
    expect(new Set(pages.map((page) => page.syncToken)).size).toBe(pages.length);
    expect(await box.sync(device, { syncToken: next })).toEqual({ syncToken: next });
  });
});
