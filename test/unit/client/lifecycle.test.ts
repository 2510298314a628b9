import type { LocalStore } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import type { Environment } from '../../../client/sync/environment.js';
import { entriesOf, storeWith } from '../../support/sdk/crashing-store.js';
import { until } from './fake-cloud.js';
import { heldIn } from './held.js';
import { problem } from './loopback.js';
import { SEED, syncBodies, textsOf, useCloud, work } from './sdk.js';

const context = useCloud();
const { aClient, aDeposit } = context;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const syncs = () => syncBodies(context.cloud).length;
const whenLive = (client: ReturnType<typeof aClient>) => until(() => client.status.state === 'live');

/** An environment that a test controls. */
function anEnvironment() {
  const listeners = new Set<() => void>();
  const state = { online: true, visible: true };
  const environment: Environment = {
    isOnline: () => state.online,
    isVisible: () => state.visible,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const set = (change: Partial<typeof state>) => {
    Object.assign(state, change);
    for (const listener of listeners) listener();
  };
  return { environment, set, listeners };
}

describe('synchronization', () => {
  test('[CL9] is periodic, in the period that the application sets', async () => {
    const client = aClient({ periodic: { everySeconds: 0.03 } });
    client.start();
    await until(() => syncs() >= 4);
    expect(syncs()).toBeGreaterThanOrEqual(4);
  });

  test('[CL9] is not periodic while hidden when the application says so, and follows once visible again', async () => {
    const { environment, set } = anEnvironment();
    set({ visible: false });
    const client = aClient({ environment, periodic: { everySeconds: 0.02, whileHidden: false } });
    client.start();
    await whenLive(client);
    const before = syncs();
    await pause(100);
    expect(syncs()).toBe(before);
    set({ visible: true });
    await until(() => syncs() > before);
  });

  test('is not periodic while offline when the application says so, and follows once online again', async () => {
    const { environment, set } = anEnvironment();
    const client = aClient({ environment, periodic: { everySeconds: 0.02, whileOffline: false } });
    client.start();
    await whenLive(client);
    set({ online: false });
    await pause(30);
    const before = syncs();
    await pause(80);
    expect(syncs()).toBe(before);
    set({ online: true });
    await until(() => syncs() > before);
  });

  test('does not wait for the retry after earlier failures when back online', async () => {
    const { environment, set } = anEnvironment();
    context.cloud.before = () => 'hangUp';
    const client = aClient({ environment, timings: { backoff: { baseMs: 60_000, capMs: 60_000 } } });
    client.start();
    await until(() => client.status.state === 'offline' && context.cloud.loopback.received.length > 0);
    context.cloud.before = () => undefined;
    set({ online: false });
    set({ online: true });
    await whenLive(client);
    expect(client.status.state).toBe('live');
  });

  test('ends when its caller aborts, unless others wait for it', async () => {
    const client = aClient();
    await client.synchronize();
    let release = () => {};
    context.cloud.before = () => new Promise((resolve) => (release = () => resolve(undefined)));
    const [first, second] = [new AbortController(), new AbortController()];
    const one = client.synchronize({ signal: first.signal });
    const another = client.synchronize({ signal: second.signal });
    const third = client.synchronize();
    await until(() => syncs() === 2);
    second.abort(new Error('enough of it'));
    await expect(another).rejects.toThrow('enough of it');
    first.abort(new Error('enough'));
    await expect(one).rejects.toThrow('enough');
    await until(() => syncs() === 3); // the next one, for which the third waits
    context.cloud.before = () => undefined;
    release();
    await third;
    await expect(client.synchronize({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  test('reports operations, elements by type, pages, bytes and time', async () => {
    const client = aClient({ pageLimit: 2 });
    await aDeposit({ id: 'm1' }, { id: 'm2' });
    await client.createMessage('c1', work('mine'), { id: 'm3' });
    await client.deleteMessage('nowhere', 'm1');
    const report = await client.synchronize();
    expect(report).toEqual({
      sent: 2,
      applied: 1,
      conflicts: 0,
      refused: 1,
      received: { folder: 2, conversationHistory: 1, sessionHistory: 0, message: 3, messageState: 0 },
      removed: { folder: 0, conversationHistory: 0, sessionHistory: 0, message: 0, messageState: 0 },
      pages: expect.any(Number),
      bytes: expect.any(Number),
      reset: false,
      durationMs: expect.any(Number),
    });
    expect(report.pages).toBeGreaterThan(2);
    const sent = context.cloud.loopback.received
      .filter(({ path }) => path === '/v1/sync')
      .map(({ body }) => body);
    expect(report.bytes).toBeGreaterThan(
      sent.reduce((sum: number, body) => sum + JSON.stringify(body).length, 0),
    );
  });
});

describe('pause', () => {
  test('closes the connection, stops the timer and keeps operations until resume', async () => {
    const client = aClient({ periodic: { everySeconds: 0.02 } });
    client.start();
    await whenLive(client);
    client.pause();
    expect(client.status).toEqual({ state: 'paused' });
    await until(() => context.cloud.connections === 0);
    const before = syncs();
    await client.createMessage('c1', work('Hello'), { conversation: SEED });
    await pause(80);
    expect([syncs(), (await client.pending()).length]).toEqual([before, 1]);
    client.resume();
    await whenLive(client);
    expect(await client.pending()).toEqual([]);
  });

  test('leaves an explicit synchronization possible', async () => {
    const client = aClient();
    client.pause();
    expect(await client.synchronize()).toMatchObject({ pages: 1 });
    expect(client.status.state).toBe('paused');
  });
});

describe('a device that was revoked', () => {
  test('[DV7] is denied, and keeps its elements until the application decides', async () => {
    const client = aClient();
    await aDeposit({ id: 'm1' });
    client.start();
    await whenLive(client);
    await context.cloud.revoke('phone');
    await client.setFlags('c1', 'm1', { add: ['\\Seen'] });
    await until(() => client.status.state === 'denied');
    expect(client.status).toMatchObject({ problem: { kind: 'device-not-registered' } });
    expect(await textsOf(client)).toEqual(['text of m1']);
    expect(await client.pending()).toHaveLength(1);
  });

  test('resumes once it is registered again, and sends its pending operations', async () => {
    const client = aClient();
    await aDeposit({ id: 'm1' });
    await client.synchronize();
    await client.createMessage('c1', work('before'), { id: 'm2' });
    await client.synchronize();
    await context.cloud.revoke('phone');
    await client.createMessage('c1', work('after'), { id: 'm3' });
    await expect(client.synchronize()).rejects.toMatchObject({ kind: 'device-not-registered' });
    await client.register();
    expect(await client.synchronize()).toMatchObject({ sent: 1, applied: 1 });
    expect(await textsOf(client)).toEqual(['after', 'before', 'text of m1']);
  });

  test('deletes everything with wipe, and can start over as another instance', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    await aDeposit({ id: 'm1' });
    await client.createMessage('c1', work('never sent'), { id: 'm2' });
    await client.synchronize();
    await client.setFlags('c1', 'm1', { add: ['\\Seen'] });
    const changed = jest.fn();
    client.on('changed', changed);
    await client.wipe();
    expect(changed).toHaveBeenCalledWith({ folders: true, conversations: ['c1'] });
    expect([await heldIn(store), await client.pending()]).toEqual([[], []]);
    await client.synchronize();
    expect(await textsOf(client)).toEqual(['never sent', 'text of m1']);
    const instances = new Set(syncBodies(context.cloud).map(({ instanceId }) => instanceId));
    expect(instances.size).toBe(2);
  });
});

describe('[XO10] a client with other operation numbers than the server', () => {
  /** A client that has synchronized since the copy was made. */
  async function restoredFromBackup(): Promise<LocalStore> {
    const store = memoryStore();
    const client = aClient({ store });
    await client.createMessage('c1', work('first'), { id: 'm1', conversation: SEED });
    await client.synchronize();
    const backup = await entriesOf(store);
    await client.createMessage('c1', work('second'), { id: 'm2' });
    await client.createMessage('c1', work('third'), { id: 'm3' });
    await client.synchronize();
    return storeWith(backup);
  }

  test('because its store was restored becomes a new instance: nothing is lost or applied twice', async () => {
    const client = aClient({ store: await restoredFromBackup() });
    const renewed = jest.fn();
    client.on('renewed', renewed);
    await client.createMessage('c1', work('fourth'), { id: 'm4' });
    expect(await client.synchronize()).toMatchObject({ applied: 1, reset: true });
    expect(renewed.mock.calls).toEqual([[{ reason: 'operation-mismatch' }]]);
    expect(await textsOf(client)).toEqual(['fourth', 'third', 'second', 'first']);
    expect(await client.pending()).toEqual([]);
  });

  test('because another instance was registered replaces it once, and then stops', async () => {
    const first = aClient();
    await first.synchronize();
    const second = aClient();
    await second.synchronize();
    await first.createMessage('c1', work('mine'), { conversation: SEED });
    expect(await first.synchronize()).toMatchObject({ applied: 1 });
    await second.synchronize();
    await expect(first.synchronize()).rejects.toMatchObject({ kind: 'instance-replaced' });
    expect(first.status.state).toBe('denied');
    expect(second.status.state).not.toBe('denied');
  });

  test('because another instance was registered stops at once when the application says so', async () => {
    const first = aClient({ onInstanceReplaced: 'deny' });
    await first.synchronize();
    await aClient().synchronize();
    await expect(first.synchronize()).rejects.toMatchObject({ kind: 'instance-replaced' });
  });
});

describe('the scope', () => {
  test('[CL8] drops elements with the next synchronization when setPreferences narrows it', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    await aDeposit(
      { id: 'm1', textContent: 'a€longer text', flags: ['\\Seen'] },
      { id: 'm2', conversationId: 'c2', date: '2026-01-01T09:00:00Z' },
      { id: 'm3', conversationId: 'c3' },
    );
    await client.synchronize();
    await client.setPreferences({
      elementTypes: ['conversationHistory', 'message'],
      maxMessageAgeDays: 30,
      maxTextBytes: 5,
      excludeConversations: ['c3'] as never,
    });
    expect(await heldIn(store)).toHaveLength(9); // until a page brings the new scope
    await client.synchronize();
    expect(await heldIn(store)).toEqual(['c:c1@2', 'c:c2@2', 'm:c1/m1@2']);
    expect((await client.message('c1', 'm1'))?.message).toMatchObject({
      textContent: 'a€l',
      textTruncated: true,
    });
  });

  test('[CL8] drops states of messages that are too old when it adds messages again', async () => {
    const store = memoryStore();
    const client = aClient({ store, preferences: { elementTypes: ['messageState'] } });
    await aDeposit({ id: 'm1', date: '2026-01-01T09:00:00Z', flags: ['\\Seen'] });
    await client.synchronize();
    expect(await heldIn(store)).toEqual(['st:c1/m1@2']);
    await client.setPreferences({ elementTypes: ['message', 'messageState'], maxMessageAgeDays: 30 });
    await client.synchronize();
    expect(await heldIn(store)).toEqual([]);
  });

  test('[CL8] with an age limit drops messages as time passes', async () => {
    const store = memoryStore();
    const client = aClient({ store, preferences: { maxMessageAgeDays: 2 } });
    await aDeposit({ id: 'm1', date: '2026-02-28T09:00:00Z', flags: ['\\Seen'] });
    await client.synchronize();
    expect(await heldIn(store)).toContain('m:c1/m1@2');
    context.cloud.rig.clock.nowMs += 2 * 24 * 3600 * 1000;
    await client.synchronize();
    expect(await heldIn(store)).toEqual(['c:c1@2', 'f:RCSMessageStore@1', 'f:default@1']);
    expect(await client.conversation('c1')).toMatchObject({ unread: 0 });
  });

  test('is stored: a later client registers the changed preference again', async () => {
    const store = memoryStore();
    const client = aClient({ store, preferences: { maxMessageAgeDays: 90 } });
    await client.synchronize();
    await client.setPreferences({ maxMessageAgeDays: 7 });
    const device = await aClient({ store, preferences: { maxMessageAgeDays: 90 } }).register();
    expect(device.preferences).toEqual({ maxMessageAgeDays: 7 });
  });
});

test('a client retries a failing server with pauses, and its status has the error', async () => {
  context.cloud.before = () => problem(500, 'internal');
  const client = aClient();
  const errors: unknown[] = [];
  client.on('status', (status) => status.state === 'offline' && errors.push(status.error));
  client.start();
  await until(() => errors.length >= 2);
  expect(errors[1]).toMatchObject({ status: 500, kind: 'internal' });
});
