import { expireElements } from '../../../../core/lifecycle/expire.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import type { BoxId, Counts } from '../../../../core/model/items.js';
import { conversationKey, messageKey } from '../../../../core/model/keys.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { Core } from '../../../../core/ports/core.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { ConversationId, MessageId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { countedIn } from '../../../support/counted.js';
import { extent } from '../../../support/extent.js';
import { Actor, inManyOrders, interleave } from '../../../support/interleaving.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { passDays, removeExpired, retain } from '../../../support/time-to-live.js';

/** Counts its own items, whatever the head says; the process that writes can be stopped. */
class CountedStore extends MemoryStore {
  failAfter = Number.POSITIVE_INFINITY; // calls
  calls = 0;
  beforeAppend: (() => Promise<unknown>) | undefined;

  private call(): void {
    if (++this.calls > this.failAfter) throw new Error('the process ended');
  }

  override async append(of: BoxId, entry: LogEntry) {
    this.call();
    const { beforeAppend } = this;
    this.beforeAppend = undefined;
    await beforeAppend?.();
    return super.append(of, entry);
  }

  override async project(...args: Parameters<MemoryStore['project']>) {
    this.call();
    return super.project(...args);
  }

  override async replace(...args: Parameters<MemoryStore['replace']>) {
    this.call();
    return super.replace(...args);
  }

  override async remove(...args: Parameters<MemoryStore['remove']>) {
    this.call();
    return super.remove(...args);
  }

  counted(): Counts {
    return countedIn(this.all(BOX));
  }
}

const C1 = 'c1' as ConversationId;

let store: CountedStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new CountedStore();
  box = new BoxUnderTest(store);
  await box.given(aFolder('f1'));
});

/** The counts of the head are those of the items, once all entries are applied. */
const expectCounted = async (more: Partial<Counts> = {}) => {
  await box.projected(BOX);
  const counted = store.counted();
  expect((await box.head()).counts).toEqual(counted);
  expect(counted).toMatchObject(more);
};
const order = async () => {
  for (const commit of await box.commits(BOX)) await schedulePurge(box.core, BOX, commit);
};
const work = async () => {
  for (let message = box.purges.shift(); message; message = box.purges.shift())
    await purge(box.core, message);
};
/** A conversation history in f1 with so many messages, of which every second has a state. */
const fill = async (count: number, conversationId = 'c1') => {
  await box.given(aConversation({ id: conversationId, folderId: 'f1' }), aSession({ conversationId }));
  const all = Array.from({ length: count }, (_, i) =>
    aMessage({
      id: `m${String(i).padStart(4, '0')}`,
      conversationId,
      ...(i % 2 === 0 && { flags: ['x'] }),
      ...(i % 3 === 0 && { sessionId: 's1' }),
    }),
  );
  for (let i = 0; i < count; i += 50) await box.given(...all.slice(i, i + 50));
};
const inFolder = { folderId: 'f1' };

test('a deleted container is ordered to be emptied once nothing can be under way any more, others are not', async () => {
  const delays: number[] = [];
  box.core.purgeQueue.send = async (messages, delaySeconds) => {
    delays.push(...messages.map(() => delaySeconds));
    box.purges.push(...messages);
  };
  await fill(2);
  await box.given(removal('sessionHistory', 's1'), removal('message', 'm0001'));
  await box.given(removal('conversationHistory', 'c1'), removal('folder', 'f1'));
  await order();
  const { index, modSeq } = await box.head();
  expect(box.purges).toEqual([
    {
      box: BOX,
      index: index - 1,
      modSeq: modSeq - 1,
      container: { type: 'sessionHistory', id: 's1', conversationId: 'c1' },
    },
    { box: BOX, index, modSeq, container: { type: 'folder', id: 'f1' } },
    { box: BOX, index, modSeq, container: { type: 'conversationHistory', id: 'c1' } },
  ]);
  expect(delays).toEqual([90, 90, 90]);
});

test.each([0, 1, 198, 199, 200, 201, 400])(
  'a conversation history of %i messages is emptied, and the counts are right',
  async (count) => {
    await fill(count);
    await box.given(aMessage({ id: 'other', conversationId: 'c2' }));
    await box.given(removal('conversationHistory', 'c1'));
    await order();
    await work();
    await expectCounted({
      conversationHistory: 1,
      sessionHistory: 0,
      message: 1,
      messageState: 0,
    });
  },
);

test('[OP4] what was in it leaves tombstones that answer gone', async () => {
  await fill(3);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  await work();
  expect(await box.item(messageKey(C1, 'm0000' as MessageId))).toMatchObject({
    kind: 'tombstone',
    of: 'message',
  });
  await box.given(aConversation());
  expect(await box.statuses(aMessage({ id: 'm0000' }), aSession())).toEqual(['gone', 'gone']);
});

test('a folder is emptied of its conversation histories, these of their contents, and its note goes last', async () => {
  await fill(30);
  await fill(5, 'c2');
  await box.given(aMessage({ id: 'other', conversationId: 'c3' }));
  await box.given(removal('folder', 'f1'));
  const { modSeq, index } = await box.head();
  expect((await box.head()).pendingPurges).toEqual([{ id: 'f1', modSeq, index }]);
  await order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect((await box.head()).pendingPurges).toHaveLength(1);
  await work();
  expect((await box.head()).pendingPurges).toBeUndefined();
  await expectCounted({
    folder: 2,
    conversationHistory: 1,
    sessionHistory: 0,
    message: 1,
    messageState: 0,
  });
  expect(await box.names('message')).toEqual(['other']);
});

test('a session history is emptied of its messages alone, and its note goes', async () => {
  await fill(90);
  await box.given(removal('sessionHistory', 's1'));
  expect(await box.item(conversationKey(C1))).toMatchObject({ pendingPurges: [{ id: 's1' }] });
  await order();
  await work();
  expect(await box.item(conversationKey(C1))).not.toHaveProperty('pendingPurges');
  await expectCounted();
  expect(store.counted().message).toBe(60);
  expect(
    await box.statuses(aMessage({ id: 'm0000' }), modification('message', 'm0003', { subject: 'x' })),
  ).toEqual(['gone', 'gone']);
  await box.given(modification('message', 'm0001', { subject: 'x' }));
});

test('the note stays 90 s after the container is empty, for readers who saw it before', async () => {
  await fill(1);
  await box.given(removal('folder', 'f1'));
  await order();
  const delays: number[] = [];
  box.core.purgeQueue.send = async (messages, delaySeconds) => {
    delays.push(...messages.filter(({ isEmpty }) => isEmpty).map(() => delaySeconds));
  };
  await work();
  expect(delays).toEqual([90]);
  expect((await box.head()).pendingPurges).toHaveLength(1);
});

test('stopped before any of its writes and begun again it comes to the same end', async () => {
  let stops = 0;
  for (let call = 1; ; call++) {
    store = new CountedStore();
    box = new BoxUnderTest(store);
    await box.given(aFolder('f1'));
    await fill(230);
    await fill(3, 'c2');
    await box.given(removal('sessionHistory', 's1', { conversationId: 'c2' }));
    await box.given(removal('folder', 'f1'));
    await order();
    store.failAfter = store.calls + call - 1;
    for (let message = box.purges.shift(); message; message = box.purges.shift()) {
      const pending = message;
      await purge(box.core, message).catch(() => {
        store.failAfter = Number.POSITIVE_INFINITY;
        box.purges.push(pending);
      });
    }
    const isStopped = store.failAfter === Number.POSITIVE_INFINITY;
    store.failAfter = Number.POSITIVE_INFINITY;
    await expectCounted({
      folder: 2,
      conversationHistory: 0,
      sessionHistory: 0,
      message: 0,
      messageState: 0,
    });
    expect((await box.head()).pendingPurges).toBeUndefined();
    if (!isStopped) break;
    stops++;
  }
  expect(stops).toBeGreaterThan(12);
});

/** Purges until it is done: a message whose purge was disturbed comes again. */
const purging = (name: string, message: PurgeMessage) =>
  new Actor(name, box.core, async (core) => {
    for (let times = 0; times < 20; times++) {
      const failed = await purge(core, message).catch((error: unknown) => error);
      if (failed === undefined) return;
      if (!/others purge the same|busy/.test(String(failed))) throw failed;
    }
    throw new Error('it never ended');
  });

const MEANWHILE: Record<string, (core: Core) => Promise<unknown>> = {
  'nothing else happens': async () => {},
  'others write to the box': (core) => deposit(core, BOX, [aMessage({ id: 'x', conversationId: 'other' })]),
  'it begins anew': (core) => deposit(core, BOX, [aMessage({ id: 'new', flags: ['y'] })]),
  'it begins anew and is deleted again': async (core) => {
    await deposit(core, BOX, [aMessage({ id: 'new', flags: ['y'] })]);
    await deposit(core, BOX, [removal('conversationHistory', 'c1')]);
  },
};

test.each(Object.entries(MEANWHILE))(
  'two purges of one container at once count each element once, while %s',
  async (_, meanwhile) => {
    await inManyOrders(
      async (choose) => {
        store = new CountedStore();
        box = new BoxUnderTest(store);
        await box.given(aFolder('f1'));
        await fill(4);
        await box.given(removal('conversationHistory', 'c1'));
        await order();
        const [message] = box.purges.splice(0) as [PurgeMessage];
        const actors = [
          purging('purge', message),
          purging('purge again', message),
          new Actor('meanwhile', box.core, meanwhile),
        ];
        await interleave(actors, choose);
        expect(actors.flatMap(({ error }) => error ?? [])).toEqual([]);
        await expectCounted();
        await order(); // of elements that were deleted meanwhile
        await work();
        await expectCounted({ sessionHistory: 0 });
        const names = await box.names('message');
        expect(names.filter((id) => id !== 'x' && id !== 'new')).toEqual([]);
      },
      { atMost: extent(10, 40) },
    );
  },
);

test('[RT4] an element that expires while it is purged is counted once', async () => {
  await inManyOrders(
    async (choose) => {
      store = new CountedStore();
      box = new BoxUnderTest(store);
      await box.given(aFolder('f1'));
      await retain(box, 30);
      await fill(4);
      passDays(box, 30);
      await box.given(removal('conversationHistory', 'c1'));
      await order();
      const [message] = box.purges.splice(0) as [PurgeMessage];
      const actors = [
        purging('purge', message),
        purging('purge again', message),
        new Actor('expiry', box.core, async (core, gate) => {
          await gate();
          const expired = removeExpired(box);
          await expireElements(core, BOX, expired);
          await expireElements(core, BOX, expired);
        }),
      ];
      await interleave(actors, choose);
      expect(actors.flatMap(({ error }) => error ?? [])).toEqual([]);
      await expectCounted({ message: 0, messageState: 0, sessionHistory: 0 });
    },
    { atMost: extent(15, 60) },
  );
});

test('ordered twice it does no harm', async () => {
  await fill(5);
  await box.given(removal('conversationHistory', 'c1'), removal('folder', 'f1'));
  await order();
  await order();
  await work();
  await expectCounted();
});

test('a large container goes through the queue again after 10 pieces', async () => {
  await fill(200 * 11);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect(box.purges).toEqual([{ ...first, after: expect.stringMatching(/^E#c1#/) }]);
  await work();
  await expectCounted();
  expect(store.counted().message).toBe(0);
});

describe('a conversation history created anew', () => {
  const anew = aMessage({ id: 'new', flags: ['y'] });

  test.each([
    ['after it was deleted', [removal('conversationHistory', 'c1')]],
    ['after its folder was deleted', [removal('folder', 'f1')]],
  ])('[CH4] %s keeps what it holds now, and loses what it held', async (_, deletions) => {
    await fill(100);
    await box.given(...deletions);
    await box.given(anew, modification('message', 'new', { subject: 'x' }));
    await order();
    await work();
    expect(await box.names('message')).toEqual(['new']);
    await expectCounted({
      conversationHistory: 1,
      sessionHistory: 0,
      message: 1,
      messageState: 1,
    });
  });

  test('in the request that deleted it is emptied of what it held', async () => {
    await fill(100);
    await box.given(removal('conversationHistory', 'c1'), anew);
    await order();
    await work();
    await expectCounted({ message: 1, messageState: 1 });
  });

  test('while it is being emptied is left alone', async () => {
    await fill(3);
    await box.given(removal('conversationHistory', 'c1'));
    await order();
    store.beforeAppend = () => box.given(anew);
    await work();
    expect(await box.names('message')).toEqual(['new']);
    await expectCounted();
  });
});

test('commits that are faster make it try again, and busy in the end, for the message to come again', async () => {
  await fill(1);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  const { append } = store;
  const appending: typeof append = async (of, entry) => {
    store.append = append;
    await box.given(aMessage({ conversationId: 'c2' }));
    store.append = appending;
    return append.call(store, of, entry);
  };
  store.append = appending;
  const [message] = box.purges;
  if (!message) throw new Error('nothing was ordered');
  await expect(purge(box.core, message)).rejects.toMatchObject({ kind: 'busy' });
  store.append = append;
  await work();
  expect(await box.names('message')).not.toContain('m0000');
  await expectCounted({ message: 24 });
});

test('a large message is removed with its content, which no late entry brings back, and counts with all of it', async () => {
  await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000), flags: ['x'] }));
  await box.projected(BOX);
  expect(store.all(BOX).map(({ kind }) => kind)).toContain('body');
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  await work();
  await expectCounted({ message: 0, messageState: 0 });
  expect(store.all(BOX).find(({ kind }) => kind === 'body')).not.toHaveProperty('data');
});

test('what was changed right before the deletion, and is in the log alone, is purged as it was left', async () => {
  await box.given(aMessage({ id: 'm1' }));
  await box.projected(BOX);
  await box.given(stateChange('m1', { addFlags: ['x', 'y'] }), aMessage({ id: 'm2', flags: ['z'] }));
  await box.given(modification('message', 'm2', { subject: 'longer than before' }));
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  await work();
  await expectCounted({ conversationHistory: 0, message: 0, messageState: 0 });
});

test('what was created anew in the request of the deletion, and changed in the log alone, counts as it was left', async () => {
  await box.given(aMessage({ id: 'm1' }));
  await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm2', flags: ['x'] }));
  await order();
  await box.projected(BOX);
  await box.given(stateChange('m2', { addFlags: ['y'] }));
  await box.given(removal('conversationHistory', 'c1'));
  await work();
  await box.emptied();
  await expectCounted({ conversationHistory: 0, message: 0, messageState: 0 });
});

test('an entry that is applied after the purge brings nothing back', async () => {
  await fill(4);
  await box.given(
    stateChange('m0000', { addFlags: ['late'] }),
    modification('message', 'm0001', { subject: 'late' }),
  );
  const late = await box.entries(BOX);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  await work();
  for (const entry of [...late, ...late.toReversed()]) await projectEntries(box.core, BOX, [entry]);
  await expectCounted({ message: 0, messageState: 0, sessionHistory: 0 });
  expect(store.all(BOX).filter(({ kind }) => kind === 'stateAlone')).toEqual([]);
});

test('of a box that was erased meanwhile nothing is written', async () => {
  await expect(
    purge(box.core, {
      box: 'tel:+1' as never,
      index: 3,
      modSeq: 2,
      container: { type: 'folder', id: 'f1' as never },
    }),
  ).resolves.toBeUndefined();
  expect(await box.store.query('tel:+1' as never, { from: 'A', to: 'Z', limit: 10 })).toMatchObject({
    items: [],
  });
});

test('the counts of the head are right whatever operations do', async () => {
  await box.given(
    aConversation(inFolder),
    aSession(),
    aMessage({ id: 'm1' }),
    aMessage({ id: 'm2', flags: ['x'] }),
  );
  await box.given(stateChange('m1', { addFlags: ['y'] }), removal('message', 'm2'));
  await box.given(
    aMessage({ id: 'm3', inReplyToMessageId: 'm1' }),
    aFolder('f2'),
    removal('sessionHistory', 's1'),
  );
  await box.given(
    stateChange('m1', { removeFlags: ['y'] }),
    aMessage({ id: 'm4', inReplyToMessageId: 'm3' }),
  );
  await expectCounted({
    folder: 4,
    conversationHistory: 1,
    sessionHistory: 0,
    message: 3,
    messageState: 2,
  });
});

test('an order of a past that the box has lost, or of an earlier life of it, clears nothing away', async () => {
  await box.given(aConversation(), aMessage({ id: 'm1', seed: false }));
  await box.given(removal('conversationHistory', 'c1'));
  const before = store.all(BOX);
  const { index, firstIndex, modSeq } = await box.head();
  for (const other of [index + 1, index + 1000, firstIndex - 1]) {
    await purge(box.core, {
      box: BOX,
      container: { type: 'conversationHistory', id: C1 },
      index: other,
      modSeq,
    });
  }
  expect(store.all(BOX)).toEqual(before);
});

test('an order of a lost past with the index of a later deletion leaves that deletion to its own order', async () => {
  await box.given(aMessage({ id: 'before' }));
  await box.given(aMessage({ id: 'm1' }), removal('conversationHistory', 'c1'));
  await order();
  const [own] = box.purges.splice(0);
  if (!own) throw new Error('nothing was ordered');
  await purge(box.core, { ...own, modSeq: own.modSeq - 1 });
  await purge(box.core, own);
  await expectCounted({ message: 0, messageState: 0 });
});
