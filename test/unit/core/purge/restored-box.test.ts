// Orders to empty a container outlive the box they were made for: it may be restored while they are on their way.

import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  modification,
  removal,
} from '../../../support/builders.js';
import { WatchedStore } from '../../../support/watched-store.js';

let store: WatchedStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  await box.given(aFolder('f1'), aConversation({ id: 'c1', folderId: 'f1' }), aConversation({ id: 'c2' }));
  await box.given(aSession({ id: 's1', conversationId: 'c2' }));
  await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2', conversationId: 'c2', sessionId: 's1' }));
  box.settle();
});

const CONTAINERS = [
  ['a folder', () => removal('folder', 'f1')],
  ['a session history', () => removal('sessionHistory', 's1', { conversationId: 'c2' })],
] as const;

/** Carries out the orders that there are; gives back those that follow. */
async function work(): Promise<readonly PurgeMessage[]> {
  for (const order of box.purges.splice(0)) await purge(box.core, order);
  return box.purges;
}
const orderAll = async () => {
  for (const commit of await box.commits(BOX)) await schedulePurge(box.core, BOX, commit);
};

test.each(CONTAINERS)('%s that is full again is emptied before it is forgotten', async (_, removed) => {
  await box.given(removed());
  const restore = store.backup(BOX);
  const before = await box.contents();
  await orderAll();
  await work();
  restore();
  for (let rounds = 0; box.purges.length > 0; rounds++) {
    expect(rounds).toBeLessThan(10);
    await work();
  }
  expect(await box.contents()).toEqual(before);
  const { counts } = await box.head();
  expect(counts.message).toBe(1);
});

test.each(CONTAINERS)(
  '%s that was not deleted then is left alone, and nothing is ordered again',
  async (_, removed) => {
    const restore = store.backup(BOX);
    const before = await box.contents();
    await box.given(removed());
    await orderAll();
    await work();
    restore();
    await work();
    expect(await work()).toEqual([]);
    expect(await box.contents()).toEqual(before);
  },
);

test('a message that the restore left ahead of the log is cleared away, though its number is not lower than that of the new life', async () => {
  const M1 = 'E#c1#M#m1';
  await box.projected(BOX);
  const restore = store.backup(BOX);
  await box.given(modification('message', 'm1', { subject: 'undone' }));
  await box.projected(BOX);
  const ahead = store.box(BOX).read(M1) as StoredItem;
  restore();
  store.box(BOX).put(ahead);
  Object.assign(box.core, { timeline: 1 });
  await box.given(removal('conversationHistory', 'c1'), aConversation({ id: 'c1' }));
  expect(ahead).toMatchObject({ modSeq: (await box.head()).modSeq });
  await orderAll();
  await work();
  expect(store.box(BOX).read(M1)).toMatchObject({ kind: 'tombstone' });
  expect((await box.head()).counts.message).toBe(1); // m2
});
