import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import type { Core } from '../../../../core/ports/core.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, aSession, BOX, removal } from '../../../support/builders.js';
import { countedIn } from '../../../support/counted.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Ends the process at its n-th call to the outside: `before` the call has happened, or `after` it. */
class Stopping {
  calls = 0;
  constructor(
    private readonly at: number,
    private readonly when: 'before' | 'after',
  ) {}

  guarded<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (on, name) => {
        const member = Reflect.get(on, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const isStopped = ++this.calls >= this.at;
          if (isStopped && (this.when === 'before' || this.calls > this.at)) throw new Error('it ended');
          const result = await member.apply(on, args);
          if (isStopped) throw new Error('it ended');
          return result;
        };
      },
    });
  }

  on(core: Core): Core {
    return { ...core, store: this.guarded(core.store), purgeQueue: this.guarded(core.purgeQueue) };
  }
}

/** A box whose folder f1, with two conversation histories, was deleted. */
async function deletedFolder() {
  const store = new MemoryStore();
  const box = new BoxUnderTest(store);
  await box.given(aFolder('f1'), aMessage({ id: 'other', conversationId: 'c3' }));
  for (const conversationId of ['c1', 'c2']) {
    await box.given(
      aConversation({ id: conversationId, folderId: 'f1' }),
      aSession({ conversationId }),
      aMessage({ conversationId, flags: ['x'], sessionId: 's1' }),
      aMessage({ conversationId, textContent: 'x'.repeat(30_000) }),
    );
  }
  await box.given(removal('folder', 'f1'));
  for (const commit of await box.commits(BOX)) await schedulePurge(box.core, BOX, commit);
  return { box, store };
}

/** Delivers purges until none is left. A message whose purge ended in the middle comes again, in a new process. */
async function delivered(box: BoxUnderTest, queue: PurgeMessage[], core: Core): Promise<void> {
  let process = core;
  for (let next = queue.shift(); next; next = queue.shift()) {
    const message = next;
    await purge(process, message).catch(() => {
      process = box.core;
      queue.push(message);
    });
  }
}

const KINDS = ['conversationHistory', 'sessionHistory', 'message'];

/** An element, or the text of a message. A body that was dropped stays as an empty item. */
const isContent = (item: StoredItem): boolean =>
  KINDS.includes(item.kind) || (item.kind === 'body' && 'data' in item && item.data !== undefined);

test.each(['before', 'after'] as const)(
  'a purge of a folder that ends %s any call removes everything when its message comes again, and counts end at 0',
  async (when) => {
    let stops = 0;
    for (let at = 1; ; at++) {
      const { box, store } = await deletedFolder();
      const stopping = new Stopping(at, when);
      await delivered(box, box.purges, stopping.on(box.core));
      await box.projected(BOX);
      const { counts, pendingPurges } = await box.head();
      const left = store
        .all(BOX)
        .filter((item) => isContent(item) && !/#c3#/.test(item.sk))
        .map(({ sk }) => sk);
      expect({ at, left }).toEqual({ at, left: [] });
      expect({ at, pendingPurges }).toEqual({ at, pendingPurges: undefined });
      expect(counts).toEqual(countedIn(store.all(BOX)));
      expect(counts).toMatchObject({ folder: 2, conversationHistory: 1, sessionHistory: 0, message: 1 });
      expect(counts.messageState).toBe(0);
      if (stopping.calls < at) break; // it came to its end
      stops++;
    }
    expect(stops).toBeGreaterThan(20);
  },
);

test('when a whole box is purged, its counts end at those of a new box', async () => {
  const { box } = await deletedFolder();
  await box.given(removal('conversationHistory', 'c3'));
  for (const commit of (await box.commits(BOX)).slice(-1)) await schedulePurge(box.core, BOX, commit);
  await delivered(box, box.purges, box.core);
  const { counts } = await box.head();
  const fresh = new BoxUnderTest();
  await fresh.device(BOX, 'phone');
  expect(counts).toEqual((await fresh.head()).counts);
});
