import type { LocalStore } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { boxOn, storePage } from './box-on.js';
import { aConversation, aMessage, aPage, aRemoval, aState } from './builders.js';
import { confirmedIn, heldIn } from './held.js';

const tokenIn = async (store: LocalStore) => (await boxOn(store).state()).syncToken;

async function storeWithThreeMessages(): Promise<LocalStore> {
  const store = memoryStore();
  await storePage(
    store,
    aPage([
      aConversation('c1', 50),
      aMessage('m1', 'c1', 51),
      aMessage('m2', 'c1', 52),
      aMessage('m3', 'c1', 53),
    ]),
  );
  return store;
}

test('[CL1] a page and its token are stored together, and neither when the store fails in between', async () => {
  const store = await storeWithThreeMessages();
  const before = [await heldIn(store), await tokenIn(store)];
  let writes = 0;
  const torn: LocalStore = {
    close: async () => {},
    transaction: (mode, work) =>
      store.transaction(mode, (tx) =>
        work({
          get: (key) => tx.get(key),
          scan: (range) => tx.scan(range),
          delete: (key) => tx.delete(key),
          clear: () => tx.clear(),
          put: (key, value) => (++writes === 4 ? Promise.reject(new Error('disk full')) : tx.put(key, value)),
        }),
      ),
  };
  const page = aPage([
    aConversation('c1', 60, { createdModSeq: 60 }),
    aMessage('m4', 'c1', 61),
    aRemoval('message', 'm3', 62, { conversationId: 'c1' }),
  ]);
  await expect(storePage(torn, page)).rejects.toThrow('disk full');
  expect([await heldIn(store), await tokenIn(store)]).toEqual(before);

  await storePage(store, page);
  expect(await heldIn(store)).toEqual(['c:c1@60', 'm:c1/m4@61']);
  expect(await tokenIn(store)).toBe(page.syncToken);
});

describe('a reset', () => {
  test('[CL7] keeps all elements until the synchronization ends, and then drops those not sent again', async () => {
    const store = await storeWithThreeMessages();
    await storePage(store, aPage([aConversation('c1', 50)], { reset: true, hasMore: true }));
    expect(await heldIn(store)).toEqual(['c:c1@50', 'm:c1/m1@51', 'm:c1/m2@52', 'm:c1/m3@53']);
    await storePage(store, aPage([aMessage('m2', 'c1', 52)], { hasMore: true }));
    const { dropped } = await storePage(store, aPage([aMessage('m9', 'c1', 54)]));
    expect(await heldIn(store)).toEqual(['c:c1@50', 'm:c1/m2@52', 'm:c1/m9@54']);
    expect(dropped).toEqual([
      { cause: 'reset', elements: [aMessage('m1', 'c1', 51), aMessage('m3', 'c1', 53)] },
    ]);
  });

  test('[CL7] accepts lower modSeqs than before, since the box may be on another timeline', async () => {
    const store = await storeWithThreeMessages();
    await storePage(
      store,
      aPage([aConversation('c1', 7), aMessage('m1', 'c1', 8, { textContent: 'restored' })], { reset: true }),
    );
    expect(await heldIn(store)).toEqual(['c:c1@7', 'm:c1/m1@8']);
  });

  test('during another one drops elements that only the first one sent', async () => {
    const store = await storeWithThreeMessages();
    const conversation = aConversation('c1', 50);
    await storePage(store, aPage([conversation, aMessage('m1', 'c1', 51)], { reset: true, hasMore: true }));
    await storePage(store, aPage([conversation, aMessage('m2', 'c1', 52)], { reset: true }));
    expect(await heldIn(store)).toEqual(['c:c1@50', 'm:c1/m2@52']);
  });

  test('keeps a message that is young now, though its earlier date was too old for the new scope', async () => {
    const store = memoryStore();
    const scope = {
      elementTypes: ['conversationHistory' as const, 'message' as const],
      folders: '*' as const,
      excludeConversations: [],
      maxMessageAgeDays: { 'chat-message': 30 },
      serverInitiated: true,
      pushWindowMs: 1000,
    };
    const conversation = aConversation('c1', 2);
    const old = aMessage('m1', 'c1', 3, { date: '2025-12-31T10:00:00Z' });
    await storePage(store, aPage([conversation, old]));
    const young = aMessage('m1', 'c1', 3, { date: '2026-02-28T10:00:00Z' });
    await storePage(store, aPage([conversation, young], { reset: true, effective: scope }));
    expect(await confirmedIn(store)).toEqual([conversation, young]);
  });

  test('drops the contents of a conversation history that was not sent again', async () => {
    const store = await storeWithThreeMessages();
    await storePage(store, aPage([aMessage('m2', 'c1', 52)], { reset: true }));
    expect(await heldIn(store)).toEqual([]);
  });

  test('forgets removals of the time before it', async () => {
    const store = memoryStore();
    await storePage(store, aPage([aRemoval('conversationHistory', 'c1', 80)], { hasMore: true }));
    await storePage(store, aPage([aConversation('c1', 7), aMessage('m1', 'c1', 8)], { reset: true }));
    expect(await heldIn(store)).toEqual(['c:c1@7', 'm:c1/m1@8']);
  });

  test('drops an element at once when a removal names it, from before the reset or not', async () => {
    const store = await storeWithThreeMessages();
    await storePage(
      store,
      aPage([aConversation('c2', 5), aRemoval('conversationHistory', 'c1', 9)], {
        reset: true,
        hasMore: true,
      }),
    );
    expect(await heldIn(store)).toEqual(['c:c2@5']);
  });

  test('is followed by synchronizations that drop nothing', async () => {
    const store = await storeWithThreeMessages();
    await storePage(store, aPage([aConversation('c1', 50), aMessage('m1', 'c1', 51)], { reset: true }));
    await storePage(store, aPage([aState('m1', 'c1', 55)]));
    expect(await heldIn(store)).toEqual(['c:c1@50', 'm:c1/m1@51', 'st:c1/m1@55']);
  });
});
