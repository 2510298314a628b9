// Contents of a deleted container may expire before they are purged, and the tombstones of the purge expire too.
import { setImmediate } from 'node:timers/promises';
import { expireElements } from '../../../../core/lifecycle/expire.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import type { StoredMessage } from '../../../../core/model/items.js';
import type { Commit } from '../../../../core/model/log-entry.js';
import { TOMBSTONE_MS } from '../../../../core/model/timing.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, BOX, removal } from '../../../support/builders.js';
import { countedIn } from '../../../support/counted.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { passDays, removeExpired, retain } from '../../../support/time-to-live.js';

const M1 = 'E#c1#M#m1';
const C1 = 'H#c1#';

let store: MemoryStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new MemoryStore();
  box = new BoxUnderTest(store);
  await retain(box, 30);
});

const stored = (sk: string) => store.box(BOX).read(sk);
const newest = async () => (await box.commits(BOX)).at(-1) as Commit;
const expectCounted = async () => {
  await box.projected(BOX);
  expect((await box.head()).counts).toEqual(countedIn(store.all(BOX)));
};
/** c1 is deleted. @returns the order to purge it */
async function deleted(): Promise<PurgeMessage> {
  await box.given(removal('conversationHistory', 'c1'));
  await schedulePurge(box.core, BOX, await newest());
  const [order] = box.purges.splice(0);
  if (!order) throw new Error('nothing was ordered');
  return order;
}

test('a conversation history that is begun anew is not taken off the counts again where the tombstone of its purge has expired, and the purge is gone first', async () => {
  await box.given(aFolder('f1'), aConversation({ folderId: 'f1' }));
  await box.given(removal('folder', 'f1'));
  await box.emptied();
  await box.projected(BOX);
  await keepNewest(box.core, BOX);
  box.clock.nowMs += TOMBSTONE_MS;
  for (const { sk, kind } of store.all(BOX)) if (kind === 'purge') store.box(BOX).items.delete(sk);
  expect(stored(C1)).toMatchObject({ kind: 'tombstone', purged: { by: expect.any(String) } });
  await box.given(aConversation());
  expect((await box.head()).counts.conversationHistory).toBe(1);
  await expectCounted();
});

test('[RT4] what has expired is noted while what took its key is purged and not taken off yet: each counts once', async () => {
  await box.given(aMessage({ id: 'm1', flags: ['x'] }));
  passDays(box, 30);
  const expired = removeExpired(box);
  await box.given(aMessage({ id: 'm1', subject: 'the next' }));
  const order = await deleted();
  const { append } = store;
  store.append = async () => {
    throw new Error('the process ended');
  };
  await expect(purge(box.core, order)).rejects.toThrow('the process ended');
  store.append = append;
  expect(stored(M1)).toMatchObject({ kind: 'tombstone', purged: { elements: ['message'] } });
  await expireElements(box.core, BOX, expired);
  await purge(box.core, order);
  await expectCounted();
});

describe('[RT4] a purge leaves what has expired to the database', () => {
  beforeEach(() => box.given(aMessage({ id: 'm1', flags: ['x'] })));

  test('and its removal is noted', async () => {
    passDays(box, 30);
    await purge(box.core, await deleted());
    expect(stored(M1)).toMatchObject({ kind: 'message' });
    expect((await box.head()).counts.message).toBe(1);
    await expireElements(box.core, BOX, removeExpired(box));
    await expectCounted();
  });

  test('also where a late projection has put it back: it is taken off the counts once', async () => {
    passDays(box, 30);
    const expired = removeExpired(box);
    await projectEntries(box.core, BOX, [await newest()]);
    expect(stored(M1)).toMatchObject({ kind: 'message' });
    await purge(box.core, await deleted());
    await expireElements(box.core, BOX, expired);
    await expectCounted();
    await expireElements(box.core, BOX, removeExpired(box));
    await expectCounted();
  });
});

test('what was written to while it was purged is purged all the same', async () => {
  await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
  await box.projected(BOX);
  const order = await deleted();
  const { replace } = store;
  store.replace = async (of, items) => {
    store.replace = replace;
    const m1 = stored(M1) as StoredMessage;
    store.box(BOX).items.set(M1, { ...m1, stateVersion: m1.version + 0.5 }); // a late write of a state
    return replace.call(store, of, items);
  };
  await purge(box.core, order);
  expect(stored(M1)).toMatchObject({ kind: 'tombstone' });
  await expectCounted();
});

test('[RT4] what is dead is not brought back by the noting of what had its key before, while it is purged', async () => {
  await box.given(aMessage({ id: 'm1', flags: ['x'] }));
  passDays(box, 30);
  const expired = removeExpired(box);
  await box.given(aMessage({ id: 'm1', subject: 'the next' }));
  await box.projected(BOX);
  const order = await deleted();
  const { append } = store;
  let purging = Promise.resolve();
  let isNoted = () => {};
  const noted = new Promise<void>((settle) => {
    isNoted = settle;
  });
  store.append = async (of, entry) => {
    // The noting has read the next message. A purge replaces it without an entry, and takes it off the counts later.
    store.append = async (...purged) => {
      await noted;
      return append.apply(store, purged);
    };
    purging = purge(box.core, order);
    while (stored(M1)?.kind !== 'tombstone') await setImmediate();
    return append.call(store, of, entry);
  };
  await expireElements(box.core, BOX, expired);
  isNoted();
  await purging;
  await box.projected(BOX);
  expect(stored(M1)).toMatchObject({ kind: 'tombstone' });
  await expectCounted();
});
