// The high-water mark of a response, and whether the box still has that past. restored-box.test.ts tests it as a whole.

import { entryKey, messageKey } from '../../../../core/model/keys.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { UNWRITTEN, versionOf } from '../../../../core/model/version.js';
import { HighWaterMark, isSameTimeline, requiredHighWater } from '../../../../core/read/high-water-mark.js';
import type { Position } from '../../../../core/read/position.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aMessage, BOX, deletion, stateChange } from '../../../support/builders.js';
import { WatchedStore } from '../../../support/watched-store.js';

const at = (index: number, more: Partial<Position> = {}): Position =>
  ({ index, nonce: `n${index}`, rowsSent: 0, ...more }) as Position;
const highWaterOf = (...indices: readonly number[]): HighWaterMark => {
  const highWater = new HighWaterMark();
  for (const index of indices) highWater.noteIndex(index);
  return highWater;
};

describe('what was shown reaches to', () => {
  test.each<[string, HighWaterMark, Position, number]>([
    ['the position, where nothing was ahead of it', highWaterOf(3, 4), at(5), 5],
    ['the latest that was seen', highWaterOf(7, 9, 8), at(5), 9],
    ['the entry that was sent in part', highWaterOf(), at(5, { rowsSent: 1 }), 6],
    ['the latest, where an entry was sent in part', highWaterOf(9), at(5, { rowsSent: 1 }), 9],
  ])('%s', (_, highWater, position, expected) => {
    expect(highWater.indexFor(position)).toBe(expected);
  });

  test.each<[string, object, number]>([
    ['the entry that wrote an item', { kind: 'folder', version: versionOf(0, 9) }, 9],
    ['that of a later timeline too', { kind: 'folder', version: versionOf(3, 9) }, 9],
    [
      'the later of content and state',
      { kind: 'message', version: versionOf(0, 7), stateVersion: versionOf(0, 9) },
      9,
    ],
    [
      'a state without its message',
      { kind: 'stateAlone', version: UNWRITTEN, stateVersion: versionOf(0, 9) },
      9,
    ],
    ['the deletion that an item shows', { kind: 'tombstone', version: versionOf(0, 9) }, 9],
    ['nothing by what no entry has written', { kind: 'stateAlone', version: UNWRITTEN }, 5],
  ])('%s', (_, item, expected) => {
    const highWater = new HighWaterMark();
    highWater.noteItem(item as StoredItem);
    expect(highWater.indexFor(at(5))).toBe(expected);
  });
});

let store: WatchedStore;
let box: BoxUnderTest;
let entries: readonly LogEntry[];
const indexOf = (place: number) => entries.at(place)?.index ?? 0;
const nonceOf = (place: number) => entries.at(place)?.nonce ?? '';

/** A log of six entries: the built-in folders, c1, m1, a state of it, m2, and its deletion. */
beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  await box.given(aConversation());
  await box.given(aMessage({ id: 'm1' }));
  await box.given(stateChange('m1', { addFlags: ['x'] }));
  await box.given(aMessage({ id: 'm2' }));
  await box.given(deletion('m2'));
  entries = await box.entries(BOX);
  expect(entries).toHaveLength(6);
  store.reads.length = 0;
});

test('an item that was read shows its newest entry', async () => {
  await box.projected(BOX);
  const items = await store.get(
    BOX,
    ['m1', 'm2'].map((id) => messageKey('c1' as never, id as never)),
  );
  const shown = [...items.values()].map((item) => {
    const highWater = new HighWaterMark();
    highWater.noteItem(item);
    return highWater.indexFor(at(0));
  });
  expect(shown).toEqual([indexOf(3), indexOf(5)]);
});

describe('[TK4] the token names an entry that is not older than all that was shown', () => {
  const position = (more: Partial<Position> = {}) => at(indexOf(1), { nonce: nonceOf(1), ...more });

  test.each<[string, () => Position, () => number]>([
    ['the position covers everything', () => position(), () => indexOf(1)],
    [
      'the position has passed what it named',
      () => position({ highWater: { index: indexOf(1), nonce: nonceOf(1) } }),
      () => 0,
    ],
  ])('none where %s, and reads nothing', async (_, of, latest) => {
    expect(
      await requiredHighWater({ core: box.core, box: BOX, highWater: highWaterOf(latest()) }, of()),
    ).toBeUndefined();
    expect(store.reads).toEqual([]);
  });

  test.each([2, 3])(
    'the one that it named already, as long as nothing later than that was shown (entry %i)',
    async (latest) => {
      const seen = { index: indexOf(3), nonce: nonceOf(3) };
      const found = await requiredHighWater(
        { core: box.core, box: BOX, highWater: highWaterOf(indexOf(latest)) },
        position({ highWater: seen }),
      );
      expect(found).toEqual(seen);
      expect(store.reads).toEqual([]);
    },
  );

  test.each([4, 5])('the newest, where later was shown (entry %i)', async (latest) => {
    const seen = { index: indexOf(3), nonce: nonceOf(3) };
    const found = await requiredHighWater(
      { core: box.core, box: BOX, highWater: highWaterOf(indexOf(latest)) },
      position({ highWater: seen }),
    );
    expect(found).toEqual({ index: indexOf(5), nonce: nonceOf(5) });
  });

  test('none where the position is the newest, and an item is ahead of the log since a restore', async () => {
    const end = at(indexOf(5), { nonce: nonceOf(5) });
    expect(
      await requiredHighWater({ core: box.core, box: BOX, highWater: highWaterOf(indexOf(5) + 3) }, end),
    ).toBeUndefined();
  });
});

describe('[TK4] what the token names is of the past of this box', () => {
  const isIt = (position: Position) => isSameTimeline(box.core, BOX, position);

  test.each<[string, (seen: { index: number; nonce: string }) => Position]>([
    ['it names nothing', () => at(indexOf(1))],
    ['its position is there', (seen) => at(seen.index, { highWater: seen })],
    ['its position is beyond', (seen) => at(seen.index + 1, { highWater: seen })],
  ])('where %s: without a read', async (_, of) => {
    expect(await isIt(of({ index: indexOf(4), nonce: 'other' }))).toBe(true);
    expect(store.reads).toEqual([]);
  });

  test('where the log has that entry', async () => {
    expect(await isIt(at(indexOf(1), { highWater: { index: indexOf(4), nonce: nonceOf(4) } }))).toBe(true);
  });

  test('but not where it has another one of that index', async () => {
    expect(await isIt(at(indexOf(1), { highWater: { index: indexOf(4), nonce: nonceOf(3) } }))).toBe(false);
  });

  test('nor where it does not reach that far', async () => {
    store.expire(BOX, entryKey(indexOf(5)));
    expect(await isIt(at(indexOf(1), { highWater: { index: indexOf(5), nonce: nonceOf(5) } }))).toBe(false);
  });
});
