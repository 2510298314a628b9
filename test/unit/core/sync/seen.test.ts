// What a device was shown beyond its position, and whether the box still has that past; restored-box.test.ts has it as a whole.

import type { Core } from '../../../../core/core.js';
import type { StoredItem } from '../../../../core/model/items.js';
import type { Commit } from '../../../../core/model/log-entry.js';
import { commitKey, HEAD_KEY } from '../../../../core/model/keys.js';
import type { Position } from '../../../../core/read/position.js';
import { isOfThisTimeline, Sight, seenBeyond } from '../../../../core/read/seen.js';
import { BOX } from '../../../support/builders.js';

const WAITS_MS = [50, 100, 200];

/** A store that shows one item of a key after the other, and then the last for ever. */
function aCore(key: string, ...shown: readonly (object | undefined)[]) {
  const slept: number[] = [];
  let reads = 0;
  const get = async () => {
    const item = shown[Math.min(reads++, shown.length - 1)];
    return new Map(item ? [[key, item as StoredItem]] : []);
  };
  const sleep = async (ms: number) => {
    slept.push(ms);
  };
  const core = { store: { get }, clock: { sleep } } as unknown as Core;
  return { core, slept, reads: () => reads };
}

const at = (modSeq: number, more: Partial<Position> = {}): Position =>
  ({ modSeq, nonce: `n${modSeq}`, rows: 0, ...more }) as Position;
const sightOf = (...modSeqs: readonly number[]): Sight => {
  const sight = new Sight();
  for (const modSeq of modSeqs) sight.note(modSeq);
  return sight;
};

describe('what was shown reaches to', () => {
  test.each<[string, Sight, Position, number]>([
    ['the position, where nothing was ahead of it', sightOf(3, 4), at(5), 5],
    ['the latest that was seen', sightOf(7, 9, 8), at(5), 9],
    ['the commit that was told in part', sightOf(), at(5, { rows: 1 }), 6],
    ['the latest, where a commit was told in part', sightOf(9), at(5, { rows: 1 }), 9],
  ])('%s', (_, sight, position, expected) => {
    expect(sight.beyond(position)).toBe(expected);
  });
});

describe('[TK4] the token names a commit that is not older than all that was shown', () => {
  const head = (modSeq: number) => ({ kind: 'head', modSeq, nonce: `h${modSeq}` });

  test.each<[string, Position, number]>([
    ['the position tells of all', at(5), 5],
    ['what it named is told by now', at(5, { seen: { modSeq: 5, nonce: 'x' } }), 0],
  ])('none where %s, and reads nothing', async (_, position, latest) => {
    const { core, reads } = aCore(HEAD_KEY, head(9));
    expect(await seenBeyond(core, BOX, position, sightOf(latest))).toBeUndefined();
    expect(reads()).toBe(0);
  });

  test.each([6, 7])(
    'the one that it named already, as long as nothing later than that was shown (%i)',
    async (latest) => {
      const seen = { modSeq: 7, nonce: 'x' };
      const { core, reads } = aCore(HEAD_KEY, head(9));
      expect(await seenBeyond(core, BOX, at(5, { seen }), sightOf(latest))).toEqual(seen);
      expect(reads()).toBe(0);
    },
  );

  test.each([8, 9])('the head, where later was shown (%i), without waiting', async (latest) => {
    const { core, slept } = aCore(HEAD_KEY, head(9));
    const position = at(5, { seen: { modSeq: 7, nonce: 'x' } });
    expect(await seenBeyond(core, BOX, position, sightOf(latest))).toEqual({ modSeq: 9, nonce: 'h9' });
    expect(slept).toEqual([]);
  });

  test('the head as soon as it can be seen', async () => {
    const { core, slept } = aCore(HEAD_KEY, head(7), undefined, head(8));
    expect(await seenBeyond(core, BOX, at(5), sightOf(8))).toEqual({ modSeq: 8, nonce: 'h8' });
    expect(slept).toEqual([50, 100]);
  });

  test('none while that commit cannot be seen: busy', async () => {
    const { core, slept } = aCore(HEAD_KEY, head(7));
    await expect(seenBeyond(core, BOX, at(5), sightOf(8))).rejects.toMatchObject({
      kind: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect(slept).toEqual(WAITS_MS);
  });
});

describe('[TK4] what the token names is of the past of this box', () => {
  const seen = { modSeq: 8, nonce: 'n8' };
  const commit = (nonce: string) => ({ kind: 'commit', modSeq: 8, nonce }) as Commit;
  const isIt = (core: Core, position = at(5, { seen }), ...commits: readonly Commit[]) =>
    isOfThisTimeline(core, BOX, position, commits);

  test.each<[string, Position]>([
    ['it names nothing', at(5)],
    ['its position is there', at(8, { seen })],
    ['its position is beyond', at(9, { seen })],
  ])('where %s: that is no read', async (_, position) => {
    const { core, reads } = aCore(commitKey(8), commit('other'));
    expect(await isIt(core, position)).toBe(true);
    expect(reads()).toBe(0);
  });

  test.each([
    ['is', 'n8', true],
    ['is not', 'other', false],
  ])('as the commits that were read say: %s', async (_, nonce, expected) => {
    const { core, reads } = aCore(commitKey(8), commit('whatever'));
    const others = { kind: 'commit', modSeq: 7, nonce: 'n7' } as Commit;
    expect(await isIt(core, at(5, { seen }), others, commit(nonce))).toBe(expected);
    expect(reads()).toBe(0);
  });

  test.each<[string, (object | undefined)[], boolean, number[]]>([
    ['is', [commit('n8')], true, []],
    ['is not', [commit('other')], false, []],
    ['is, which shows later', [undefined, undefined, commit('n8')], true, [50, 100]],
    ['is not, which shows later', [undefined, commit('other')], false, [50]],
    ['cannot be seen: it is not', [undefined], false, WAITS_MS],
  ])('as the log says: it %s', async (_, shown, expected, waits) => {
    const { core, slept } = aCore(commitKey(8), ...shown);
    expect(await isIt(core)).toBe(expected);
    expect(slept).toEqual(waits);
  });
});
