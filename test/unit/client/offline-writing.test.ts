import { checkOperation } from '../../../client/api/check-operation.js';
import { InvalidOperation } from '../../../client/outbox/invalid-operation.js';
import type { Settled } from '../../../client/outbox/settle.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { messageIdOf } from '../../../protocol/message-id.js';
import { until } from './fake-cloud.js';
import { heldIn } from './held.js';
import { ME, SEED, syncBodies, textsOf, useCloud, work } from './sdk.js';

const context = useCloud();
const { aClient, aDeposit } = context;

describe('an operation of the user', () => {
  test('is shown at once and pending, without any server', async () => {
    const client = aClient();
    const { id, n } = await client.createMessage('c1', work('Hello'), { conversation: SEED });
    expect(n).toBe(1);
    const { items } = await client.messages('c1');
    expect(items).toMatchObject([
      {
        isPending: true,
        isUnread: false,
        message: { id, textContent: 'Hello', direction: 'Out', modSeq: 0 },
      },
    ]);
    expect((await client.conversations()).items).toMatchObject([
      {
        isPending: true,
        unread: 0,
        conversation: { id: 'c1', folderId: 'default' },
        newest: { message: { id } },
      },
    ]);
    expect(context.cloud.loopback.received).toEqual([]);
  });

  test('has the recommended id of its date and imdnMessageId, or the id that the caller gives', async () => {
    const client = aClient();
    const given = work('a', { imdnMessageId: 'Pk3z' });
    expect((await client.createMessage('c1', given)).id).toBe(messageIdOf('2026-02-28T10:00:00Z', 'Pk3z'));
    const [one, two] = [
      await client.createMessage('c1', work('b')),
      await client.createMessage('c1', work('c')),
    ];
    expect(one.id).not.toBe(two.id);
    expect((await client.createMessage('c1', work('d'), { id: 'mine' })).id).toBe('mine');
  });

  test('is sent with the next synchronization, then confirmed, and reaches other devices', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    const acknowledged = jest.fn();
    client.on('acknowledged', acknowledged);
    const { id } = await client.createMessage('c1', work('Hello'), {
      conversation: SEED,
      flags: ['\\Seen'],
    });
    expect(await client.synchronize()).toMatchObject({ sent: 1, applied: 1, refused: 0, conflicts: 0 });
    expect(await client.message('c1', id)).toMatchObject({
      isPending: false,
      flags: ['\\Seen'],
      message: { modSeq: 2 },
    });
    expect(await client.pending()).toEqual([]);
    expect(acknowledged.mock.calls).toMatchObject([
      [{ status: 'applied', modSeq: 2, operation: { n: 1, id } }],
    ]);
    await tablet.synchronize();
    expect(await textsOf(tablet)).toEqual(['Hello']);
  });

  test('is sent without a call of synchronize when the client was started', async () => {
    const client = aClient();
    client.start();
    await until(() => client.status.state === 'live');
    await client.createMessage('c1', work('Hello'), { conversation: SEED });
    await until(async () => (await client.pending()).length === 0);
    expect(context.cloud.rig.reports).not.toContainEqual(expect.objectContaining({ event: 'error' }));
  });

  test('is sent in order with others, 50 per request, in one synchronization', async () => {
    const client = aClient();
    await client.createConversation('c1', SEED);
    for (let i = 1; i <= 120; i++) await client.createMessage('c1', work(`text ${i}`), { id: `m${i}` });
    expect(await client.synchronize()).toMatchObject({ sent: 121, applied: 121 });
    const sent = syncBodies(context.cloud).map(({ operations = [] }) => operations.length);
    expect(sent).toEqual([50, 50, 21]);
    expect(await client.pending()).toEqual([]);
    expect((await client.messages('c1', { limit: 1000 })).items).toHaveLength(120);
  });

  test('is sent in a further request when one request would exceed 1 MB', async () => {
    const client = aClient();
    await client.createConversation('c1', SEED);
    for (let i = 1; i <= 30; i++) await client.createMessage('c1', work('x'.repeat(60_000)), { id: `m${i}` });
    expect(await client.synchronize()).toMatchObject({ applied: 31 });
    for (const body of syncBodies(context.cloud))
      expect(JSON.stringify(body).length).toBeLessThan(1024 * 1024);
    expect(syncBodies(context.cloud).length).toBeGreaterThan(1);
  });

  test('survives the end of the process: another client on the same store shows and sends it', async () => {
    const store = memoryStore();
    await aClient({ store }).createMessage('c1', work('Hello'), { conversation: SEED });
    const client = aClient({ store });
    expect(await textsOf(client)).toEqual(['Hello']);
    expect(await client.synchronize()).toMatchObject({ applied: 1 });
  });

  test('that every server would refuse throws at once with every fault when operations are checked, and has no effect', async () => {
    const client = aClient({ check: checkOperation });
    const wrong = client.createMessage('c1', { ...work('a'), from: 'nobody', date: 'today' });
    await expect(wrong).rejects.toThrow(InvalidOperation);
    await expect(wrong).rejects.toMatchObject({
      faults: [{ pointer: '/data/from' }, { pointer: '/data/date' }],
    });
    expect([await client.pending(), await textsOf(client)]).toEqual([[], []]);
  });

  test('that exceeds every request throws, checked or not', async () => {
    const tooLarge = aClient().createMessage('c1', work('x'.repeat(300_000)));
    await expect(tooLarge).rejects.toThrow('must have at most 262144 bytes');
  });
});

describe('an unanswered request', () => {
  test('[XO9] is repeated exactly, also by another client on the same store, and applied once', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    await client.createMessage('c1', work('first'), { id: 'm1', conversation: SEED });
    context.cloud.after = ({ path }) => (path === '/v1/sync' ? 'hangUp' : undefined);
    await expect(client.synchronize()).rejects.toThrow('No answer');
    context.cloud.after = () => undefined;

    const restarted = aClient({ store });
    await restarted.createMessage('c1', work('second'), { id: 'm2' });
    expect(await restarted.synchronize()).toMatchObject({ sent: 2, applied: 2 });
    const [lost, again, next] = syncBodies(context.cloud);
    expect(again).toEqual(lost);
    expect(next?.operations).toMatchObject([{ n: 2, id: 'm2' }]);
    expect(await textsOf(restarted)).toEqual(['second', 'first']);
    expect(await context.cloud.rig.commits(ME as never)).toHaveLength(3);
  });
});

describe('an operation that the server refuses', () => {
  test('is undone, emitted once with the element that caused the refusal, and does not delay others', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    await tablet.createFolder('Family', { id: 'theirs' });
    await tablet.synchronize();

    const refused: Settled[] = [];
    client.on('refused', (each) => refused.push(each));
    await client.createFolder('Family', { id: 'mine' });
    await client.createMessage('gone', work('into nothing'), { id: 'm1' });
    await client.createMessage('c1', work('Hello'), { conversation: SEED });
    const report = await client.synchronize();
    expect(report).toMatchObject({ sent: 3, applied: 1, refused: 2, conflicts: 1 });
    await until(() => refused.length === 2);
    expect(refused).toMatchObject([
      {
        status: 'exists',
        isRefused: true,
        operation: { id: 'mine' },
        current: { id: 'theirs', name: 'Family' },
      },
      { status: 'parentNotFound', operation: { id: 'm1' } },
    ]);
    expect((await client.folders()).map(({ folder }) => folder.id)).toEqual([
      'theirs',
      'RCSMessageStore',
      'default',
    ]);
    expect([await textsOf(client, 'gone'), await textsOf(client)]).toEqual([[], ['Hello']]);
  });

  test('because of a conflict is emitted with the live element, also when that is too large for the answer', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    await aDeposit({ id: 'm1' });
    await client.synchronize();
    await tablet.synchronize();
    const long = 'x'.repeat(5000);
    await tablet.modifyMessage('c1', 'm1', { textContent: long });
    await tablet.synchronize();
    const refused: Settled[] = [];
    client.on('refused', (each) => refused.push(each));
    const modSeq = (await client.message('c1', 'm1'))?.message.modSeq as number;
    await client.modifyMessage('c1', 'm1', { textContent: 'mine' }, { ifModSeq: modSeq });
    expect(await textsOf(client)).toEqual(['mine']);
    await client.synchronize();
    await until(() => refused.length === 1);
    expect(refused).toMatchObject([{ status: 'conflict', current: { id: 'm1', textContent: long } }]);
    expect(await textsOf(client)).toEqual([long]);
  });

  test('is emitted to a later listener, also after a restart, and only once', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    await client.deleteFolder('default');
    await client.synchronize();

    const restarted = aClient({ store });
    const refused = jest.fn();
    restarted.on('refused', refused);
    await until(() => refused.mock.calls.length === 1);
    expect(refused.mock.calls).toMatchObject([[{ status: 'forbidden', operation: { id: 'default' } }]]);
    const later = jest.fn();
    aClient({ store }).on('refused', later);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(later).not.toHaveBeenCalled();
  });

  test('because it already took effect counts as acknowledged: a second deletion, an equal creation', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    await aDeposit({ id: 'm1' });
    await client.synchronize();
    await tablet.synchronize();
    await tablet.deleteConversation('c1');
    await tablet.synchronize();
    const refused = jest.fn();
    client.on('refused', refused);
    await client.deleteMessage('c1', 'm1');
    expect(await client.synchronize()).toMatchObject({ sent: 1, refused: 0 });
    expect(refused).not.toHaveBeenCalled();
  });
});

describe('a change that arrives while operations are pending', () => {
  test('is stored, and the operations are rebased onto it', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    await aDeposit({ id: 'm1' });
    await client.synchronize();
    await tablet.synchronize();
    await tablet.setFlags('c1', 'm1', { add: ['$Forwarded'] });
    await tablet.modifyMessage('c1', 'm1', { subject: 'theirs' });
    await tablet.synchronize();

    // The user creates the operations while a request without them is in flight.
    context.cloud.before = async ({ path }) => {
      if (path !== '/v1/sync') return undefined;
      context.cloud.before = () => undefined;
      await client.setFlags('c1', 'm1', { add: ['\\Flagged'] });
      await client.modifyMessage('c1', 'm1', { textContent: 'mine' });
      return undefined;
    };
    const seen: unknown[] = [];
    client.on('received', async () => seen.push(await client.message('c1', 'm1')));
    await client.synchronize();
    expect(seen[0]).toMatchObject({
      isPending: true,
      flags: ['$Forwarded', '\\Flagged'],
      message: { subject: 'theirs', textContent: 'mine' },
    });
    expect(await client.message('c1', 'm1')).toMatchObject({
      isPending: false,
      flags: ['$Forwarded', '\\Flagged'],
      message: { subject: 'theirs', textContent: 'mine' },
    });
  });

  test('does not bring back what the user has deleted', async () => {
    const client = aClient();
    await aDeposit({ id: 'm1' }, { id: 'm2' });
    await client.synchronize();
    await client.deleteConversation('c1');
    expect((await client.conversations()).items).toEqual([]);
    expect(await textsOf(client)).toEqual([]);
    await aDeposit({ id: 'm3', conversationId: 'c2' });
    await client.synchronize();
    expect((await client.conversations()).items.map(({ conversation }) => conversation.id)).toEqual(['c2']);
  });
});

describe('an element created and deleted within one request', () => {
  /** The elements of a second device, which received everything from the server. */
  const heldByAnother = async () => {
    const store = memoryStore();
    await aClient({ deviceId: 'tablet', store }).synchronize();
    return heldIn(store);
  };

  test('is gone, also when others had created the session history that it was deleted with', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    await client.createMessage('c1', work('before'), { conversation: SEED });
    await client.synchronize();
    const other = aClient({ deviceId: 'desktop' });
    await other.createSession('c1', 's1', {
      originator: ME,
      participants: [ME],
      startedAt: '2026-02-28T10:00:00Z',
    });
    await other.synchronize();
    await client.createMessage('c1', work('Hello', { sessionId: 's1' }), { flags: ['\\Seen'] });
    await client.deleteSession('c1', 's1');
    await client.synchronize();
    expect(await textsOf(client)).toEqual(['before']);
    expect(await heldIn(store)).toEqual(await heldByAnother());
  });

  test('leaves the contents of the new life of its conversation history alone', async () => {
    const store = memoryStore();
    const preferences = { elementTypes: ['message' as const, 'messageState' as const] };
    const client = aClient({ store, preferences });
    await client.createMessage('c1', work('in the first'), { conversation: SEED });
    await client.deleteConversation('c1');
    await client.createMessage('c1', work('in the second'), { conversation: SEED });
    await client.synchronize();
    expect(await textsOf(client)).toEqual(['in the second']);
  });

  test('is gone with the folder of its conversation history, though that was created again at once', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    const { id: folderId } = await client.createFolder('Family');
    await client.synchronize();
    await client.createMessage('c1', work('in the first'), { conversation: SEED });
    await client.moveConversation('c1', folderId);
    await client.deleteFolder(folderId);
    await client.createMessage('c1', work('in the second'), { conversation: SEED });
    await client.synchronize();
    expect(await textsOf(client)).toEqual(['in the second']);
    expect(await heldIn(store)).toEqual(await heldByAnother());
  });
});
