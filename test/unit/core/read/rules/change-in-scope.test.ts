// Rule 4, second half, alone: the change for the rows of an element, by the folders of its conversation history. Ages,
// lengths and large elements have a test of their own, and so have devices that keep no conversation histories.

import type { ChangeRow } from '../../../../../core/model/log-entry.js';
import type { ElementType } from '../../../../../protocol/elements/element.js';
import {
  aRow,
  changeFor,
  deleted,
  FIRST,
  history,
  movedFrom,
  type Reader,
  sends,
} from '../../../../support/log-rows.js';

const ALL_TYPES: readonly ElementType[] = [
  'folder',
  'conversationHistory',
  'sessionHistory',
  'message',
  'messageState',
];
const CONTENTS = ALL_TYPES.slice(2);
const NOTHING: string[] = [];

const keepsFolders = (...folders: readonly string[]): Reader => ({ keeps: { folders } });
const keepsTypes = (...elementTypes: readonly ElementType[]): Reader => ({ keeps: { elementTypes } });
const othersThan = (type: ElementType) => ALL_TYPES.filter((other) => other !== type);

describe('[SC3, SC10] a conversation history for a device that keeps the folders in1 and in2', () => {
  const reader = keepsFolders('in1', 'in2');
  const inRows = (...rows: readonly ChangeRow[]) => sends(reader, ...rows);

  test.each<[string, ChangeRow[], string[]]>([
    ['is in and changed: the element', [history('in1')], ['conversationHistory c1']],
    ['moves from in to in: the element', [movedFrom('in1', 'in2')], ['conversationHistory c1']],
    ['was in and has left: outOfScope', [movedFrom('in1', 'out1')], ['conversationHistory c1 outOfScope']],
    ['comes in: the element', [movedFrom('out1', 'in1')], ['conversationHistory c1']],
    ['moves from out to out: nothing', [movedFrom('out1', 'out2')], NOTHING],
    ['is out and changed: nothing', [history('out1')], NOTHING],
    [
      'has left and changed there: outOfScope, once',
      [movedFrom('in1', 'out1'), history('out1')],
      ['conversationHistory c1 outOfScope'],
    ],
    [
      'has left and moved on there: outOfScope',
      [movedFrom('in1', 'out1'), movedFrom('out1', 'out2')],
      ['conversationHistory c1 outOfScope'],
    ],
    [
      'has left and is back: the element',
      [movedFrom('in1', 'out1'), movedFrom('out1', 'in1')],
      ['conversationHistory c1'],
    ],
    ['is deleted in: the removal', [history('in1', deleted)], ['conversationHistory c1 deleted']],
    ['is deleted out: nothing', [history('out1', deleted)], NOTHING],
    [
      'has left and is deleted there: the removal, since it covers what the device holds',
      [movedFrom('in1', 'out1'), history('out1', deleted)],
      ['conversationHistory c1 deleted'],
    ],
    [
      'comes in and is deleted: the removal',
      [movedFrom('out1', 'in1'), history('in1', deleted)],
      ['conversationHistory c1 deleted'],
    ],
    [
      'moves about outside and is deleted: nothing',
      [movedFrom('out1', 'out2'), history('out2', deleted)],
      NOTHING,
    ],
    ['is created in: the element', [history('in1', { created: true })], ['conversationHistory c1']],
    ['is created out: nothing', [history('out1', { created: true })], NOTHING],
    [
      'is created in and leaves: outOfScope',
      [history('in1', { created: true }), movedFrom('in1', 'out1')],
      ['conversationHistory c1 outOfScope'],
    ],
  ])('%s', (_, rows, expected) => {
    expect(inRows(...rows)).toEqual(expected);
  });

  test.each<[string, ChangeRow[], string[]]>([
    ['in, from in', [history('in1', deleted), history('in2', { created: true })], ['conversationHistory c1']],
    [
      'in, from out',
      [history('out1', deleted), history('in1', { created: true })],
      ['conversationHistory c1'],
    ],
    [
      'out, from in: what the device holds of its former life leaves',
      [history('in1', deleted), history('out1', { created: true })],
      ['conversationHistory c1 outOfScope'],
    ],
    ['out, from out', [history('out1', deleted), history('out2', { created: true })], NOTHING],
    [
      'in, in the commit that deleted it',
      [history('in1', { created: true, previousLifeFolderId: 'in1' })],
      ['conversationHistory c1'],
    ],
    [
      'out, in the commit that deleted it in',
      [history('out1', { created: true, previousLifeFolderId: 'in1', previousFolderId: 'in1' })],
      ['conversationHistory c1 outOfScope'],
    ],
  ])('[CH4] is deleted and begins again %s', (_, rows, expected) => {
    expect(inRows(...rows)).toEqual(expected);
  });

  test('the number of outOfScope is that of the last commit, with which it would come back', () => {
    expect(changeFor(reader, movedFrom('in1', 'out1'), history('out1'))).toEqual({
      type: 'conversationHistory',
      id: 'c1',
      modSeq: FIRST + 1,
      removed: 'outOfScope',
    });
  });

  test('of no rows nothing is sent', () => {
    expect(changeFor(reader)).toBeUndefined();
  });
});

describe.each(CONTENTS)('[SC3, SC12] a %s, for a device that keeps the folders in1 and in2,', (type) => {
  const reader = keepsFolders('in1', 'in2');
  const inFolder = (folder: string) => aRow(type, 'x', folder);
  const deletedIn = (folder: string) => aRow(type, 'x', folder, deleted);

  test.each<[string, ChangeRow[], string[]]>([
    ['in: it', [inFolder('in1')], [`${type} x c1`]],
    ['out: nothing', [inFolder('out1')], NOTHING],
    ['moved from in to in with what it is in: it', [inFolder('in1'), inFolder('in2')], [`${type} x c1`]],
    ['in what came in: it', [movedFrom('out1', 'in1'), inFolder('in1')], [`${type} x c1`]],
    [
      'in what left afterwards: nothing, since outOfScope covers it',
      [movedFrom('in1', 'out1'), inFolder('out1')],
      NOTHING,
    ],
    ['deleted in: the removal', [deletedIn('in1')], [`${type} x c1 deleted`]],
    ['deleted out: nothing', [deletedIn('out1')], NOTHING],
    ['deleted in what has left: nothing', [movedFrom('in1', 'out1'), deletedIn('out1')], NOTHING],
    ['expired in: the removal', [aRow(type, 'x', 'in1', { removed: 'expired' })], [`${type} x c1 expired`]],
  ])('%s', (_, rows, expected) => {
    expect(sends(reader, ...rows)).toEqual(expected);
  });

  test('changed before what it is in left: nothing', () => {
    const rows = [movedFrom('in1', 'out1'), inFolder('in1')];
    expect(sends(reader, ...rows, inFolder('out1'))).toEqual(NOTHING);
  });

  test('removed: it says where it was, and the number of the commit', () => {
    expect(changeFor(reader, inFolder('in1'), deletedIn('in1'))).toEqual({
      type,
      id: 'x',
      conversationId: 'c1',
      modSeq: FIRST + 1,
      removed: 'deleted',
    });
  });
});

describe('[SC3] a folder', () => {
  const changed = aRow('folder', 'f1', '');
  const gone = aRow('folder', 'f1', '', deleted);

  test.each<[string, Reader, ChangeRow, string[]]>([
    ['is in scope whatever folders are listed', keepsFolders('other'), changed, ['folder f1']],
    ['is not, where its type is not kept', keepsTypes(...othersThan('folder')), changed, NOTHING],
    [
      'was in a former scope and is changed: nothing',
      { ...keepsTypes('message'), kept: [{}] },
      changed,
      NOTHING,
    ],
    ['is deleted: the removal', keepsFolders('other'), gone, ['folder f1 deleted']],
    ['is deleted, for a device that keeps what is in it', keepsTypes('message'), gone, ['folder f1 deleted']],
    [
      'is deleted, for a device that keeps what is in others',
      { keeps: { elementTypes: ['message'], folders: ['other'] } },
      gone,
      NOTHING,
    ],
    [
      'is deleted, for a device that kept what is in it',
      { keeps: { elementTypes: ['message'], folders: ['other'] }, kept: [{ folders: ['f1'] }] },
      gone,
      ['folder f1 deleted'],
    ],
    ['is deleted, for a device that keeps nothing', keepsTypes(), gone, NOTHING],
  ])('%s', (_, reader, row, expected) => {
    expect(sends(reader, row)).toEqual(expected);
  });

  test('its removal names no conversation history', () => {
    expect(changeFor({}, gone)).toEqual({ type: 'folder', id: 'f1', modSeq: FIRST, removed: 'deleted' });
  });
});

describe('[SC2] an element type', () => {
  test.each(ALL_TYPES)('%s that is kept alone is sent', (type) => {
    const row = type === 'conversationHistory' ? history('f1') : aRow(type, 'x', 'f1');
    expect(changeFor(keepsTypes(type), row)).toEqual(row.element);
  });

  test.each(ALL_TYPES)('%s that is not kept is not sent', (type) => {
    const row = type === 'conversationHistory' ? history('f1') : aRow(type, 'x', 'f1');
    expect(sends(keepsTypes(...othersThan(type)), row)).toEqual(NOTHING);
    expect(sends({ ...keepsTypes(...othersThan(type)), kept: [{}] }, row)).toEqual(NOTHING);
  });
});

describe('[SC12] a removal is sent where it covers something of the scope', () => {
  const COVERS: Record<string, readonly ElementType[]> = {
    conversationHistory: ['conversationHistory', 'sessionHistory', 'message', 'messageState'],
    sessionHistory: ['sessionHistory', 'message', 'messageState'],
    message: ['message', 'messageState'],
    messageState: ['messageState'],
  };

  describe.each(Object.entries(COVERS))('of a %s', (type, covers) => {
    const row =
      type === 'conversationHistory' ? history('f1', deleted) : aRow(type as ElementType, 'x', 'f1', deleted);

    test.each(ALL_TYPES)('a device that keeps %s alone', (kept) => {
      expect(changeFor(keepsTypes(kept), row)?.type).toBe(covers.includes(kept) ? type : undefined);
    });
  });
});

describe('[SC4] an excluded conversation history', () => {
  const excluding: Reader = { keeps: { excludeConversations: ['c1'] } };

  test.each<[string, ChangeRow[]]>([
    ['is not sent', [history('f1')]],
    ['is not sent when it moves', [movedFrom('f1', 'f2')]],
    ['is not sent when it is deleted', [history('f1', deleted)]],
    ['is not sent when it begins again', [history('f1', deleted), history('f1', { created: true })]],
    ...CONTENTS.map((type): [string, ChangeRow[]] => [`nor its ${type}`, [aRow(type, 'x', 'f1')]]),
    ...CONTENTS.map((type): [string, ChangeRow[]] => [
      `nor that its ${type} is deleted`,
      [aRow(type, 'x', 'f1', deleted)],
    ]),
  ])('%s', (_, rows) => {
    expect(sends(excluding, ...rows)).toEqual(NOTHING);
  });

  test('concerns no other one', () => {
    const row = aRow('message', 'x', 'f1', { conversationId: 'c2' });
    expect(sends(excluding, row)).toEqual(['message x c2']);
  });

  test('that the device may still hold is sent as deleted', () => {
    expect(sends({ ...excluding, kept: [{}] }, history('f1', deleted))).toEqual([
      'conversationHistory c1 deleted',
    ]);
  });
});

describe('[SC7] what the device may hold by a scope since its last complete synchronization', () => {
  const narrowed: Reader = { keeps: { folders: ['in'] }, kept: [{ folders: ['in', 'was'] }] };

  test.each<[string, ChangeRow[], string[]]>([
    ['is deleted: the removal', [history('was', deleted)], ['conversationHistory c1 deleted']],
    ['moves out: outOfScope', [movedFrom('was', 'out')], ['conversationHistory c1 outOfScope']],
    ['moves in: the element', [movedFrom('was', 'in')], ['conversationHistory c1']],
    [
      'comes to where it was kept: outOfScope',
      [movedFrom('out', 'was')],
      ['conversationHistory c1 outOfScope'],
    ],
    [
      'begins again where it was kept: outOfScope, for what is left of its former life',
      [history('was', { created: true })],
      ['conversationHistory c1 outOfScope'],
    ],
    ['changes: nothing, since the difference of the scopes tells that it left', [history('was')], NOTHING],
    ['its contents change: nothing', [aRow('message', 'x', 'was')], NOTHING],
  ])('%s', (_, rows, expected) => {
    expect(sends(narrowed, ...rows)).toEqual(expected);
  });

  const gone = (folder: string) => aRow('message', 'x', folder, deleted);
  const REMOVAL = ['message x c1 deleted'];
  test.each<[string, Reader, ChangeRow[], string[]]>([
    ['is deleted where it was kept', narrowed, [gone('was')], REMOVAL],
    [
      'is deleted where what it is in has moved since, from where it was kept',
      narrowed,
      [movedFrom('was', 'out'), gone('out')],
      REMOVAL,
    ],
    ['is deleted where it never was kept: nothing', narrowed, [gone('out')], NOTHING],
    [
      'is deleted, and was excluded since',
      { keeps: { excludeConversations: ['c1'] }, kept: [{}] },
      [gone('in')],
      REMOVAL,
    ],
    [
      'is deleted, and nothing was kept that this covers: nothing',
      { keeps: { folders: ['in'] }, kept: [{ folders: ['was'], elementTypes: ['sessionHistory'] }] },
      [gone('was')],
      NOTHING,
    ],
    [
      'is deleted, by one of several scopes',
      { keeps: { folders: ['in'] }, kept: [{ folders: ['a'] }, { folders: ['was'] }] },
      [gone('was')],
      REMOVAL,
    ],
  ])('[SC12] and a message of it %s', (_, reader, rows, expected) => {
    expect(sends(reader, ...rows)).toEqual(expected);
  });

  test('is any of several scopes', () => {
    const reader: Reader = { keeps: { folders: ['in'] }, kept: [{ folders: ['a'] }, { folders: ['was'] }] };
    expect(sends(reader, movedFrom('was', 'out'))).toEqual(['conversationHistory c1 outOfScope']);
    expect(sends(reader, history('a', deleted))).toEqual(['conversationHistory c1 deleted']);
  });
});
