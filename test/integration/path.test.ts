import { randomBytes } from 'node:crypto';
import { purge } from '../../core/lifecycle/purge.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import { readTail } from '../../core/log/tail.js';
import type { BoxId } from '../../core/model/items.js';
import type { Commit } from '../../core/model/log-entry.js';
import { systemClock } from '../../core/ports/clock.js';
import { connected } from '../../core/push/connections.js';
import { fanOut } from '../../core/push/fan-out.js';
import { notify } from '../../core/push/notify.js';
import { synchronize } from '../../core/read/synchronize.js';
import { deposit } from '../../core/write/deposit.js';
import type { Change } from '../../protocol/elements/element.js';
import {
  aConversation,
  aFolder,
  aMessage,
  deletion,
  modification,
  removal,
  stateChange,
} from '../support/builders.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';
import { Rig } from '../support/rig.js';

let tables: Tables;
let rig: Rig;
let box: BoxId;
let boxes = 0;

beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());
beforeEach(() => {
  rig = new Rig(tables.store, tables.registry);
  rig.clock.nowMs = Date.now();
  box = `tel:+1777${++boxes}` as BoxId;
});

const short = (all: readonly Change[] = []) =>
  all.map((change) => `${change.type} ${change.id}${'removed' in change ? ` ${change.removed}` : ''}`);
const many = <T>(count: number, build: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => build(i));
/** Characters of one byte in JSON that hardly compress. */
const noise = (length: number) =>
  [...randomBytes(length)].map((byte) => String.fromCharCode(35 + (byte % 57))).join('');
const noisyReports = () =>
  many(30, () => ({ participant: `x:${noise(1950)}`, disposition: 'delivered', at: '2026-02-28T09:00:00Z' }));

/** Deposits all operations, in as many requests as needed. */
async function depositAll(operations: readonly object[]) {
  for (let rest = operations; rest.length > 0; ) {
    const { results } = await rig.deposit(box, ...rest.slice(0, 50));
    expect(results.length).toBeGreaterThan(0);
    for (const { status } of results) expect(status).toBe('applied');
    rest = rest.slice(results.length);
  }
}

const head = async () => {
  const tail = await readTail(rig.core, box);
  if (!tail) throw new Error('the box must exist');
  return tail.head;
};

test('two devices receive deposits in batches, and then the changes of each other', async () => {
  await depositAll(
    many(130, (i) =>
      aMessage({ id: `m${i}`, conversationId: `c${i % 7}`, ...(i % 3 === 0 && { flags: ['x'] }) }),
    ),
  );
  const phone = await rig.device(box, 'phone');
  const tablet = await rig.device(box, 'tablet');
  const [onPhone, onTablet] = [
    await rig.syncAll(phone, { limit: 20 }),
    await rig.syncAll(tablet, { limit: 1000 }),
  ];
  expect(onPhone.pages.length).toBeGreaterThan(5);
  expect([...short(onPhone.changes)].sort()).toEqual([...short(onTablet.changes)].sort());
  expect(onPhone.changes).toHaveLength(2 + 7 + 130 + 44);

  const operations = [
    { ...stateChange('m1', { addFlags: ['\\Seen'] }, { conversationId: 'c1' }), n: 1 },
    { ...deletion('m2', { conversationId: 'c2' }), n: 2 },
    { ...aMessage({ id: 'new', conversationId: 'c9', textContent: 'é～😀' }), n: 3 },
  ];
  const answer = await rig.sync(phone, { syncToken: onPhone.syncToken, operations });
  expect(answer.results?.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied']);
  expect(short(answer.changes)).toEqual(['conversationHistory c9']);
  const response = await rig.sync(tablet, { syncToken: onTablet.syncToken });
  expect(short(response.changes)).toEqual([
    'conversationHistory c9',
    'message new',
    'messageState m1',
    'message m2 deleted',
  ]);
  expect(response.changes?.find(({ id }) => id === 'new')).toMatchObject({ textContent: 'é～😀' });
  expect(await rig.sync(tablet, { syncToken: response.syncToken })).toEqual({
    syncToken: response.syncToken,
  });
  expect((await rig.sync(phone, { syncToken: answer.syncToken, operations })).results).toEqual(
    answer.results,
  );
});

test('[EL5] concurrent writers all succeed, and each commit gets its own number without gaps', async () => {
  // Real conditional failures need real waits.
  const core = { ...rig.core, clock: systemClock };
  await rig.deposit(box, aConversation());
  const devices = await Promise.all(['a', 'b', 'c'].map((id) => rig.device(box, id)));
  const untilDone = async <T>(what: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await what();
      } catch (error) {
        if ((error as { kind?: string }).kind !== 'busy') throw error;
      }
    }
  };
  await Promise.all([
    (async () => {
      for (let i = 0; i < 8; i++) await untilDone(() => deposit(core, box, [aMessage({ id: `p${i}` })]));
    })(),
    ...devices.map(async (caller) => {
      let syncToken: string | undefined;
      for (let n = 1; n <= 8; n++) {
        const operations = [{ ...aMessage({ id: `${caller.deviceId}${n}` }), n }];
        const body = { operations, limit: 200, ...(syncToken !== undefined && { syncToken }) };
        const response = await untilDone(() => synchronize(core, caller, body));
        expect(response.results).toEqual([expect.objectContaining({ n, status: 'applied' })]);
        ({ syncToken } = response);
      }
    }),
  ]);
  const commits = await rig.commits(box);
  expect(commits.map(({ modSeq }) => modSeq)).toEqual(commits.map((_, i) => i + 1));
  expect(commits).toHaveLength(2 + 32);
  expect((await head()).counts.message).toBe(32);
  const viewer = await rig.device(box, 'viewer');
  expect((await rig.syncAll(viewer)).changes.filter(({ type }) => type === 'message')).toHaveLength(32);
  const entries = await rig.entries(box);
  const lost = entries.slice(1).filter((entry, i) => entry.previous !== entries[i]?.nonce);
  expect(lost).toEqual([]);
});

test('[OP10] operations on more than 4 MB are all processed, as many at a time as one commit holds', async () => {
  const phone = await rig.device(box, 'phone');
  // Each message and its state have the maximum size and hardly compress.
  await depositAll(many(50, (i) => aMessage({ id: `m${i}`, textContent: noise(64_000) })));
  for (let i = 0; i < 50; i += 10) {
    await depositAll(many(10, (j) => stateChange(`m${i + j}`, { dispositions: noisyReports() })));
  }
  const operations = many(50, (i) => ({ ...stateChange(`m${i}`, { addFlags: ['\\Seen'] }), n: i + 1 }));
  const counts: number[] = [];
  const { syncToken } = await rig.syncAll(phone);
  for (let rest = operations; rest.length > 0; rest = rest.slice(counts.at(-1))) {
    const { results = [] } = await rig.sync(phone, { syncToken, operations: rest });
    for (const { status } of results) expect(status).toBe('applied');
    counts.push(results.length);
    expect(results.length).toBeGreaterThan(0);
  }
  expect(counts.reduce((a, b) => a + b)).toBe(50);
}, 30_000);

test('a device receives a whole commit of large elements, also when its changes are stored separately', async () => {
  const phone = await rig.device(box, 'phone');
  const { syncToken } = await rig.syncAll(phone);
  await depositAll(
    many(20, (i) => aMessage({ id: `m${i}`, textContent: randomBytes(30_000).toString('hex') })),
  );
  const { changes } = await rig.syncAll(phone, { syncToken: syncToken ?? '' });
  expect(changes.filter(({ type }) => type === 'message')).toHaveLength(20);
});

test('[SC7] a device receives only the difference when scope, place or policy changes', async () => {
  await depositAll([
    aFolder('f1'),
    aFolder('f2'),
    aConversation({ id: 'c1', folderId: 'f1' }),
    aConversation({ id: 'c2', folderId: 'f2' }),
    ...many(10, (i) => aMessage({ id: `m${i}`, conversationId: i % 2 ? 'c1' : 'c2' })),
  ]);
  let phone = await rig.device(box, 'phone', { folders: ['f1'] } as never);
  let { syncToken = '' } = await rig.syncAll(phone, { limit: 3 });
  phone = await rig.device(box, 'phone', { folders: ['f2'] } as never);
  const widened = await rig.syncAll(phone, { syncToken, limit: 3 });
  expect(widened.pages[0]?.effective?.folders).toEqual(['f2']);
  expect([...short(widened.changes)].sort()).toEqual([
    'conversationHistory c1 outOfScope',
    'conversationHistory c2',
    ...[0, 2, 4, 6, 8].map((i) => `message m${i}`),
  ]);
  ({ syncToken = '' } = widened);
  await depositAll([modification('conversationHistory', 'c1', { folderId: 'f2' })]);
  const moved = await rig.syncAll(phone, { syncToken, limit: 2 });
  expect([...short(moved.changes)].sort()).toEqual([
    'conversationHistory c1',
    ...[1, 3, 5, 7, 9].map((i) => `message m${i}`),
  ]);
});

test('[PU7] a commit leads to one synchronization request, and to none when the device has synchronized since', async () => {
  const phone = await rig.device(box, 'phone', { pushWindowMs: 0 });
  const { syncToken } = await rig.syncAll(phone);
  rig.open.add('A');
  expect(await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs - 60_000 })).toBe(true);
  const announce = async () => {
    const [commit] = (await rig.commits(box)).slice(-1);
    await fanOut(rig.core, box, commit as Commit);
    for (const { message } of rig.pushes.splice(0)) await notify(rig.core, message);
  };
  await depositAll([aMessage({ id: 'm1' })]);
  await announce();
  expect(rig.frames).toEqual([
    {
      connectionId: 'A',
      frame: {
        type: 'syncRequest',
        modSeq: 2,
        changes: { conversationHistory: 1, message: 1 },
        conversations: ['c1'],
      },
    },
  ]);
  await rig.sync(phone, { syncToken });
  await announce();
  expect(rig.frames).toHaveLength(1);
  expect(await tables.registry.device(box, phone.deviceId)).toMatchObject({
    syncedModSeq: 2,
    connectionId: 'A',
  });
});

test('a deleted container is purged, and the counts are right', async () => {
  await depositAll([aFolder('f1'), aConversation({ id: 'c1', folderId: 'f1' })]);
  await depositAll(many(120, (i) => aMessage({ id: `m${i}`, ...(i % 2 && { flags: ['x'] }) })));
  await depositAll([removal('folder', 'f1')]);
  for (const commit of await rig.commits(box)) await schedulePurge(rig.core, box, commit);
  for (let message = rig.purges.shift(); message; message = rig.purges.shift())
    await purge(rig.core, message);
  expect(await head()).toMatchObject({
    counts: { folder: 2, conversationHistory: 0, message: 0, messageState: 0 },
  });
  expect(await head()).not.toHaveProperty('pendingPurges');
});
