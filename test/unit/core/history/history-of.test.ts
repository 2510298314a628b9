import type { BoxId } from '../../../../core/model/items.js';
import { CONTENTS } from '../../../../core/model/keys.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { Range } from '../../../../core/ports/store.js';
import { historyOf } from '../../../../core/read/history-of.js';
import { historyQuerySchema } from '../../../../protocol/history-query.js';
import type { ConversationId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  removal,
} from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

const DEAD = 3000;
const ITEMS_PER_READ_MAX = 1000;

/** A store that notes how many items each query for messages asks for. */
class WatchedStore extends MemoryStore {
  asked: number[] = [];

  override async query(box: BoxId, range: Range) {
    if (range.from.startsWith(CONTENTS)) this.asked.push(range.limit);
    return super.query(box, range);
  }
}

let store: WatchedStore;
let box: BoxUnderTest;
const id = (i: number) => `m${String(i).padStart(4, '0')}`;

const open = async (preferences: object = {}) => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  await box.device(BOX, 'phone', preferences);
};

/** The response for c1. */
const history = (more: object = {}, conversationId = 'c1') =>
  historyOf(
    box.core,
    BOX,
    conversationId as ConversationId,
    historyQuerySchema.parse({ deviceId: 'phone', ...more }),
  );
const idsOf = async (more: object = {}) => (await history(more)).elements.map(({ id }) => id as string);

/** The ids of a page, with `next`, and how many items each of its queries asked for. */
async function page(limit: number, before?: string) {
  store.asked = [];
  const { elements, next } = await history({ limit: String(limit), ...(before && { before }) });
  return { ids: elements.map((element) => element.id), next, asked: store.asked };
}

describe('history on demand of a conversation history with 3,000 deleted messages between living ones', () => {
  beforeAll(async () => {
    await open();
    await box.given(...[0, 1, 2].map((i) => aMessage({ id: id(i) })), aMessage({ id: id(DEAD + 3) }));
    for (let i = 3; i < DEAD + 3; i += 25) {
      const ids = Array.from({ length: 25 }, (_, j) => id(i + j));
      await box.given(...ids.flatMap((each) => [aMessage({ id: each }), deletion(each)]));
    }
  });

  test('[HI1] gives what lives while the log alone knows of it', async () => {
    expect(await page(200)).toMatchObject({ ids: [id(DEAD + 3), id(2), id(1), id(0)], next: undefined });
    expect(await page(2)).toMatchObject({ ids: [id(DEAD + 3), id(2)], next: id(2) });
    await box.projected(BOX);
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

describe('history on demand', () => {
  test('[HI1, HI2] gives whole texts, and messages that are older than the scope, each followed by its state', async () => {
    await open({ maxMessageAgeDays: 30, maxTextBytes: 3 });
    const old = { date: '2020-01-01T00:00:00Z' };
    await box.given(aMessage({ id: 'm1', ...old, flags: ['\\Seen'] }), aMessage({ id: 'm2' }));
    const { elements, next } = await history();
    expect(elements).toMatchObject([
      { type: 'message', id: 'm2', textContent: 'text of m2' },
      { type: 'message', id: 'm1', textContent: 'text of m1', ...old },
      { type: 'messageState', id: 'm1', flags: ['\\Seen'] },
    ]);
    expect(next).toBeUndefined();
  });

  test('goes without what a deleted session history held, and an earlier life of the conversation history', async () => {
    await open();
    await box.given(
      aConversation(),
      aSession(),
      aMessage({ id: 'm1' }),
      aMessage({ id: 'm2', sessionId: 's1' }),
    );
    await box.given(removal('sessionHistory', 's1'));
    expect(await idsOf()).toEqual(['m1']);
    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm3' }));
    expect(await idsOf()).toEqual(['m3']);
  });

  test('[HI3] of one that nobody has, that is excluded, outside of the folders, or deleted with its folder or by itself is not found, all alike', async () => {
    await open({ folders: ['f1'], excludeConversations: ['excluded'] });
    await box.given(
      ...['f1', 'f2'].map((folder) => aFolder(folder)),
      ...['c1', 'excluded', 'deleted'].map((each) => aConversation({ id: each, folderId: 'f1' })),
      aConversation({ id: 'outside', folderId: 'f2' }),
    );
    await box.given(removal('conversationHistory', 'deleted'));
    expect(await history()).toEqual({ elements: [] });
    const refused = async (conversationId: string) => {
      const problem = await history({}, conversationId).catch((error: unknown) => error);
      return problem instanceof SyncProblem ? [problem.kind, problem.details] : 'found';
    };
    const unknown = await refused('unknown');
    expect(unknown).toEqual(['not-found', expect.anything()]);
    for (const each of ['excluded', 'outside', 'deleted'])
      expect([each, await refused(each)]).toEqual([each, unknown]);
    await box.given(removal('folder', 'f1'));
    expect(await refused('c1')).toEqual(unknown);
  });

  test('[HI2] gives large messages whole, whether their content was applied to the view or not', async () => {
    await open();
    const text = 'x'.repeat(30_000);
    await box.given(aMessage({ id: 'm1', textContent: text, flags: ['\\Seen'] }), aMessage({ id: 'm2' }));
    const texts = async () =>
      (await history()).elements.map((element) => 'textContent' in element && element.textContent);
    expect(await texts()).toEqual(['text of m2', text, false]);
    await box.projected(BOX);
    expect(await texts()).toEqual(['text of m2', text, false]);
  });

  test('[AU5] for a device that is not registered is refused before anything is said of the conversation history', async () => {
    await open();
    await box.given(aConversation());
    for (const each of ['c1', 'unknown'])
      await expect(history({ deviceId: 'tablet' }, each)).rejects.toMatchObject({
        kind: 'device-not-registered',
      });
  });
});
