import type { LocalStore } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import type { Change } from '../../../protocol/elements/element.js';
import { storePage } from './box-on.js';
import { aConversation, aFolder, aMessage, aPage, aRemoval, aSession, aState } from './builders.js';
import { confirmedIn, heldIn } from './held.js';

const outOfScope = { removed: 'outOfScope' };

/** Applies pages of one synchronization that has not ended. @returns the elements of the device. */
async function heldAfter(...pages: Change[][]): Promise<string[]> {
  const store = memoryStore();
  await applyOpen(store, ...pages);
  return heldIn(store);
}

/** Applies pages and ends the synchronization. @returns the elements of the device. */
async function heldAtTheEnd(...pages: Change[][]): Promise<string[]> {
  const store = memoryStore();
  await applyOpen(store, ...pages);
  await storePage(store, aPage([]));
  return heldIn(store);
}

async function applyOpen(store: LocalStore, ...pages: Change[][]): Promise<void> {
  for (const page of pages) await storePage(store, aPage(page, { hasMore: true }));
}

describe('elements', () => {
  test('are stored as sent', async () => {
    const store = memoryStore();
    const message = aMessage('m1', 'c1', 3, { textContent: 'Good morning' });
    await applyOpen(store, [message]);
    expect(await confirmedIn(store)).toEqual([message]);
  });

  test('[CL1] are applied in their order, and a newer one replaces the older', async () => {
    expect(await heldAfter([aFolder('f1', 2), aFolder('f1', 5)])).toEqual(['f:f1@5']);
  });

  test('[CL2] with an older modSeq than the held one are ignored', async () => {
    expect(await heldAfter([aState('m1', 'c1', 9)], [aState('m1', 'c1', 4, ['\\Flagged'])])).toEqual([
      'st:c1/m1@9',
    ]);
  });

  test('[CL2] that come twice change nothing the second time, and are not reported again', async () => {
    const store = memoryStore();
    const changes = [aConversation('c1', 1), aMessage('m1', 'c1', 2)];
    const first = await storePage(store, aPage(changes, { hasMore: true }));
    const second = await storePage(store, aPage(changes, { hasMore: true }));
    expect([first.received.length, second.received.length]).toEqual([2, 0]);
    expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m1@2']);
  });

  test('of one id in two conversations are two elements', async () => {
    expect(await heldAfter([aMessage('m1', 'c1', 2), aMessage('m1', 'c2', 3)])).toEqual([
      'm:c1/m1@2',
      'm:c2/m1@3',
    ]);
  });

  test('[CL4] may arrive before the container that they name', async () => {
    expect(
      await heldAfter([aMessage('m1', 'c1', 4)], [aState('m2', 'c1', 5)], [aConversation('c1', 1)]),
    ).toEqual(['c:c1@1', 'm:c1/m1@4', 'st:c1/m2@5']);
  });
});

describe('a removal', () => {
  test('[CL3] drops the element, and an older version that comes later is ignored', async () => {
    expect(
      await heldAfter(
        [aMessage('m1', 'c1', 2)],
        [aRemoval('message', 'm1', 8, { conversationId: 'c1' })],
        [aMessage('m1', 'c1', 5)],
      ),
    ).toEqual([]);
  });

  test('[CL3] of an unknown element is remembered too', async () => {
    expect(
      await heldAfter([aRemoval('message', 'm1', 8, { conversationId: 'c1' })], [aMessage('m1', 'c1', 5)]),
    ).toEqual([]);
  });

  test('that is older than the held element is ignored with everything it would cover', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 9), aMessage('m1', 'c1', 3)],
        [aRemoval('conversationHistory', 'c1', 7, outOfScope)],
      ),
    ).toEqual(['c:c1@9', 'm:c1/m1@3']);
  });

  test('[CL5] of a message drops its state, and an older state that comes later is ignored', async () => {
    expect(
      await heldAfter(
        [aMessage('m1', 'c1', 2), aMessage('m2', 'c1', 3), aState('m1', 'c1', 4), aState('m2', 'c1', 4)],
        [aRemoval('message', 'm1', 8, { conversationId: 'c1' })],
        [aState('m1', 'c1', 6)],
      ),
    ).toEqual(['m:c1/m2@3', 'st:c1/m2@4']);
  });

  test('[CL5] of a conversation history drops its sessions, messages and states, and no others', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 1), aConversation('c2', 1), aSession('s1', 'c1', 2)],
        [aMessage('m1', 'c1', 3), aMessage('m1', 'c2', 3), aState('m1', 'c1', 4)],
        [aRemoval('conversationHistory', 'c1', 8)],
      ),
    ).toEqual(['c:c2@1', 'm:c2/m1@3']);
  });

  test('[CL3] of a conversation history makes older contents that come later ignored', async () => {
    expect(
      await heldAfter(
        [aRemoval('conversationHistory', 'c1', 8)],
        [aSession('s1', 'c1', 2), aMessage('m1', 'c1', 3), aState('m1', 'c1', 7), aMessage('m1', 'c2', 3)],
      ),
    ).toEqual(['m:c2/m1@3']);
  });

  test('of a conversation history by deletion leaves newer contents, which belong to its next life', async () => {
    expect(
      await heldAfter(
        [aMessage('m1', 'c1', 3), aMessage('m9', 'c1', 9)],
        [aRemoval('conversationHistory', 'c1', 8)],
        [aConversation('c1', 9, { createdModSeq: 9 })],
      ),
    ).toEqual(['c:c1@9', 'm:c1/m9@9']);
  });

  test('[CL5] of a session history drops the messages with its sessionId and their states, and no others', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 1), aSession('s1', 'c1', 2), aSession('s2', 'c1', 2)],
        [
          aMessage('m1', 'c1', 3, { sessionId: 's1' }),
          aMessage('m2', 'c1', 3, { sessionId: 's2' }),
          aMessage('m3', 'c1', 3),
          aState('m1', 'c1', 4),
          aState('m3', 'c1', 4),
        ],
        [aRemoval('sessionHistory', 's1', 8, { conversationId: 'c1' })],
      ),
    ).toEqual(['c:c1@1', 'm:c1/m2@3', 'm:c1/m3@3', 's:c1/s2@2', 'st:c1/m3@4']);
  });

  test('of a session history leaves nothing of its older messages and their states, in whichever order they come', async () => {
    expect(
      await heldAtTheEnd(
        [aConversation('c1', 1), aState('m1', 'c1', 4), aMessage('m3', 'c1', 3, { sessionId: 's1' })],
        [aRemoval('sessionHistory', 's1', 8, { conversationId: 'c1' })],
        [aMessage('m1', 'c1', 3, { sessionId: 's1' }), aMessage('m2', 'c1', 3, { sessionId: 's1' })],
        [aState('m2', 'c1', 5), aState('m3', 'c1', 5)],
      ),
    ).toEqual(['c:c1@1']);
  });

  test('[CL5] of a folder drops its conversation histories and their contents, and no others', async () => {
    expect(
      await heldAfter(
        [
          aFolder('f1', 2),
          aFolder('f2', 2),
          aConversation('c1', 3, { folderId: 'f1' }),
          aConversation('c2', 3, { folderId: 'f2' }),
        ],
        [aMessage('m1', 'c1', 4), aState('m1', 'c1', 5), aMessage('m2', 'c2', 4)],
        [aRemoval('folder', 'f1', 8)],
      ),
    ).toEqual(['c:c2@3', 'f:f2@2', 'm:c2/m2@4']);
  });

  test('of a folder leaves conversation histories that moved out of it in the same response', async () => {
    expect(
      await heldAfter(
        [aFolder('f1', 2), aConversation('c1', 3, { folderId: 'f1' }), aMessage('m1', 'c1', 4)],
        [aConversation('c1', 7, { folderId: 'default' }), aRemoval('folder', 'f1', 8)],
      ),
    ).toEqual(['c:c1@7', 'm:c1/m1@4']);
  });

  test('of a folder leaves nothing of its older conversation histories and their contents, in whichever order they come', async () => {
    expect(
      await heldAtTheEnd(
        [aConversation('c2', 3, { folderId: 'f1' }), aMessage('m1', 'c1', 4)],
        [aRemoval('folder', 'f1', 8)],
        [aConversation('c1', 3, { folderId: 'f1' }), aMessage('m2', 'c1', 5), aMessage('m3', 'c2', 5)],
      ),
    ).toEqual([]);
  });

  test('[CL3] of a container is not remembered for its contents: they may come back in the same synchronization', async () => {
    expect(
      await heldAtTheEnd(
        [aFolder('f1', 2), aConversation('c1', 3, { folderId: 'f1' }), aMessage('m1', 'c1', 4)],
        [aRemoval('folder', 'f1', 8, outOfScope)],
        [aFolder('f1', 8), aConversation('c1', 3, { folderId: 'f1' }), aMessage('m1', 'c1', 4)],
      ),
    ).toEqual(['c:c1@3', 'f:f1@8', 'm:c1/m1@4']);
  });

  test('[CL5] drops an element that moved into its container before, wherever that is held', async () => {
    expect(
      await heldAtTheEnd(
        [aFolder('f1', 2), aConversation('c1', 3, { folderId: 'default' }), aMessage('m1', 'c1', 4)],
        [aRemoval('folder', 'f1', 8)],
        [aConversation('c1', 7, { folderId: 'f1' })],
      ),
    ).toEqual([]);
  });

  test('[CL3] is forgotten when the synchronization ends', async () => {
    const store = memoryStore();
    await storePage(
      store,
      aPage([aConversation('c1', 1), aRemoval('message', 'm1', 8, { conversationId: 'c1' })]),
    );
    await storePage(store, aPage([aMessage('m1', 'c1', 5)]));
    expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m1@5']);
  });
});

describe('outOfScope', () => {
  test('drops a conversation history with all its contents, whenever they changed', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 3), aMessage('m1', 'c1', 4), aState('m1', 'c1', 40)],
        [aRemoval('conversationHistory', 'c1', 3, outOfScope)],
      ),
    ).toEqual([]);
  });

  test('ends when the conversation history returns, with its older contents', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 3), aMessage('m1', 'c1', 4)],
        [aRemoval('conversationHistory', 'c1', 20, outOfScope)],
        [aConversation('c1', 22), aMessage('m1', 'c1', 4), aState('m1', 'c1', 5)],
      ),
    ).toEqual(['c:c1@22', 'm:c1/m1@4', 'st:c1/m1@5']);
  });

  test('[CL3] without a change of the element ends with the same modSeq', async () => {
    expect(
      await heldAfter([aRemoval('conversationHistory', 'c1', 3, outOfScope)], [aConversation('c1', 3)]),
    ).toEqual(['c:c1@3']);
  });
});

describe('a conversation history created again', () => {
  test('[CL6] drops held contents of its earlier life and keeps those of the new one', async () => {
    expect(
      await heldAfter(
        [aConversation('c1', 3), aSession('s1', 'c1', 4), aMessage('m1', 'c1', 5), aState('m1', 'c1', 6)],
        [aConversation('c1', 20, { createdModSeq: 20 }), aMessage('m2', 'c1', 20)],
      ),
    ).toEqual(['c:c1@20', 'm:c1/m2@20']);
  });

  test('[CL6] drops them too when it was changed since, and keeps all from createdModSeq on', async () => {
    expect(
      await heldAfter(
        [aMessage('m1', 'c1', 19), aMessage('m2', 'c1', 20), aMessage('m3', 'c1', 23)],
        [aConversation('c1', 25, { createdModSeq: 20 })],
      ),
    ).toEqual(['c:c1@25', 'm:c1/m2@20', 'm:c1/m3@23']);
  });

  test('makes contents of its earlier life that come later ignored', async () => {
    expect(
      await heldAfter([aConversation('c1', 20, { createdModSeq: 20 })], [aMessage('m1', 'c1', 5)]),
    ).toEqual(['c:c1@20']);
  });

  test('reports the dropped elements as deleted', async () => {
    const store = memoryStore();
    await applyOpen(store, [aConversation('c1', 3), aMessage('m1', 'c1', 5)]);
    const { dropped } = await storePage(store, aPage([aConversation('c1', 20, { createdModSeq: 20 })]));
    expect(dropped).toEqual([
      {
        cause: { type: 'conversationHistory', id: 'c1', modSeq: 20, removed: 'deleted' },
        elements: [aMessage('m1', 'c1', 5)],
      },
    ]);
  });
});
