import type { StoredFolder } from '../../../../core/model/items.js';
import { FOLDER_NAMES } from '../../../../core/model/keys.js';
import { tombstoneOf } from '../../../../core/model/tombstone.js';
import type { Range } from '../../../../core/ports/store.js';
import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import { aFolder, BOX, modification, removal } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Gives a few items at a time, as the database does where they are large. Others come after names of folders were read. */
class SlowStore extends MemoryStore {
  pageMax = Number.POSITIVE_INFINITY;
  readonly afterNames: (() => Promise<unknown>)[] = [];

  override async query(box: typeof BOX, range: Range) {
    const page = await super.query(box, { ...range, limit: Math.min(range.limit, this.pageMax) });
    if (range.from.startsWith(FOLDER_NAMES)) await this.afterNames.shift()?.();
    return page;
  }
}

let store: SlowStore;
let box: BoxUnderTest;
beforeEach(() => {
  store = new SlowStore();
  box = new BoxUnderTest(store);
});

const moved = (id: string, parentFolderId: string) => modification('folder', id, { parentFolderId });
/** x0 in RCSMessageStore, x1 in x0, and so on. */
const chain = (letter: string, count = 16) =>
  Array.from({ length: count }, (_, i) =>
    aFolder(`${letter}${i}`, i === 0 ? {} : { parentFolderId: `${letter}${i - 1}` }),
  );

test('[FO7] folders nest 16 deep however many were deleted before', async () => {
  await box.given(aFolder('f'));
  const deleted = await box.item('F#f');
  await box.given(removal('folder', 'f'));
  for (let i = 0; i < 2100; i++) {
    const left = tombstoneOf({ ...deleted, sk: `F#f${i}` } as StoredFolder, 3, box.clock.nowMs);
    await store.put(BOX, left, 'absent');
  }
  await box.given(...chain('x'));
  await box.given(...chain('y'));
  expect(pointersOf(await box.result(moved('y0', 'x14')))).toEqual(['/data/parentFolderId']);
  expect(await box.statuses(moved('y15', 'x15'), moved('y15', 'x14'))).toEqual(['invalid', 'applied']);
});

test('[FO7] folders nest 16 deep however few of them the database gives at a time', async () => {
  await box.given(...chain('x'));
  await box.given(...chain('y'));
  store.pageMax = 3;
  expect(pointersOf(await box.result(moved('y0', 'x14')))).toEqual(['/data/parentFolderId']);
  expect(await box.statuses(moved('y10', 'x10'), moved('y10', 'x9'))).toEqual(['invalid', 'applied']);
});

test('[FO7] folders that others put below a moved one meanwhile are counted', async () => {
  await box.given(...chain('x', 8));
  await box.given(...chain('y', 8));
  store.afterNames.push(() => box.given(aFolder('y8', { parentFolderId: 'y7' })));
  expect(await box.statuses(moved('y0', 'x7'))).toEqual(['invalid']);
  await box.given(removal('folder', 'y8'));
  expect(await box.statuses(moved('y0', 'x7'))).toEqual(['applied']);
});

test('a move is busy where others commit all the time, and nothing is done', async () => {
  await box.given(...chain('x', 2), ...chain('y', 2));
  const others = Array.from({ length: 28 }, (_, i) => () => box.given(aFolder(`z${i}`)));
  store.afterNames.push(...others);
  await expect(box.result(moved('y0', 'x1'))).rejects.toMatchObject({ kind: 'busy' });
  expect(store.afterNames).toHaveLength(4);
  store.afterNames.length = 0;
  expect(await box.element('folder', 'y0')).toMatchObject({ parentFolderId: 'RCSMessageStore' });
});

test('[FO7] names that are too long for a key are counted, and ids of any characters', async () => {
  const long = (i: number) => `${i}${'é'.repeat(250)}`;
  const id = (i: number) => `#"${i}${'ü'.repeat(60)}`;
  const strange = Array.from({ length: 16 }, (_, i) =>
    aFolder(id(i), { name: long(i), parentFolderId: i === 0 ? null : id(i - 1) }),
  );
  await box.given(...strange);
  await box.given(...chain('x', 1));
  expect(await box.statuses(moved(id(0), 'x0'), moved(id(1), 'x0'))).toEqual(['invalid', 'applied']);
});
