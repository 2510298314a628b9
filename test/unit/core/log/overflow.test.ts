import { overflowOf, packed, unpacked, withEffects } from '../../../../core/log/overflow.js';
import { overflowKey } from '../../../../core/model/keys.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';
import type { MemoryStore } from '../../../support/memory-store.js';
import { aMessageEffect, anEntry, messageContent } from './log-entry.js';

const sized = (id: string, bytes: number) => ({
  sk: `E#c1#M#${id}`,
  content: messageContent(id, 1, 'x'.repeat(bytes)),
});
const bytesOf = (value: object) => JSON.stringify(value).length;

describe('effects of an entry', () => {
  test('stand in it up to 6,000 bytes', () => {
    const room = 6000 - bytesOf([sized('a', 0)]);
    expect(overflowOf(anEntry(1001, [sized('a', room)]))).toEqual([]);
    expect(overflowOf(anEntry(1001, [sized('a', room + 1)]))).toHaveLength(1);
  });

  test('stand aside in parts that an item of the database holds, each effect once and in order', () => {
    const effects = Array.from({ length: 40 }, (_, i) => sized(`m${i}`, 40_000));
    const parts = overflowOf(anEntry(1001, effects, { expiresAtMs: 5 }));
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) expect(bytesOf(part.effects)).toBeLessThan(310_000);
    expect(parts.flatMap((part) => part.effects)).toEqual(effects);
    expect(parts.map(({ sk }) => sk)).toEqual(parts.map((_, i) => overflowKey('nonce 1001', i)));
    for (const { version } of parts) expect(version).toBe(1001);
  });

  test('are kept aside longer than the entry', () => {
    const [part] = overflowOf(anEntry(1001, [sized('a', 9000)], { expiresAtMs: 5 }));
    expect(part?.expiresAtMs).toBeGreaterThan(5);
  });
});

describe('an entry as it is stored', () => {
  const row = {
    type: 'message',
    id: 'a',
    conversationId: 'c1',
    element: { type: 'message', id: 'a' },
  } as never;

  test('holds each element once, and gives rows their elements back', () => {
    const entry = anEntry(1001, [aMessageEffect('a')], { rows: [row] });
    expect(packed(entry).rows).toEqual([{ type: 'message', id: 'a', conversationId: 'c1' }]);
    expect(packed(entry).effects).toEqual(entry.effects);
    expect(unpacked(packed(entry)).rows[0]?.element).toMatchObject({
      type: 'message',
      id: 'a',
      textContent: 'a',
      modSeq: 1,
    });
  });

  test('holds no effects where these stand aside', () => {
    const entry = anEntry(1001, [sized('a', 9000)], { rows: [row], overflow: 1 });
    expect(packed(entry).effects).toEqual([]);
    expect(unpacked(packed(entry), entry.effects)).toMatchObject({
      effects: entry.effects,
      rows: [{ element: { id: 'a' } }],
    });
  });

  test('has no element for what was removed', () => {
    const removed = { type: 'message', id: 'a', conversationId: 'c1', removed: 'deleted' } as never;
    expect(unpacked(anEntry(1001, [aMessageEffect('a')], { rows: [removed] })).rows).toEqual([removed]);
  });
});

describe('a large commit', () => {
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000).slice(0, 50_000));
  let box: BoxUnderTest;
  beforeEach(async () => {
    box = new BoxUnderTest();
    await box.given(
      ...texts.map((textContent, i) => aMessage({ id: `m${String(i).padStart(2, '0')}`, textContent })),
    );
  });
  const newest = async () =>
    (await box.store.query(BOX, { from: 'L#', to: 'L$', limit: 99 })).items.at(-1) as never;
  const textsIn = (elements: readonly object[]) =>
    elements.flatMap((element) => ('textContent' in element ? [element.textContent] : []));

  test('comes back whole: from the log, from the log over the view, and from the view', async () => {
    const [entry] = await withEffects(box.core, BOX, [await newest()]);
    expect(textsIn(entry?.rows.flatMap(({ element }) => element ?? []) ?? [])).toEqual(texts);
    expect(textsIn(await box.contents()).sort()).toEqual(texts.toSorted());
    await box.projected(BOX);
    expect(textsIn(await box.contents()).sort()).toEqual(texts.toSorted());
  });

  test('[SY12] is told to a device that had synchronized before it', async () => {
    const phone = await box.device(BOX, 'phone');
    const { syncToken = '' } = await box.syncAll(phone);
    const text = 'y'.repeat(50_000);
    await box.given(aMessage({ id: 'x1', textContent: text }), aMessage({ id: 'x2', textContent: text }));
    expect(textsIn((await box.syncAll(phone, { syncToken })).changes)).toEqual([text, text]);
  });

  test('is no entry without changes where these are not there: that is told, and nothing is skipped', async () => {
    const memory = (box.store as MemoryStore).box(BOX);
    for (const sk of memory.keys) if (sk.startsWith('O#')) memory.items.delete(sk);
    await expect(withEffects(box.core, BOX, [await newest()])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(box.deposit(BOX, aMessage())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(
      (await (box.store as MemoryStore).query(BOX, { from: 'L#', to: 'L$', limit: 99 })).items.at(-1),
    ).toEqual(await newest());
  });
});

test('an entry whose effects are in hand is not read again', async () => {
  const box = new BoxUnderTest();
  const get = jest.spyOn(box.store, 'get');
  const entries = [anEntry(1001, [aMessageEffect('a')]), anEntry(1002, [sized('b', 9000)], { overflow: 1 })];
  expect(await withEffects(box.core, BOX, entries)).toEqual(entries);
  expect(get).not.toHaveBeenCalled();
});
