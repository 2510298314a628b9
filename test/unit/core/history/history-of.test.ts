import { historyOf } from '../../../../core/history/history-of.js';
import type { BoxId } from '../../../../core/store/items.js';
import type { Range } from '../../../../core/store/store.js';
import { historyQuerySchema } from '../../../../protocol/history-query.js';
import type { ConversationId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, deletion } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

const DEAD = 3000;
const ITEMS_PER_READ_MAX = 1000;

/** A store that notes how many items each query asks for. */
class WatchedStore extends MemoryStore {
  asked: number[] = [];

  override async query(box: BoxId, range: Range) {
    this.asked.push(range.limit);
    return super.query(box, range);
  }
}

const store = new WatchedStore();
const box = new BoxUnderTest(store);
const id = (i: number) => `m${String(i).padStart(4, '0')}`;

/** The ids of a page, with `next`, and how many items each of its queries asked for. */
async function page(limit: number, before?: string) {
  store.asked = [];
  const query = historyQuerySchema.parse({
    deviceId: 'phone',
    limit: String(limit),
    ...(before && { before }),
  });
  const { elements, next } = await historyOf(box.core, BOX, 'c1' as ConversationId, query);
  return { ids: elements.map((element) => element.id), next, asked: store.asked };
}

describe('history on demand of a conversation history with 3,000 deleted messages between living ones', () => {
  beforeAll(async () => {
    await box.device(BOX, 'phone');
    await box.given(...[0, 1, 2].map((i) => aMessage({ id: id(i) })), aMessage({ id: id(DEAD + 3) }));
    for (let i = 3; i < DEAD + 3; i += 25) {
      const ids = Array.from({ length: 25 }, (_, j) => id(i + j));
      await box.given(...ids.flatMap((each) => [aMessage({ id: each }), deletion(each)]));
    }
  });

  test('[HI1] gives what lives, newest first, however much that is dead lies between', async () => {
    expect(await page(200)).toMatchObject({ ids: [id(DEAD + 3), id(2), id(1), id(0)], next: undefined });
    expect(await page(2)).toMatchObject({ ids: [id(DEAD + 3), id(2)], next: id(2) });
    expect(await page(2, id(2))).toMatchObject({ ids: [id(1), id(0)], next: undefined });
  });

  test('passes over the dead in steps that double up to 1,000, so that a small page takes few readings', async () => {
    const { ids, next, asked } = await page(1, id(DEAD + 3));
    expect([ids, next]).toEqual([[id(2)], id(2)]);
    expect(asked.length).toBeLessThan(15); // ten that double, and three of the largest
    expect(Math.max(...asked)).toBe(ITEMS_PER_READ_MAX);
    for (const [i, step] of asked.slice(1).entries()) expect(step).toBeLessThanOrEqual(2 * (asked[i] ?? 0));
  });

  test('reads hardly more than the page where nothing is dead', async () => {
    expect((await page(2, id(2))).asked).toEqual([4]);
    expect((await page(1, id(2))).asked).toEqual([3]);
  });
});
