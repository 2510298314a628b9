import { expireElements } from '../../../../core/lifecycle/expire.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { conversationKey, messageKey } from '../../../../core/model/keys.js';
import type { Core } from '../../../../core/ports/core.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { ConversationId, MessageId } from '../../../../protocol/ids.js';
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
import { extent } from '../../../support/extent.js';
import { Actor, inManyOrders, interleave } from '../../../support/interleaving.js';
import { type CountedStore, PurgeRig } from '../../../support/purge-rig.js';
import { passDays, removeExpired, retain } from '../../../support/time-to-live.js';

const C1 = 'c1' as ConversationId;

let store: CountedStore;
let box: PurgeRig;
beforeEach(async () => {
  box = new PurgeRig();
  store = box.counts;
  await box.given(aFolder('f1'));
});

const inFolder = { folderId: 'f1' };

test('a deleted container is ordered to be emptied once nothing can be under way any more, others are not', async () => {
  const delays: number[] = [];
  box.core.purgeQueue.send = async (messages, delaySeconds) => {
    delays.push(...messages.map(() => delaySeconds));
    box.purges.push(...messages);
  };
  await box.fill(2);
  await box.given(removal('sessionHistory', 's1'), removal('message', 'm0001'));
  await box.given(removal('conversationHistory', 'c1'), removal('folder', 'f1'));
  await box.order();
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
    await box.fill(count);
    await box.given(aMessage({ id: 'other', conversationId: 'c2' }));
    await box.given(removal('conversationHistory', 'c1'));
    await box.order();
    await box.work();
    await box.expectCounted({
      conversationHistory: 1,
      sessionHistory: 0,
      message: 1,
      messageState: 0,
    });
  },
);

test('[OP4] what was in it leaves tombstones that answer gone', async () => {
  await box.fill(3);
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  await box.work();
  expect(await box.item(messageKey(C1, 'm0000' as MessageId))).toMatchObject({
    kind: 'tombstone',
    of: 'message',
  });
  await box.given(aConversation());
  expect(await box.statuses(aMessage({ id: 'm0000' }), aSession())).toEqual(['gone', 'gone']);
});

test('a folder is emptied of its conversation histories, these of their contents, and its note goes last', async () => {
  await box.fill(30);
  await box.fill(5, 'c2');
  await box.given(aMessage({ id: 'other', conversationId: 'c3' }));
  await box.given(removal('folder', 'f1'));
  const { modSeq, index } = await box.head();
  expect((await box.head()).pendingPurges).toEqual([{ id: 'f1', modSeq, index }]);
  await box.order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect((await box.head()).pendingPurges).toHaveLength(1);
  await box.work();
  expect((await box.head()).pendingPurges).toBeUndefined();
  await box.expectCounted({
    folder: 2,
    conversationHistory: 1,
    sessionHistory: 0,
    message: 1,
    messageState: 0,
  });
  expect(await box.names('message')).toEqual(['other']);
});

test('a session history is emptied of its messages alone, and its note goes', async () => {
  await box.fill(90);
  await box.given(removal('sessionHistory', 's1'));
  expect(await box.item(conversationKey(C1))).toMatchObject({ pendingPurges: [{ id: 's1' }] });
  await box.order();
  await box.work();
  expect(await box.item(conversationKey(C1))).not.toHaveProperty('pendingPurges');
  await box.expectCounted();
  expect(store.counted().message).toBe(60);
  expect(
    await box.statuses(aMessage({ id: 'm0000' }), modification('message', 'm0003', { subject: 'x' })),
  ).toEqual(['gone', 'gone']);
  await box.given(modification('message', 'm0001', { subject: 'x' }));
});

test('the note stays 90 s after the container is empty, for readers who saw it before', async () => {
  await box.fill(1);
  await box.given(removal('folder', 'f1'));
  await box.order();
  const delays: number[] = [];
  box.core.purgeQueue.send = async (messages, delaySeconds) => {
    delays.push(...messages.filter(({ isEmpty }) => isEmpty).map(() => delaySeconds));
  };
  await box.work();
  expect(delays).toEqual([90]);
  expect((await box.head()).pendingPurges).toHaveLength(1);
});

test('stopped before any of its writes and begun again it comes to the same end', async () => {
  let stops = 0;
  for (let call = 1; ; call++) {
    box = new PurgeRig();
    store = box.counts;
    await box.given(aFolder('f1'));
    await box.fill(230);
    await box.fill(3, 'c2');
    await box.given(removal('sessionHistory', 's1', { conversationId: 'c2' }));
    await box.given(removal('folder', 'f1'));
    await box.order();
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
    await box.expectCounted({
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
        box = new PurgeRig();
        store = box.counts;
        await box.given(aFolder('f1'));
        await box.fill(4);
        await box.given(removal('conversationHistory', 'c1'));
        await box.order();
        const [message] = box.purges.splice(0) as [PurgeMessage];
        const actors = [
          purging('purge', message),
          purging('purge again', message),
          new Actor('meanwhile', box.core, meanwhile),
        ];
        await interleave(actors, choose);
        expect(actors.flatMap(({ error }) => error ?? [])).toEqual([]);
        await box.expectCounted();
        await box.order(); // of elements that were deleted meanwhile
        await box.work();
        await box.expectCounted({ sessionHistory: 0 });
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
      box = new PurgeRig();
      store = box.counts;
      await box.given(aFolder('f1'));
      await retain(box, 30);
      await box.fill(4);
      passDays(box, 30);
      await box.given(removal('conversationHistory', 'c1'));
      await box.order();
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
      await box.expectCounted({ message: 0, messageState: 0, sessionHistory: 0 });
    },
    { atMost: extent(15, 60) },
  );
});

test('ordered twice it does no harm', async () => {
  await box.fill(5);
  await box.given(removal('conversationHistory', 'c1'), removal('folder', 'f1'));
  await box.order();
  await box.order();
  await box.work();
  await box.expectCounted();
});

test('a large container goes through the queue again after 10 pieces', async () => {
  await box.fill(200 * 11);
  await box.given(removal('conversationHistory', 'c1'));
  await box.order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect(box.purges).toEqual([{ ...first, after: expect.stringMatching(/^E#c1#/) }]);
  await box.work();
  await box.expectCounted();
  expect(store.counted().message).toBe(0);
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
  await box.expectCounted({
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
  await box.order();
  const [own] = box.purges.splice(0);
  if (!own) throw new Error('nothing was ordered');
  await purge(box.core, { ...own, modSeq: own.modSeq - 1 });
  await purge(box.core, own);
  await box.expectCounted({ message: 0, messageState: 0 });
});
