import { listDevices, registerDevice, revokeDevice, showDevice } from '../../../../core/admin/devices.js';
import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { showBox, watchDevices } from '../../../../core/admin/show-box.js';
import { issueTicket, redeemTicket } from '../../../../core/admin/tickets.js';
import { erase, startErasing } from '../../../../core/lifecycle/erase.js';
import { type EraseMarker, putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { removeDevices } from '../../../../core/lifecycle/remove-devices.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import { readEnd } from '../../../../core/log/tail.js';
import type { BoxId } from '../../../../core/model/items.js';
import type { Commit, Head, LogEntry } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { EraseMessage } from '../../../../core/ports/erase-queue.js';
import { connected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { historyOf } from '../../../../core/read/history-of.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { ConversationId, DeviceId, PolicyId } from '../../../../protocol/ids.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { Erasable } from '../../../support/erasable.js';
import type { SentPush } from '../../../support/rig.js';

const OTHER = 'tel:+15550199' as typeof BOX;
const SETTLE_SECONDS = 60;
const many = <T>(count: number, build: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => build(i));

let rig: Erasable;
let phone: Caller;
let token: string;
let midway: string;

/** A box with something of everything: elements, large ones too, tombstones, names, devices, scopes, results aside. */
async function fill(box: typeof BOX): Promise<Caller> {
  const device = await rig.device(box, 'phone', { pushWindowMs: 9 });
  await rig.device(box, 'tablet');
  await rig.device(box, 'phone', { pushWindowMs: 9, maxTextBytes: 8 });
  await rig.deposit(
    box,
    aFolder('f1'),
    aConversation({ folderId: 'f1' }),
    aSession(),
    aConversation({ id: 'c2' }),
  );
  await rig.deposit(
    box,
    ...many(30, (i) => aMessage({ id: `m${i}`, ...(i % 3 === 0 && { sessionId: 's1' }) })),
  );
  await rig.deposit(box, stateChange('m1', { addFlags: ['x'] }), removal('message', 'm2'));
  await rig.deposit(box, aMessage({ id: 'large', textContent: 'x'.repeat(20_000) }));
  await rig.sync(device, {
    operations: [
      { ...removal('conversationHistory', 'c2'), n: 1 },
      ...many(9, (i) => ({ op: 'fly', n: i + 2 })),
    ],
  });
  await rig.device(box, 'tablet', {}, 'tablet-2');
  await rig.projected(box);
  await rig.deposit(box, aMessage({ id: 'not applied yet' }));
  return device;
}

beforeEach(async () => {
  rig = new Erasable();
  phone = await fill(BOX);
  ({ syncToken: token = '' } = await rig.syncAll(phone));
  ({ syncToken: midway } = await rig.sync(phone, { limit: 3 }));
});

const mark = () => rig.store.all(BOX).find((item) => item.kind === 'entry' && item.erasing);
const problemOf = async (action: () => Promise<unknown>): Promise<SyncProblem> => {
  try {
    await action();
  } catch (error) {
    if (error instanceof SyncProblem) return error;
    throw error;
  }
  throw new Error('it was answered');
};

/** The message that was sent. */
function taken(erasures: Erasable['erasures']): EraseMessage {
  const [sent] = erasures;
  if (!sent) throw new Error('nothing was sent');
  return sent.message;
}

describe('[SP3] once a box is ordered to be erased', () => {
  test('its devices are unknown, and disconnected', async () => {
    rig.open.add('A');
    expect(await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs })).toBe(true);
    const { ticket } = await issueTicket(rig.core, BOX, phone.deviceId);
    await startErasing(rig.core, BOX);
    expect([...rig.open]).toEqual([]);
    expect(await rig.registry.devices(BOX)).toEqual([]);
    expect(await redeemTicket(rig.core, ticket)).toBeUndefined();
    expect(await connected(rig.core, phone, { id: 'B', atMs: rig.clock.nowMs + 1 })).toBe(false);
  });

  test('a box that is not there is not found, and nothing is ordered', async () => {
    await expect(startErasing(rig.core, OTHER)).rejects.toMatchObject({ kind: 'not-found' });
    expect(rig.erasures).toEqual([]);
    expect(rig.left(OTHER)).toBe(0);
  });

  test('commits that come in between do not hold it up', async () => {
    const { store } = rig;
    const append = store.append.bind(store);
    let between = 0;
    store.append = async (box, entry) => {
      if (entry.erasing && between++ < 3) {
        store.append = append;
        await rig.deposit(BOX, aMessage());
        store.append = appending;
      }
      return append(box, entry);
    };
    const appending = store.append;
    await startErasing(rig.core, BOX);
    expect(mark()).toBeDefined();
    expect(mark()).toEqual(rig.store.all(BOX).findLast(({ kind }) => kind === 'entry'));
    expect(between).toBe(4);
  });

  test('nothing is appended behind the mark', async () => {
    await startErasing(rig.core, BOX);
    const entries = rig.store.all(BOX).filter(({ kind }) => kind === 'entry');
    await rig.deposit(BOX, aMessage()).catch(() => undefined);
    await rig.sync(phone).catch(() => undefined);
    await startErasing(rig.core, BOX);
    expect(rig.store.all(BOX).filter(({ kind }) => kind === 'entry')).toEqual(entries);
  });
});

const headOf = async () => (await readEnd(rig.core, BOX))?.head as Head;

describe('[SP4] while it is being erased', () => {
  const registration = { instanceId: 'x' as never, preferences: {} };
  const REQUESTS: [string, () => Promise<unknown>][] = [
    ['a deposit', () => rig.deposit(BOX, aMessage())],
    ['a first synchronization', () => rig.sync(phone)],
    ['a synchronization from a token', () => rig.sync(phone, { syncToken: token })],
    ['one that had more', () => rig.sync(phone, { syncToken: midway })],
    ['one with operations', () => rig.sync(phone, { operations: [{ ...aMessage(), n: 11 }] })],
    ['one of another instance', () => rig.sync({ ...phone, instanceId: 'other' as never })],
    ['one of a device that never was', () => rig.sync({ ...phone, deviceId: 'watch' as never })],
    ['registering a new device', () => registerDevice(rig.core, BOX, 'watch' as DeviceId, registration)],
    ['registering a device again', () => rig.device(BOX, 'phone', { maxTextBytes: 1 })],
    ['listing devices', () => listDevices(rig.core, BOX)],
    ['showing a device', () => showDevice(rig.core, BOX, phone.deviceId)],
    ['revoking a device', () => revokeDevice(rig.core, BOX, phone.deviceId)],
    ['asking for a ticket', () => issueTicket(rig.core, BOX, phone.deviceId)],
    [
      'history on demand',
      () => historyOf(rig.core, BOX, 'c1' as ConversationId, { deviceId: phone.deviceId, limit: 9 }),
    ],
    ['showing the box', () => showBox(rig.core, BOX)],
    ['showing its devices to the provider', () => watchDevices(rig.core, BOX)],
    ['assigning a policy to it', () => assignToBox(rig.core, BOX, 'default' as PolicyId)],
    [
      'assigning a policy to a device',
      () => assignToDevice(rig.core, BOX, phone.deviceId, 'default' as PolicyId),
    ],
  ];

  test.each(REQUESTS)('%s is answered busy, from the mark to the last moment', async (_, request) => {
    await startErasing(rig.core, BOX);
    const expectBusy = async () => {
      const { kind, details } = await problemOf(request);
      expect([kind, details.detail]).toEqual(['busy', 'the box is being erased']);
      expect(details.retryAfterSeconds).toBeGreaterThan(0);
    };
    await expectBusy();
    // All is gone but the mark and the anchor, which wait for what may still arrive.
    const message = taken(rig.erasures);
    await erase(rig.core, message, SETTLE_SECONDS);
    expect(rig.left()).toBe(2);
    await expectBusy();
    expect(rig.left()).toBe(2);
  });

  test('ordering it again is answered like the first time, and pushes it on', async () => {
    await startErasing(rig.core, BOX);
    rig.erasures.length = 0; // its message ended among the dead letters
    rig.clock.nowMs += 3600_000;
    await startErasing(rig.core, BOX);
    expect(rig.erasures).toHaveLength(1);
    await rig.work();
    expect(rig.left()).toBe(0);
  });

  test('what was under way behind a commit ends quietly: fan-out, pushes, clearing away', async () => {
    await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs });
    rig.open.add('A');
    const commits = await rig.commits(BOX);
    for (const commit of commits) await schedulePurge(rig.core, BOX, commit);
    await rig.deposit(BOX, aMessage());
    const [last] = (await rig.commits(BOX)).slice(-1) as [Commit];
    await fanOut(rig.core, BOX, last);
    const pushes = rig.pushes.splice(0);
    expect(pushes).toHaveLength(1);
    expect(rig.purges).toHaveLength(1);
    await startErasing(rig.core, BOX);
    const before = rig.left();
    await fanOut(rig.core, BOX, last);
    for (const { message } of pushes) await notify(rig.core, message);
    for (const message of rig.purges.splice(0)) await purge(rig.core, message);
    expect(rig.frames).toEqual([]);
    expect(rig.left()).toBe(before);
    expect(rig.purges).toEqual([]);
    expect(rig.reports).toContainEqual({ event: 'pushSuppressed', why: 'notConnected' });
  });

  test('a push to a device that is still being removed is not sent', async () => {
    await rig.deposit(BOX, aMessage());
    await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs });
    rig.open.add('A');
    const [push] = rig.pushes;
    await putEraseMarker(rig.core, { box: BOX, epoch: (await headOf()).epoch });
    await notify(rig.core, (push as SentPush).message);
    expect(rig.frames).toEqual([]);
    expect(rig.reports).toContainEqual({ event: 'pushSuppressed', why: 'boxErased' });
  });
});

describe('erasing', () => {
  test('leaves nothing of the box, and all of another', async () => {
    await fill(OTHER);
    await issueTicket(rig.core, BOX, phone.deviceId);
    const others = [rig.left(OTHER), rig.store.all(OTHER)];
    expect(rig.left()).toBeGreaterThan(50);
    await startErasing(rig.core, BOX);
    await rig.work();
    expect(rig.left()).toBe(0);
    expect([rig.left(OTHER), rig.store.all(OTHER)]).toEqual(others);
  });

  test('[SP5] makes room for a new box, in which former tokens are void', async () => {
    const before = await headOf();
    await startErasing(rig.core, BOX);
    await rig.work();
    const refused = await problemOf(() => rig.sync(phone, { syncToken: token }));
    expect(refused.kind).toBe('device-not-registered');
    phone = await rig.device(BOX, 'phone');
    const head = await headOf();
    expect(head.epoch).not.toBe(before.epoch);
    expect(head).toMatchObject({ modSeq: 1, counts: { folder: 2, message: 0 } });
    for (const syncToken of [token, midway]) {
      const { reset, changes } = await rig.sync(phone, { syncToken });
      expect(reset).toBe(true);
      expect(changes?.map(({ id }) => id)).toEqual(['RCSMessageStore', 'default']);
    }
    const again = await rig.sync(phone, { operations: [{ ...aMessage({ id: 'm1' }), n: 1 }] });
    expect(again.results).toMatchObject([{ n: 1, status: 'applied', modSeq: 2 }]);
  });

  test('is over only when what was under way before the mark has surely arrived', async () => {
    await startErasing(rig.core, BOX);
    const orderedMs = rig.clock.nowMs;
    const message = taken(rig.erasures.splice(0));
    await erase(rig.core, message, SETTLE_SECONDS);
    const late = { kind: 'folderName', sk: 'N##late', version: 1, folderId: 'f' } as StoredItem;
    rig.lay(BOX, late); // of an entry that was appended before, applied only now
    expect(rig.erasures).toEqual([{ message, delaySeconds: SETTLE_SECONDS }]);
    rig.clock.nowMs += (SETTLE_SECONDS - 1) * 1000; // a message may come early
    await erase(rig.core, message, SETTLE_SECONDS);
    expect(mark()).toBeDefined();
    expect(rig.erasures.at(-1)).toEqual({ message, delaySeconds: 1 });
    rig.lay(BOX, late);
    rig.clock.nowMs = orderedMs + SETTLE_SECONDS * 1000;
    await erase(rig.core, message, SETTLE_SECONDS);
    expect(rig.left()).toBe(0);
  });

  test('takes the mark away last, behind the anchor, so that nobody finds a box that is not whole', async () => {
    await startErasing(rig.core, BOX);
    const message = taken(rig.erasures.splice(0));
    const { remove } = rig.store;
    const removed: string[] = [];
    rig.store.remove = async (box, keys, upTo) => {
      await remove.call(rig.store, box, keys, upTo);
      removed.push(...keys);
      if (rig.left() > 0) await expect(rig.deposit(BOX, aMessage())).rejects.toMatchObject({ kind: 'busy' });
    };
    rig.clock.nowMs += SETTLE_SECONDS * 1000;
    await erase(rig.core, message, SETTLE_SECONDS);
    expect(removed.at(-2)).toBe('L~ANCHOR');
    expect(removed.at(-1)).toMatch(/^L#/);
    expect(rig.left()).toBe(0);
  });

  test('of a large box goes on from message to message, in pieces', async () => {
    let largest = 0;
    const remove = rig.store.remove.bind(rig.store);
    rig.store.remove = async (box, keys, upTo) => {
      largest = Math.max(largest, keys.length);
      return remove(box, keys, upTo);
    };
    for (let i = 0; i < 12_000; i++) {
      rig.lay(BOX, { kind: 'folderName', sk: `N##${i}`, version: 1, folderId: 'f' as never });
    }
    await startErasing(rig.core, BOX);
    let messages = 0;
    for (let next = rig.erasures.shift(); next; next = rig.erasures.shift()) {
      messages++;
      rig.clock.nowMs += next.delaySeconds * 1000;
      await erase(rig.core, next.message, 5);
    }
    expect(rig.left()).toBe(0);
    expect(messages).toBeGreaterThan(3);
    expect(largest).toBe(100);
    const told = rig.reports.filter(({ event }) => event === 'erasedItems');
    expect(told.reduce((sum, { items }) => sum + Number(items), 0)).toBeGreaterThan(12_000);
  });

  test('a message that comes late, or twice, leaves a box alone that was made anew', async () => {
    await startErasing(rig.core, BOX);
    const message = taken(rig.erasures);
    await rig.work();
    await erase(rig.core, message, SETTLE_SECONDS); // of a box that is gone
    expect(rig.left()).toBe(0);
    await fill(BOX);
    const [items, others] = [rig.store.all(BOX), rig.left()];
    await erase(rig.core, message, SETTLE_SECONDS);
    expect(rig.store.all(BOX)).toEqual(items);
    expect(rig.left()).toBe(others);
  });

  test('two at once are in nobody’s way', async () => {
    await startErasing(rig.core, BOX);
    const message = taken(rig.erasures.splice(0));
    rig.clock.nowMs += SETTLE_SECONDS * 1000;
    await Promise.all(many(3, () => erase(rig.core, message, SETTLE_SECONDS)));
    expect(rig.left()).toBe(0);
    expect(rig.erasures).toEqual([]);
  });

  test('is busy when others write each time before the mark is set, so that the message comes again', async () => {
    const { epoch } = await headOf();
    const append = rig.store.append.bind(rig.store);
    const appending = async (box: BoxId, entry: LogEntry) => {
      rig.store.append = append;
      await rig.deposit(BOX, aMessage());
      rig.store.append = appending;
      return append(box, entry);
    };
    rig.store.append = appending;
    await expect(erase(rig.core, { box: BOX, epoch }, SETTLE_SECONDS)).rejects.toMatchObject({
      kind: 'busy',
    });
    rig.store.append = append;
    await startErasing(rig.core, BOX);
    await rig.work();
    expect(rig.left()).toBe(0);
  });

  test('leaves connections and items of a box alone that is made anew while it is stopped', async () => {
    await startErasing(rig.core, BOX);
    const message = taken(rig.erasures);
    const mark = await putEraseMarker(rig.core, message);
    await rig.work();
    phone = await fill(BOX);
    await connected(rig.core, phone, { id: 'N', atMs: rig.clock.nowMs });
    rig.open.add('N');
    const items = rig.store.all(BOX);
    await removeDevices(rig.core, BOX, mark as EraseMarker);
    expect([...rig.open]).toEqual(['N']);
    expect(rig.store.all(BOX)).toEqual(items);
  });
});

test('[SP4] a record of the stream that comes after the box was erased brings nothing back', async () => {
  const entries = await rig.entries(BOX);
  await startErasing(rig.core, BOX);
  await rig.work();
  for (const entry of entries) await projectEntries(rig.core, BOX, [entry]);
  expect(rig.left()).toBe(0);
  await fill(BOX);
  const items = rig.store.all(BOX);
  for (const entry of entries) await projectEntries(rig.core, BOX, [entry]);
  expect(rig.store.all(BOX)).toEqual(items);
});
