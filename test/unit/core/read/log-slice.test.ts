// Which rows of the log one response examines: log-slice.ts by itself.

import type { ChangeRow } from '../../../../core/model/log-entry.js';
import { logSliceOf } from '../../../../core/read/log-slice.js';
import {
  aRow,
  contextFor,
  deleted,
  FIRST,
  history,
  logRowsOf,
  movedFrom,
  type Reader,
} from '../../../support/log-rows.js';

const everything: Reader = {};
const inFolder: Reader = { keeps: { folders: ['in'] } };
const contentsOnly: Reader = { keeps: { folders: ['in'], elementTypes: ['message', 'messageState'] } };
const message = (id: string, folder = 'in', more: object = {}) => aRow('message', id, folder, more);
const created = (folder: string, more: object = {}) => history(folder, { created: true, ...more });

interface Room {
  readonly elements?: number;
  readonly rows?: number; // bytes, in those of a row
  readonly isFirst?: boolean;
  readonly removed?: readonly string[]; // conversation histories whose removal is in the response
}

/** The bytes of a removal. All rows of these tests take as much. */
const ROW_BYTES = 400;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const padded = (row: ChangeRow): ChangeRow => {
  if (!row.element) return row;
  const bytes = bytesOf({ ...row.element, pad: '' });
  return { ...row, element: { ...row.element, pad: 'x'.repeat(ROW_BYTES - bytes) } as never };
};

const sliceFor = (reader: Reader, rows: readonly ChangeRow[], room: Room = {}) => {
  const { elements = 100, rows: fit = 100, isFirst = true, removed = [] } = room;
  const budget = { elements, bytes: fit * ROW_BYTES };
  const page = { room: budget, size: isFirst ? 0 : 1, removed: new Set(removed) };
  return logSliceOf({ ...contextFor(reader), page }, logRowsOf(rows.map(padded)));
};
const taken = (...args: Parameters<typeof sliceFor>) => sliceFor(...args).rows.length;

describe('[SY4] a slice has as many rows as there is room for', () => {
  const rows = ['m1', 'm2', 'm3'].map((id) => message(id));

  test.each<[string, Room, number]>([
    ['in elements', { elements: 2 }, 2],
    ['in bytes, to the last', { rows: 2 }, 2],
    ['in bytes, of which one is missing', { rows: 1.9 }, 1],
    ['in both, that is all', { elements: 3, rows: 3 }, 3],
    ['and the very first in any case', { rows: 0.1 }, 1],
    ['but none where the page has something already', { rows: 0.1, isFirst: false }, 0],
    ['and none where no element is left', { elements: 0, isFirst: false }, 0],
  ])('%s', (_, room, expected) => {
    expect(taken(everything, rows, room)).toBe(expected);
  });

  test('an element takes one place, how often it changes', () => {
    expect(taken(everything, [message('m1'), message('m1'), message('m2')], { elements: 1 })).toBe(2);
  });

  test('a folder takes one, and so does what has left the scope', () => {
    expect(taken(inFolder, [aRow('folder', 'f1', ''), aRow('folder', 'f2', '')], { elements: 1 })).toBe(1);
    const other = message('m2', 'in', { conversationId: 'c2' });
    expect(taken(inFolder, [movedFrom('in', 'out'), other], { elements: 1 })).toBe(1);
  });

  test('what is outside of the scope takes none', () => {
    expect(taken(inFolder, [message('m1', 'out'), message('m2', 'out')], { elements: 1, rows: 1 })).toBe(2);
  });

  test.each<[string, Room, number]>([
    ['in elements', { elements: 2 }, 2],
    ['in bytes', { rows: 2 }, 2],
    ['and is the last then', {}, 3],
  ])('what comes into it takes those of what was done to it before as well: %s', (_, room, expected) => {
    const coming = [message('m1', 'out'), message('m2', 'out'), movedFrom('out', 'in'), message('m3')];
    expect(taken(inFolder, coming, room)).toBe(expected);
  });

  test('what was done to it before takes them once', () => {
    const rowsOf = [message('m1', 'out'), created('in'), message('m2'), message('m3')];
    expect(taken(inFolder, rowsOf, { rows: 4 })).toBe(4);
    expect(taken(inFolder, rowsOf, { rows: 3.9 })).toBe(3);
  });

  test('what is of another conversation history does not take them', () => {
    const other = message('m2', 'in', { conversationId: 'c2' });
    expect(taken(inFolder, [message('m1', 'out'), other], { rows: 1 })).toBe(2);
  });
});

describe('[SC10] a slice ends after the row that moves a conversation history into the scope', () => {
  const endsAt = (reader: Reader, ...rows: readonly ChangeRow[]) => {
    const { rows: taken, movedIn } = sliceFor(reader, [...rows, message('last')]);
    return movedIn === undefined ? 'it does not' : taken.length;
  };
  const narrowed: Reader = { ...inFolder, kept: [{ folders: ['out'] }] };
  const widened: Reader = { keeps: { folders: ['in', 'more'] }, kept: [{ folders: ['in'] }] };

  test.each<[string, Reader, ChangeRow[], number | 'it does not']>([
    ['from out to in', inFolder, [movedFrom('out', 'in')], 1],
    ['behind others', inFolder, [message('m1', 'out'), movedFrom('out', 'in')], 2],
    ['also where it was in before it was out', inFolder, [movedFrom('in', 'out'), movedFrom('out', 'in')], 2],
    ['from where it was kept alone', narrowed, [movedFrom('out', 'in')], 1],
    ['from what is kept since now', widened, [movedFrom('more', 'in')], 1],
    [
      'but not from there while the first filling goes on, which brings it wherever it is',
      { ...widened, isFilled: false },
      [movedFrom('more', 'in')],
      'it does not',
    ],
    ['nor from in to in', { keeps: { folders: ['in', 'in2'] } }, [movedFrom('in2', 'in')], 'it does not'],
    ['nor from in to out', inFolder, [movedFrom('in', 'out')], 'it does not'],
    ['nor by a change of what was in', inFolder, [history('in')], 'it does not'],
    [
      'nor where it was created outside: all that it holds stands in these rows',
      inFolder,
      [created('out'), movedFrom('out', 'in')],
      'it does not',
    ],
    [
      'nor where it began again in it: so it does',
      inFolder,
      [history('out', deleted), created('in')],
      'it does not',
    ],
    [
      'nor where it began again in it by one commit',
      inFolder,
      [created('in', { previousLifeFolderId: 'out', previousFolderId: 'out' })],
      'it does not',
    ],
  ])('%s', (_, reader, rows, expected) => {
    expect(endsAt(reader, ...rows)).toBe(expected);
  });

  test('and says which', () => {
    expect(sliceFor(inFolder, [movedFrom('out', 'in')]).movedIn).toBe('c1');
  });
});

describe('[SC13] a slice, for a device that keeps no conversation histories,', () => {
  const folderGone = aRow('folder', 'in', '', deleted);

  test('ends before the removal of a folder, which is expanded', () => {
    expect(sliceFor(contentsOnly, [message('m1'), folderGone, message('m2')])).toMatchObject({
      rows: [{ at: 0 }],
      isExpandedNext: true,
    });
  });

  test('continues after one that is the first: it was sent', () => {
    const slice = sliceFor(contentsOnly, [folderGone, message('m1')]);
    expect(slice.rows).toHaveLength(2);
    expect(slice.isExpandedNext).toBeUndefined();
  });

  test('ends behind the row that ends an earlier life, before what the new one holds', () => {
    expect(taken(contentsOnly, [history('in', deleted), created('in'), message('m1')])).toBe(2);
    expect(taken(contentsOnly, [created('in', { previousLifeFolderId: 'in' }), message('m1')])).toBe(1);
    expect(taken(contentsOnly, [created('in'), message('m1')])).toBe(2);
    expect(taken(inFolder, [created('in', { previousLifeFolderId: 'in' }), message('m1')])).toBe(2);
  });

  test('ends before it where the end has the number of what the device did, as the results say', () => {
    const rows = [message('m1'), history('in', deleted), created('in')];
    expect(taken({ ...contentsOnly, applied: [FIRST + 1] }, rows)).toBe(2);
    expect(taken({ ...contentsOnly, applied: [FIRST, FIRST + 2] }, rows)).toBe(3);
  });

  test('leaves what it did outside of its scope to the next response, which follows the results', () => {
    const rows = [message('m1'), message('m2', 'out', { conversationId: 'c2' })];
    const did = { ...contentsOnly, did: [FIRST + 1] };
    expect(taken({ ...did, acknowledged: [FIRST + 1] }, rows)).toBe(1);
    expect(taken({ ...did, did: [FIRST], acknowledged: [FIRST] }, rows)).toBe(2);
    expect(taken(did, rows)).toBe(2);
    expect(taken(did, rows, { elements: 1 })).toBe(1);
  });
});

test.each<[string, Reader, ChangeRow, number]>([
  ['is not filled again', everything, message('m2'), 1],
  ['is passed over where it is outside', inFolder, message('m2', 'out'), 2],
  ['is another one', everything, message('m2', 'in', { conversationId: 'c2' }), 2],
])('a conversation history whose removal is in the response %s', (_, reader, row, expected) => {
  const first = message('m1', 'in', { conversationId: 'c3' });
  expect(taken(reader, [first, row], { removed: ['c1'] })).toBe(expected);
});

describe('a row takes', () => {
  const fits = (row: ChangeRow, bytes: number) => {
    const page = { room: { elements: 9, bytes }, size: 1, removed: new Set<string>() };
    return logSliceOf({ ...contextFor({}), page }, logRowsOf([row])).rows.length === 1;
  };

  test('the bytes of its element', () => {
    const row = message('m1', 'in', {
      element: { type: 'message', id: 'm1', textContent: 'é'.repeat(5000) },
    });
    expect([fits(row, bytesOf(row.element)), fits(row, bytesOf(row.element) - 1)]).toEqual([true, false]);
  });

  test('for a removal more bytes than one with ids of the greatest length has', () => {
    const id = 'x'.repeat(128);
    const longest = { type: 'messageState', id, modSeq: 10 ** 12, conversationId: id, removed: 'outOfScope' };
    expect(fits(message('m1', 'in', deleted), bytesOf(longest))).toBe(false);
    expect(fits(message('m1', 'in', deleted), ROW_BYTES)).toBe(true);
  });
});
