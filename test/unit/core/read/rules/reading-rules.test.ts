// The rules by which the log is read, each by itself; read-log.test.ts and live-changes.test.ts have them on a store.

import type { Tail } from '../../../../../core/log/tail.js';
import type { ChangeRow, LogEntry } from '../../../../../core/model/log-entry.js';
import { logRowsAfter } from '../../../../../core/read/log-row.js';
import type { Position } from '../../../../../core/read/position.js';
import { type LogContinuation, logAfter, nextEntries } from '../../../../../core/read/read-log.js';
import { latestOfEach } from '../../../../../core/read/rules/latest-of-each.js';
import { positionAfter } from '../../../../../core/read/rules/position-after.js';
import { BoxUnderTest } from '../../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  modification,
  removal,
} from '../../../../support/builders.js';

const NOW_MS = 1_000_000_000_000;
const DAY_MS = 86_400_000;
/** Of the entry with modSeq 0: the index counts registrations too, so it is another number. */
const BEFORE = 5000;

const aRow = (id: string, more: Partial<ChangeRow> = {}): ChangeRow =>
  ({ type: 'message', id, conversationId: 'c1', element: { type: 'message', id }, ...more }) as ChangeRow;
const aCommit = (modSeq: number, ...rows: readonly ChangeRow[]): LogEntry =>
  ({
    kind: 'entry',
    index: BEFORE + modSeq,
    timeline: 0,
    resetsBefore: 0,
    modSeq,
    nonce: `n${modSeq}`,
    previous: `n${modSeq - 1}`,
    atMs: NOW_MS,
    rows,
    effects: [],
  }) as never;
const at = (modSeq: number, more: Partial<Position> = {}): Position =>
  ({
    index: BEFORE + modSeq,
    timeline: 0,
    modSeq,
    nonce: `n${modSeq}`,
    rowsSent: 0,
    incomplete: false,
    ...more,
  }) as never;

/** The end of a log: its newest entries, those behind a position, and what is different about the head. */
const aTail = (
  entries: readonly LogEntry[],
  { following = entries, head = {} }: { following?: readonly LogEntry[]; head?: Partial<LogEntry> } = {},
): Tail => ({ head: { ...(entries.at(-1) ?? aCommit(3)), ...head }, entries, following });

const behindOf = (tail: Tail, position: Position, ownCommits = 0, timeline?: number): LogContinuation => {
  const core = { clock: { now: () => NOW_MS }, ...(timeline !== undefined && { timeline }) };
  return logAfter(core as never, tail, position, ownCommits);
};
const inShort = (reading: LogContinuation) =>
  reading.kind === 'lost' ? reading.why : reading.entries.map(({ modSeq }) => modSeq);

describe('rule 1: the position is of the past of this box', () => {
  const [third, fourth, fifth] = [aCommit(3), aCommit(4), aCommit(5)];

  test.each<[string, Position, Tail, string | number[]]>([
    ['the entry after it names its nonce', at(3), aTail([third, fourth]), [4]],
    [
      '[TK4] the entry after it names another nonce',
      at(3, { nonce: 'lost' }),
      aTail([third, fourth]),
      'otherTimeline',
    ],
    ['it is the newest, by index and nonce', at(3), aTail([third]), []],
    [
      '[TK4] the newest has its index and another nonce',
      at(3),
      aTail([{ ...third, nonce: 'other' }]),
      'otherTimeline',
    ],
    ['[TK4] the newest is before it', at(4), aTail([third]), 'otherTimeline'],
    [
      '[TK4] it is of a timeline whose tokens start over',
      at(3, { timeline: 1 }),
      aTail([third], { head: { timeline: 2, resetsBefore: 2 } }),
      'otherTimeline',
    ],
    [
      'it is of an earlier timeline whose tokens stay valid',
      at(3, { timeline: 1 }),
      aTail([third], { head: { timeline: 2, resetsBefore: 1 } }),
      [],
    ],
    ['[TK5] what follows it is not there any more', at(2), aTail([fourth, fifth]), 'expired'],
    [
      '[TK5] what follows it is there and more than 90 days old',
      at(3),
      aTail([third, { ...fourth, atMs: NOW_MS - 90 * DAY_MS - 1 }]),
      'expired',
    ],
    ['what follows it is 90 days old', at(3), aTail([third, { ...fourth, atMs: NOW_MS - 90 * DAY_MS }]), [4]],
    ['it is the newest, however old that is', at(3), aTail([{ ...third, atMs: NOW_MS - 900 * DAY_MS }]), []],
  ])('%s', (_, position, tail, expected) => {
    expect(inShort(behindOf(tail, position))).toEqual(expected);
  });

  test('[TK4] the timeline of the deployment counts where the log has an earlier one', () => {
    const head = { timeline: 1, resetsBefore: 0 };
    expect(inShort(behindOf(aTail([third]), at(3), 0, 1))).toBe('otherTimeline');
    expect(inShort(behindOf(aTail([third]), at(3, { timeline: 1 }), 0, 1))).toEqual([]);
    expect(inShort(behindOf(aTail([third], { head }), at(3), 0, 1))).toEqual([]);
    expect(inShort(behindOf(aTail([third], { head }), at(3), 0, 2))).toBe('otherTimeline');
  });
});

describe('rule 2: entries are read in line, up to the head', () => {
  const all = [4, 5, 6, 7].map((modSeq) => aCommit(modSeq));
  const head = all.at(-1) as LogEntry;

  test('as far as the tail has them', () => {
    expect(behindOf(aTail(all), at(3))).toMatchObject({ kind: 'continued', entries: all });
    const part = aTail([aCommit(6), head], { following: all.slice(0, 2) });
    expect(behindOf(part, at(3))).toMatchObject({ entries: all.slice(0, 2) });
  });

  test('entries after a gap are omitted', () => {
    const following = all.filter(({ modSeq }) => modSeq !== 5);
    expect(behindOf(aTail([head], { following }), at(3))).toMatchObject({ entries: [all[0]] });
  });

  test('entries appended after the head was read are omitted', () => {
    const tail = { ...aTail(all), head: all[1] as LogEntry };
    expect(behindOf(tail, at(3))).toMatchObject({ entries: all.slice(0, 2) });
  });

  test.each<[string, Tail, number[], number]>([
    ['in hand, behind the position', aTail([head], { following: all }), [6, 7], 0],
    ['in hand, the newest', aTail(all, { following: [] }), [6, 7], 0],
    ['in the log', aTail([head], { following: [] }), [6, 7], 1],
  ])('the next of them are %s', async (_, tail, expected, queries) => {
    const query = jest.fn(async () => ({ items: [all[2], head, aCommit(8)], more: false }));
    const core = { store: { query } };
    const next = await nextEntries({ core: core as never, box: BOX, tail }, BEFORE + 5);
    expect(next.map(({ modSeq }) => modSeq)).toEqual(expected);
    expect(query).toHaveBeenCalledTimes(queries);
  });
});

describe('rule 3: a device is not too far behind', () => {
  const far = (commits: number) => aTail([aCommit(3), { ...aCommit(4), modSeq: 3 + commits }]);

  test.each<[string, number, Position, number, string | number[]]>([
    ['2,000 commits', 2000, at(3), 0, [2003]],
    ['[TK5] 2,001 commits', 2001, at(3), 0, 'tooFarBehind'],
    ['2,001 commits in the middle of a synchronization', 2001, at(3, { incomplete: true }), 0, [2004]],
    ['2,001 commits, one of them its own of this request', 2001, at(3), 1, [2004]],
    ['[TK5] 2,002 commits, one of them its own of this request', 2002, at(3), 1, 'tooFarBehind'],
  ])('%s', (_, commits, position, own, expected) => {
    expect(inShort(behindOf(far(commits), position, own))).toEqual(expected);
  });

  test('entries without rows are not commits, however many they are', () => {
    const entry = { ...aCommit(4), index: BEFORE + 9000, modSeq: 3 };
    const tail = aTail([entry], { following: [{ ...aCommit(4), modSeq: 3 }] });
    expect(behindOf(tail, at(3))).toMatchObject({ kind: 'continued' });
  });
});

const historyRow = (more: Partial<ChangeRow>) =>
  ({ type: 'conversationHistory', id: 'c1', ...more }) as unknown as ChangeRow;
const changed = historyRow({});
const begun = historyRow({ created: true });
const ended = historyRow({ removed: 'deleted' });
const stateOf = (id: string) => aRow(id, { type: 'messageState' });
const aFolderRow = { type: 'folder', id: 'f1' } as never as ChangeRow;

describe('rule 4: an element is sent once, with its latest state, as the scope says', () => {
  const latest = (...commits: readonly LogEntry[]) =>
    latestOfEach(logRowsAfter(commits, 0)).map((lines) => [
      lines.at(-1)?.row.id,
      lines.at(-1)?.commit.modSeq,
    ]);

  test('the last of its rows decides', () => {
    expect(latest(aCommit(4, aRow('m1'), aRow('m2')), aCommit(5, aRow('m1')))).toEqual([
      ['m1', 5],
      ['m2', 4],
    ]);
  });

  test('a message that was removed covers its state, and a conversation history covers what it held', () => {
    expect(latest(aCommit(4, stateOf('m1')), aCommit(5, aRow('m1', { removed: 'deleted' })))).toEqual([
      ['m1', 5],
    ]);
    expect(latest(aCommit(4, aRow('m1'), stateOf('m1')), aCommit(5, ended))).toEqual([['c1', 5]]);
  });

  test('all of them are kept, in their order', () => {
    const commits = [aCommit(4, aRow('m1'), aRow('m2')), aCommit(5, aRow('m1'))];
    expect(
      latestOfEach(logRowsAfter(commits, 0)).map((lines) => lines.map(({ commit }) => commit.modSeq)),
    ).toEqual([[4, 5], [4]]);
  });

  test.each<[string, LogEntry[], [string, number][]]>([
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
  ])('does not omit %s', (_, commits, told) => {
    expect(latest(...commits)).toEqual(told);
  });

  test('a conversation history that began again omits what the life before it held, and nothing of its own', () => {
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
  const behind = (told: number) =>
    positionAfter(at(3), { commits, rows: logRowsAfter(commits, 0), done: told });

  test.each([
    ['nothing was looked at', 0, { index: BEFORE + 3, modSeq: 3, nonce: 'n3', rowsSent: 0 }],
    [
      'the next row is in the middle of a commit',
      1,
      { index: BEFORE + 3, modSeq: 3, nonce: 'n3', rowsSent: 1 },
    ],
    ['the next row begins a commit', 2, { index: BEFORE + 4, modSeq: 4, nonce: 'n4', rowsSent: 0 }],
    ['all was looked at', 3, { index: BEFORE + 5, modSeq: 5, nonce: 'n5', rowsSent: 0 }],
  ])('%s', (_, told, position) => {
    expect(behind(told)).toMatchObject(position);
  });

  test('it stays the same where nothing was looked at, and keeps how far a removal was expanded', () => {
    const position = at(3, { rowsSent: 1, expandedUpTo: 'H#c1#' });
    expect(positionAfter(position, { commits, rows: logRowsAfter(commits, 1), done: 0 })).toBe(position);
    expect(positionAfter(position, { commits, rows: logRowsAfter(commits, 2), done: 0 })).toBe(position);
    expect(positionAfter(position, { commits: [], rows: [], done: 0 })).toBe(position);
  });

  test('it goes past an entry without rows, which has no modSeq of its own', () => {
    const registration = { ...aCommit(4), modSeq: 3 };
    expect(positionAfter(at(3), { commits: [registration], rows: [], done: 0 })).toMatchObject({
      index: BEFORE + 4,
      modSeq: 3,
      nonce: 'n4',
      rowsSent: 0,
    });
  });

  test('it stays behind an entry without rows where the next row is not looked at', () => {
    const entries = [
      { ...aCommit(4), modSeq: 3 },
      { ...aCommit(5, aRow('m1'), aRow('m2')), modSeq: 4 },
    ];
    const next = positionAfter(at(3), { commits: entries, rows: logRowsAfter(entries, 0), done: 1 });
    expect(next).toMatchObject({ index: BEFORE + 4, modSeq: 3, nonce: 'n4', rowsSent: 1 });
  });

  test.each([
    ['a part was', 1],
    ['all was', 2],
  ])('it keeps what else it says where %s looked at, but for the removal that is sent by now', (_, told) => {
    const position = at(3, { rowsSent: 1, expandedUpTo: 'H#c1#', incomplete: true, pageNo: 7 });
    const next = positionAfter(position, { commits, rows: logRowsAfter(commits, 1), done: told });
    const { expandedUpTo: __, ...rest } = position;
    expect(next).toEqual({
      ...rest,
      ...(told === 1
        ? { index: BEFORE + 4, modSeq: 4, nonce: 'n4' }
        : { index: BEFORE + 5, modSeq: 5, nonce: 'n5' }),
      rowsSent: 0,
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
