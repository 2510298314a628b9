import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurging } from '../../../../core/lifecycle/schedule-purge.js';
import type { Counts } from '../../../../core/model/items.js';
import { conversationKey, messageKey } from '../../../../core/model/keys.js';
import type { Write } from '../../../../core/ports/store.js';
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
import { MemoryStore } from '../../../support/memory-store.js';
import { bytesHeld } from '../../../support/model/stored.js';

/** Counts its own items, whatever the head says; its writes can be stopped. */
class CountedStore extends MemoryStore {
  failAfter = Number.POSITIVE_INFINITY;
  writes = 0;
  beforeWrite: (() => Promise<unknown>) | undefined;

  override async write(box: typeof BOX, writes: readonly Write[]) {
    const { beforeWrite } = this;
    this.beforeWrite = undefined;
    await beforeWrite?.();
    if (++this.writes > this.failAfter) throw new Error('the process ended');
    return super.write(box, writes);
  }

  counted(): Counts {
    const items = [...this.items(BOX).keys()].flatMap((sk) => this.read(BOX, sk) ?? []);
    const of = (kind: string) => items.filter((item) => item.kind === kind).length;
    return {
      folder: of('folder'),
      conversationHistory: of('conversationHistory'),
      sessionHistory: of('sessionHistory'),
      message: of('message'),
      messageState: items.filter((item) => item.kind === 'message' && item.state).length,
      bytes: bytesHeld(items),
    };
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

const order = async () => {
  for (const commit of await box.commits(BOX)) await schedulePurging(box.core, BOX, commit);
};
const work = async () => {
  for (let message = box.purges.shift(); message; message = box.purges.shift()) await purge(box.core, message);
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
  expect(box.purges).toEqual([
    { box: BOX, modSeq: 5, container: { type: 'sessionHistory', id: 's1', conversationId: 'c1' } },
    { box: BOX, modSeq: 6, container: { type: 'folder', id: 'f1' } },
    { box: BOX, modSeq: 6, container: { type: 'conversationHistory', id: 'c1' } },
  ]);
  expect(delays).toEqual([90, 90, 90]);
});

test.each([0, 1, 79, 80, 81, 200])(
  'a conversation history of %i messages is emptied, and the counts are right',
  async (count) => {
    await fill(count);
    await box.given(aMessage({ id: 'other', conversationId: 'c2' }));
    await box.given(removal('conversationHistory', 'c1'));
    await order();
    await work();
    expect((await box.head()).counts).toEqual(store.counted());
    expect(store.counted()).toMatchObject({
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
  expect((await box.head()).emptying).toEqual([{ id: 'f1', modSeq: (await box.head()).modSeq }]);
  await order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect((await box.head()).emptying).toHaveLength(1);
  await work();
  expect((await box.head()).emptying).toBeUndefined();
  expect((await box.head()).counts).toEqual(store.counted());
  expect(store.counted()).toMatchObject({
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
  expect(await box.item(conversationKey(C1))).toMatchObject({ emptying: [{ id: 's1' }] });
  await order();
  await work();
  expect(await box.item(conversationKey(C1))).not.toHaveProperty('emptying');
  expect((await box.head()).counts).toEqual(store.counted());
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
  expect((await box.head()).emptying).toHaveLength(1);
});

test.each([1, 2, 3, 4, 5, 6])(
  'stopped before its write %i and begun again it comes to the same end',
  async (write) => {
    await fill(170);
    await fill(3, 'c2');
    await box.given(removal('sessionHistory', 's1', { conversationId: 'c2' }));
    await box.given(removal('folder', 'f1'));
    await order();
    store.failAfter = store.writes + write - 1;
    for (let message = box.purges.shift(); message; message = box.purges.shift()) {
      const pending = message;
      await purge(box.core, message).catch(() => {
        store.failAfter = Number.POSITIVE_INFINITY;
        box.purges.push(pending);
      });
    }
    expect((await box.head()).counts).toEqual(store.counted());
    expect(store.counted()).toMatchObject({
      folder: 2,
      conversationHistory: 0,
      sessionHistory: 0,
      message: 0,
    });
    expect((await box.head()).emptying).toBeUndefined();
  },
);

test('ordered twice it does no harm', async () => {
  await fill(5);
  await box.given(removal('conversationHistory', 'c1'), removal('folder', 'f1'));
  await order();
  await order();
  await work();
  expect((await box.head()).counts).toEqual(store.counted());
});

test('a large container goes through the queue again after 25 pieces', async () => {
  await fill(80 * 26);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  const [first] = box.purges.splice(0);
  if (!first) throw new Error('nothing was ordered');
  await purge(box.core, first);
  expect(box.purges).toEqual([{ ...first, after: expect.stringMatching(/^E#c1#/) }]);
  await work();
  expect((await box.head()).counts).toEqual(store.counted());
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
    expect((await box.head()).counts).toEqual(store.counted());
    expect(store.counted()).toMatchObject({
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
    expect((await box.head()).counts).toEqual(store.counted());
    expect(store.counted()).toMatchObject({ message: 1, messageState: 1 });
  });

  test('while it is being emptied is left alone', async () => {
    await fill(3);
    await box.given(removal('conversationHistory', 'c1'));
    await order();
    store.beforeWrite = () => box.given(anew);
    await work();
    expect(await box.names('message')).toEqual(['new']);
    expect((await box.head()).counts).toEqual(store.counted());
  });
});

test('commits that are faster make it try again, and busy in the end, for the message to come again', async () => {
  await fill(1);
  await box.given(removal('conversationHistory', 'c1'));
  await order();
  const write = store.write.bind(store);
  store.write = async () => 'refused';
  const [message] = box.purges;
  if (!message) throw new Error('nothing was ordered');
  await expect(purge(box.core, message)).rejects.toMatchObject({ kind: 'busy' });
  store.write = write;
  await work();
  expect(store.counted().message).toBe(0);
});

test('of a box that was erased meanwhile nothing is written', async () => {
  await expect(
    purge(box.core, { box: 'tel:+1' as never, modSeq: 3, container: { type: 'folder', id: 'f1' as never } }),
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
  expect((await box.head()).counts).toEqual(store.counted());
  expect(store.counted()).toMatchObject({
    folder: 4,
    conversationHistory: 1,
    sessionHistory: 0,
    message: 3,
    messageState: 2,
  });
});

test('what is cleared away by an order of a past that the box has lost holds no synchronization up', async () => {
  await box.given(aConversation(), aMessage({ id: 'm1', seed: false }));
  await box.given(removal('conversationHistory', 'c1'));
  await purge(box.core, { box: BOX, container: { type: 'conversationHistory', id: C1 }, modSeq: 1000 });
  expect(await box.item('E#c1#M#m1')).toMatchObject({
    kind: 'tombstone',
    version: (await box.head()).modSeq,
  });
  box.settle();
  expect(await box.names('conversationHistory')).toEqual([]);
});
