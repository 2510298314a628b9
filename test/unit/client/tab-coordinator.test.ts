import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { indexedDbStore } from '../../../client/api/indexed-db-store.js';
import { until } from './fake-cloud.js';
import { SEED, syncBodies, textsOf, useCloud, work } from './sdk.js';

/** A fake of Web Locks: one holder per name, and the others wait in order. */
class Locks {
  readonly #lines = new Map<string, Promise<unknown>>();

  request(name: string, { signal }: { signal: AbortSignal }, work: () => Promise<void>): Promise<void> {
    const before = this.#lines.get(name) ?? Promise.resolve();
    const turn = before.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#lines.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }
}

const context = useCloud();
const { aClient, aDeposit } = context;
const native = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
let indexedDB: IDBFactory;
let databases = 0;

beforeEach(() => {
  Object.defineProperty(globalThis, 'navigator', { value: { locks: new Locks() }, configurable: true });
  indexedDB = new IDBFactory();
  databases += 1;
});
afterEach(() => {
  if (native) Object.defineProperty(globalThis, 'navigator', native);
  else Reflect.deleteProperty(globalThis, 'navigator');
});

/** A client of one tab, with its own store object on the shared database. */
const aTab = () => aClient({ store: indexedDbStore(`box ${databases}`, { indexedDB, IDBKeyRange }) });

const tickets = () => context.cloud.loopback.received.filter(({ path }) => path.endsWith('/tickets')).length;

/** Starts two tabs. The first one leads. */
async function twoTabs() {
  const [leader, follower] = [aTab(), aTab()];
  leader.start();
  await until(() => leader.status.state === 'live');
  follower.start();
  await until(() => follower.status.state === 'live');
  return { leader, follower };
}

test('one tab connects and synchronizes, the other shows the same and sees what changes', async () => {
  const { leader, follower } = await twoTabs();
  const changed = jest.fn();
  follower.on('changed', changed);
  await aDeposit({ id: 'm1' });
  await until(() => changed.mock.calls.length > 0);
  expect(await textsOf(follower)).toEqual(['text of m1']);
  expect([tickets(), context.cloud.connections]).toEqual([1, 1]);
  await leader.setFlags('c1', 'm1', { add: ['\\Seen'] });
  await until(async () => (await follower.message('c1', 'm1'))?.flags.includes('\\Seen') ?? false);
});

test('the leading tab sends operations of the other tab, and both emit the outcome', async () => {
  const { leader, follower } = await twoTabs();
  const [seenByLeader, acknowledged, refused] = [jest.fn(), jest.fn(), jest.fn()];
  leader.on('changed', seenByLeader);
  follower.on('acknowledged', acknowledged);
  follower.on('refused', refused);
  await follower.createMessage('c1', work('Hello'), { conversation: SEED });
  await follower.deleteFolder('default');
  await until(() => acknowledged.mock.calls.length === 1 && refused.mock.calls.length === 1);
  expect(refused.mock.calls).toMatchObject([[{ status: 'forbidden' }]]);
  expect(seenByLeader).toHaveBeenCalled();
  expect(await leader.pending()).toEqual([]);
  const sent = syncBodies(context.cloud).flatMap(({ operations = [] }) => operations);
  expect(sent.map(({ op, type }) => `${op} ${type}`)).toEqual(['create message', 'delete folder']);
});

test('the other tab takes over when the one that led is closed', async () => {
  const { leader, follower } = await twoTabs();
  await leader.stop();
  await until(() => context.cloud.connections === 1 && tickets() === 2);
  await until(() => follower.status.state === 'live');
  await aDeposit({ id: 'm1' });
  await until(async () => (await textsOf(follower)).length === 1);
  expect(follower.status.state).toBe('live');
});

test('both tabs show that the device is denied, with the problem', async () => {
  const { leader, follower } = await twoTabs();
  await context.cloud.revoke('phone');
  await follower.createMessage('c1', work('Hello'), { conversation: SEED });
  await until(() => leader.status.state === 'denied' && follower.status.state === 'denied');
  expect(follower.status).toMatchObject({ problem: { kind: 'device-not-registered', status: 403 } });
});

test('tabs that synchronize at the same time without a leader send each operation once and hold the same', async () => {
  const [one, two] = [aTab(), aTab()];
  await one.createMessage('c1', work('first'), { id: 'm1', conversation: SEED });
  await two.createMessage('c1', work('second'), { id: 'm2' });
  await aDeposit({ id: 'm9', conversationId: 'c9' });
  await Promise.all([one.synchronize(), two.synchronize(), one.synchronize(), two.synchronize()]);
  expect(await textsOf(one)).toEqual(['second', 'first']);
  expect(await textsOf(two, 'c9')).toEqual(['text of m9']);
  expect(await one.pending()).toEqual([]);
  const messages = (await context.cloud.rig.commits('tel:+15550100' as never)).flatMap(({ rows }) =>
    rows.filter(({ type }) => type === 'message').map(({ id }) => id),
  );
  expect(messages.sort()).toEqual(['m1', 'm2', 'm9']);
});
