import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import { aConversation, aFolder, BOX, modification, removal } from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(() => {
  box = new BoxUnderTest();
});

const moved = (id: string, parentFolderId: string | null, more = {}) =>
  modification('folder', id, { parentFolderId }, more);
const renamed = (id: string, name: string, more = {}) => modification('folder', id, { name }, more);

/** f1 in RCSMessageStore, f2 in f1, and so on. */
const chain = (count: number, first = 1) =>
  Array.from({ length: count }, (_, i) =>
    aFolder(`f${first + i}`, i === 0 ? {} : { parentFolderId: `f${first + i - 1}` }),
  );

describe('creating a folder', () => {
  test('is applied below another one, and at the top', async () => {
    expect(
      await box.results(aFolder('f1', { name: 'Family' }), aFolder('f2', { parentFolderId: null })),
    ).toEqual([
      { status: 'applied', modSeq: 2 },
      { status: 'applied', modSeq: 2 },
    ]);
    expect(await box.element('folder', 'f1')).toEqual({
      type: 'folder',
      id: 'f1',
      modSeq: 2,
      name: 'Family',
      parentFolderId: 'RCSMessageStore',
    });
    expect(await box.element('folder', 'f2')).toMatchObject({ parentFolderId: null });
  });

  test('answers exists with the folder that has the id', async () => {
    await box.given(aFolder('f1', { name: 'Family' }));
    expect(await box.result(aFolder('f1', { name: 'Friends' }))).toEqual({
      status: 'exists',
      current: { type: 'folder', id: 'f1', modSeq: 2, name: 'Family', parentFolderId: 'RCSMessageStore' },
    });
  });

  test.each(['default', 'RCSMessageStore'])('answers exists for the built-in %s', async (id) => {
    expect(await box.result(aFolder(id))).toMatchObject({ status: 'exists', current: { id, modSeq: 1 } });
  });

  test('[FO4] answers exists with the folder that has the name among its siblings', async () => {
    await box.given(aFolder('f1', { name: 'Family' }));
    expect(await box.result(aFolder('f2', { name: 'Family' }))).toMatchObject({
      status: 'exists',
      current: { id: 'f1', name: 'Family' },
    });
  });

  test('may take a name that is used elsewhere, or in other letters', async () => {
    await box.given(aFolder('f1', { name: 'Family' }));
    await box.given(
      aFolder('f2', { name: 'Family', parentFolderId: null }),
      aFolder('f3', { name: 'Family', parentFolderId: 'f1' }),
      aFolder('f4', { name: 'family' }),
    );
  });

  test('[FO5] compares names after NFC, and keeps them in NFC', async () => {
    await box.given(aFolder('f1', { name: 'Cafe\u0301' }));
    expect(await box.element('folder', 'f1')).toMatchObject({ name: 'Caf\u00e9' });
    expect((await box.result(aFolder('f2', { name: 'Caf\u00e9' }))).status).toBe('exists');
  });

  test('may take the name of a folder that was deleted or renamed, in the same request too', async () => {
    await box.given(aFolder('f1', { name: 'Family' }), aFolder('f2', { name: 'Work' }));
    await box.given(removal('folder', 'f1'), aFolder('f3', { name: 'Family' }));
    await box.given(renamed('f2', 'Office'), aFolder('f4', { name: 'Work' }));
    expect((await box.result(aFolder('f5', { name: 'Office' }))).status).toBe('exists');
  });

  test('answers parentNotFound below a folder that never was, and gone below a deleted one', async () => {
    await box.given(aFolder('f1'));
    await box.given(removal('folder', 'f1'));
    expect(
      await box.statuses(aFolder('f2', { parentFolderId: 'f9' }), aFolder('f2', { parentFolderId: 'f1' })),
    ).toEqual(['parentNotFound', 'gone']);
  });

  test('answers gone under the id of a deleted folder', async () => {
    await box.given(aFolder('f1'));
    await box.given(removal('folder', 'f1'));
    expect((await box.result(aFolder('f1'))).status).toBe('gone');
  });

  test('[FO7] nests 16 deep and no deeper, built-in folders not counted', async () => {
    await box.given(...chain(16));
    const result = await box.result(aFolder('f17', { parentFolderId: 'f16' }));
    expect(pointersOf(result)).toEqual(['/data/parentFolderId']);
  });

  test('[FO7] nests 16 deep from the top as well', async () => {
    const [first, ...others] = chain(16);
    await box.given({ ...first, data: { name: 'f1', parentFolderId: null } }, ...others);
    expect((await box.result(aFolder('f17', { parentFolderId: 'f16' }))).status).toBe('invalid');
  });

  test('[FO6, ST10] is over when the box has 500 of them', async () => {
    const all = Array.from({ length: 500 }, (_, i) => aFolder(`f${i}`));
    for (let i = 0; i < all.length; ) i += (await box.deposit(BOX, ...all.slice(i, i + 25))).results.length;
    expect((await box.head()).counts.folder).toBe(502);
    expect(await box.statuses(aFolder('f500'))).toEqual(['quotaExceeded']);
    await box.given(removal('folder', 'f7'), aFolder('f500'));
    expect(await box.statuses(aFolder('f501'))).toEqual(['quotaExceeded']);
  });

  test('[FO6] counts those of the same request', async () => {
    const all = Array.from({ length: 499 }, (_, i) => aFolder(`f${i}`));
    for (let i = 0; i < all.length; ) i += (await box.deposit(BOX, ...all.slice(i, i + 25))).results.length;
    expect(await box.statuses(aFolder('x1'), aFolder('x2'))).toEqual(['applied', 'quotaExceeded']);
  });

  test.each([
    ['a slash', 'a/b'],
    ['nothing', ''],
    ['256 characters', 'x'.repeat(256)],
    ['a control character', 'a\u0007'],
  ])('[FO3] is invalid with a name of %s', async (_, name) => {
    expect(pointersOf(await box.result(aFolder('f1', { name })))).toEqual(['/data/name']);
  });

  test('[FO3] takes a name of 255 characters', () => box.given(aFolder('f1', { name: 'é'.repeat(255) })));
});

describe('modifying a folder', () => {
  beforeEach(() => box.given(...chain(3), aFolder('g1')));

  test('renames it', async () => {
    expect(await box.result(renamed('f1', 'Other'))).toEqual({ status: 'applied', modSeq: 3 });
    expect(await box.element('folder', 'f1')).toMatchObject({
      modSeq: 3,
      name: 'Other',
      parentFolderId: 'RCSMessageStore',
    });
  });

  test('moves it with what is below it, and tells of itself alone', async () => {
    await box.given(moved('f2', 'g1'));
    expect((await box.lastRows()).map(({ id }) => id)).toEqual(['f2']);
    expect(await box.element('folder', 'f2')).toMatchObject({ name: 'f2', parentFolderId: 'g1', modSeq: 3 });
    expect(await box.element('folder', 'f3')).toMatchObject({ parentFolderId: 'f2', modSeq: 2 });
  });

  test('moves it to the top with a parent of null', async () => {
    await box.given(moved('f2', null));
    expect(await box.element('folder', 'f2')).toMatchObject({ parentFolderId: null });
  });

  test('is unchanged by the values that it has, also when written otherwise', async () => {
    await box.given(renamed('g1', 'Caf\u00e9'));
    expect(
      await box.statuses(
        renamed('f1', 'f1'),
        moved('f2', 'f1'),
        renamed('g1', 'Cafe\u0301'),
        modification('folder', 'f1', {}),
      ),
    ).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged']);
  });

  test('[FO4] answers exists where another folder has the name, renamed or moved there', async () => {
    expect(await box.result(renamed('f1', 'g1'))).toMatchObject({ status: 'exists', current: { id: 'g1' } });
    await box.given(renamed('g1', 'f2'));
    expect(await box.result(moved('g1', 'f1'))).toMatchObject({ status: 'exists', current: { id: 'f2' } });
  });

  test('gives the name free that it had, for later requests too', async () => {
    await box.given(renamed('f1', 'Other'));
    await box.given(aFolder('x', { name: 'f1' }));
    await box.given(moved('f2', null));
    await box.given(aFolder('y', { name: 'f2', parentFolderId: 'f1' }));
    expect(await box.statuses(aFolder('z', { name: 'f2', parentFolderId: null }))).toEqual(['exists']);
  });

  test('two folders swap their names within one request', async () => {
    await box.given(renamed('f1', 'for now'), renamed('g1', 'f1'), renamed('f1', 'g1'));
    expect(await box.element('folder', 'f1')).toMatchObject({ name: 'g1' });
    expect(await box.element('folder', 'g1')).toMatchObject({ name: 'f1' });
    expect(await box.statuses(aFolder('x', { name: 'f1' }), aFolder('y', { name: 'for now' }))).toEqual([
      'exists',
      'applied',
    ]);
  });

  test.each([
    ['itself', 'f1', 'f1'],
    ['its child', 'f1', 'f2'],
    ['its grandchild', 'f1', 'f3'],
  ])('[FO8] into %s is invalid', async (_, id, parent) => {
    expect(pointersOf(await box.result(moved(id, parent)))).toEqual(['/data/parentFolderId']);
  });

  test('[FO8] into a cycle that only the operations before it would close is invalid', async () => {
    expect(await box.statuses(moved('g1', 'f3'), moved('f1', 'g1'))).toEqual(['applied', 'invalid']);
    expect(await box.statuses(moved('f2', null), moved('f1', 'f3'))).toEqual(['applied', 'applied']);
    expect(await box.statuses(moved('f2', 'f1'))).toEqual(['invalid']);
  });

  test('[FO7] deeper than 16 is invalid by what it brings along', async () => {
    await box.given(...chain(14, 101));
    expect(pointersOf(await box.result(moved('f1', 'f114')))).toEqual(['/data/parentFolderId']);
    await box.given(moved('f2', 'f114')); // f2 and f3 make 16
  });

  test('counts what the same request puts below it', async () => {
    await box.given(...chain(15, 101));
    expect(await box.statuses(aFolder('g2', { parentFolderId: 'g1' }), moved('g1', 'f115'))).toEqual([
      'applied',
      'invalid',
    ]);
    expect(await box.statuses(moved('g2', null), moved('g1', 'f115'))).toEqual(['applied', 'applied']);
  });

  test.each(['default', 'RCSMessageStore'])('[FO2] is forbidden for the built-in %s', async (id) => {
    expect(await box.statuses(renamed(id, 'Mine'), moved(id, 'g1'))).toEqual(['forbidden', 'forbidden']);
  });

  test('answers notFound, gone, parentNotFound', async () => {
    await box.given(removal('folder', 'g1'));
    expect(
      await box.statuses(renamed('f9', 'x'), renamed('g1', 'x'), moved('f1', 'f9'), moved('f1', 'g1')),
    ).toEqual(['notFound', 'gone', 'parentNotFound', 'gone']);
  });

  test('answers conflict with the folder as it is where ifModSeq is not its modSeq', async () => {
    expect(await box.result(renamed('f1', 'x', { ifModSeq: 1 }))).toEqual({
      status: 'conflict',
      current: { type: 'folder', id: 'f1', modSeq: 2, name: 'f1', parentFolderId: 'RCSMessageStore' },
    });
    await box.given(renamed('f1', 'x', { ifModSeq: 2 }));
  });

  test('does not change the modSeq of the folders that it left and came into', async () => {
    await box.given(moved('f2', 'g1', { ifModSeq: 2 }));
    await box.given(renamed('f1', 'x', { ifModSeq: 2 }), renamed('g1', 'y', { ifModSeq: 2 }));
  });

  test('names every fault of its data by pointer', async () => {
    const operation = modification('folder', 'f1', { name: 'a/b', parentFolderId: 7, colour: 'red' });
    expect(pointersOf(await box.result(operation)).sort()).toEqual([
      '/data/colour',
      '/data/name',
      '/data/parentFolderId',
    ]);
  });

  test('does not take null for a name', async () => {
    expect(pointersOf(await box.result(modification('folder', 'f1', { name: null })))).toEqual([
      '/data/name',
    ]);
  });
});

describe('deleting a folder', () => {
  beforeEach(() => box.given(...chain(2), aFolder('g1')));

  test('leaves one removal and answers unchanged from then on', async () => {
    expect(await box.result(removal('folder', 'g1'))).toEqual({ status: 'applied', modSeq: 3 });
    expect(await box.lastRows()).toEqual([{ type: 'folder', id: 'g1', removed: 'deleted' }]);
    expect(await box.names('folder')).toEqual(['RCSMessageStore', 'default', 'f1', 'f2']);
    expect(await box.result(removal('folder', 'g1'))).toEqual({ status: 'unchanged' });
  });

  test('[FO9] is forbidden while it has sub-folders, and not afterwards, in the same request too', async () => {
    expect(await box.statuses(removal('folder', 'f1'))).toEqual(['forbidden']);
    await box.given(removal('folder', 'f2'), removal('folder', 'f1'));
  });

  test('is allowed once its sub-folder was moved away', async () => {
    await box.given(moved('f2', 'g1'));
    await box.given(removal('folder', 'f1'));
    expect(await box.statuses(removal('folder', 'g1'))).toEqual(['forbidden']);
  });

  test.each(['default', 'RCSMessageStore'])('[FO2] is forbidden for the built-in %s', async (id) => {
    expect(await box.statuses(removal('folder', id))).toEqual(['forbidden']);
  });

  test('answers notFound and conflict', async () => {
    expect(await box.result(removal('folder', 'f9'))).toEqual({ status: 'notFound' });
    expect(await box.result(removal('folder', 'g1', { ifModSeq: 1 }))).toMatchObject({
      status: 'conflict',
      current: { id: 'g1', modSeq: 2 },
    });
  });

  test('[OP3] takes the conversation histories in it along', async () => {
    await box.given(aConversation({ folderId: 'g1' }));
    await box.given(removal('folder', 'g1'));
    expect(await box.names('conversationHistory')).toEqual([]);
    expect(await box.statuses(modification('conversationHistory', 'c1', { subject: 'x' }))).toEqual(['gone']);
    expect(await box.statuses(removal('conversationHistory', 'c1'))).toEqual(['unchanged']);
  });

  test('[OP10] waits where 20 are still being emptied: without result, or busy for the first', async () => {
    const ids = Array.from({ length: 21 }, (_, i) => `x${i}`);
    await box.given(...ids.slice(0, 10).map((id) => aFolder(id)));
    await box.given(...ids.slice(10).map((id) => aFolder(id)));
    await box.given(...ids.slice(0, 12).map((id) => removal('folder', id)));
    const { results } = await box.deposit(BOX, ...ids.slice(12).map((id) => removal('folder', id)));
    expect(results.map(({ status }) => status)).toEqual(Array(8).fill('applied'));
    await expect(box.deposit(BOX, removal('folder', 'x20'))).rejects.toMatchObject({ kind: 'busy' });
    expect(await box.names('folder')).toContain('x20');
  });
});
