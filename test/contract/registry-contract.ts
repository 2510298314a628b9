import type { ViewWrite } from '../../core/model/effects.js';
import type { BoxId, DeviceProgress, Idempotency, StoredDevice } from '../../core/model/items.js';
import { deviceKey, idempotencyKey } from '../../core/model/keys.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { DeviceName, Registry } from '../../core/ports/registry.js';
import type { ProgressChange, Store } from '../../core/ports/store.js';
import type { DeviceId, InstanceId, PolicyId } from '../../protocol/ids.js';
import { anItem } from '../support/store-items.js';
import { describeTickets, PHONE } from './registry-tickets-contract.js';

let boxes = 0;
const PHONE_KEY = deviceKey(PHONE);

/** A device as a log entry registers it. `since` and version come from the entry. */
const aDevice = (version: number, more: Partial<StoredDevice> = {}): StoredDevice => ({
  kind: 'device',
  sk: deviceKey(more.deviceId ?? PHONE),
  version,
  deviceId: PHONE,
  instanceId: 'i1' as InstanceId,
  since: version,
  scopeVersion: 1,
  scopeNonces: ['scope'],
  preferencesNonce: 'preferences',
  policiesDigest: 'digest',
  syncedModSeq: 0,
  ...more,
});

const registration = (device: StoredDevice): ViewWrite => {
  const { syncedModSeq: _, ...content } = device;
  return { sk: device.sk, version: device.version, content: content as StoredItem };
};

const aRecord = (since: number, lastN: number): Idempotency => ({
  since,
  lastN,
  firstN: lastN,
  digests: [`digest ${lastN}`],
  results: [{ n: lastN, status: 'unchanged' }],
});

const recording = (version: number, record: Idempotency | null, deviceId = PHONE): ViewWrite => ({
  sk: deviceKey(deviceId),
  version,
  state: record,
});

/**
 * The contract of core/ports/registry.ts, and the effects of projecting on devices. Each test has its own
 * box.
 */
export function describeRegistry(
  name: string,
  open: () => Promise<{ registry: Registry; store: Store }>,
): void {
  describe(`the registry ${name}`, () => {
    let registry: Registry;
    let store: Store;
    let box: BoxId;

    beforeEach(async () => {
      ({ registry, store } = await open());
      box = `tel:+1666${process.pid}${++boxes}` as BoxId;
    });

    const project = (...writes: ViewWrite[]) => store.project(box, writes);
    const done = { outcome: 'done', dropped: [] };
    const nameOf = ({ deviceId, instanceId }: StoredDevice): DeviceName => ({ box, deviceId, instanceId });
    const device = async () => (await registry.device(box, PHONE)) as StoredDevice;

    const registered = async (progress: ProgressChange = {}, version = 5) => {
      const made = aDevice(version);
      expect(await project(registration(made))).toEqual(done);
      if (Object.keys(progress).length > 0) {
        expect(await registry.patch(nameOf(made), { set: progress })).toBe(true);
      }
      return { ...made, ...progress } as StoredDevice;
    };

    const PROGRESS: DeviceProgress = {
      syncedModSeq: 7,
      syncedAtMs: 1,
      connectionId: 'A',
      connectedAtMs: 3,
      announcedModSeq: 6,
      pendingPushModSeq: 8,
      pendingPushDueMs: 9,
      lastPushAtMs: 2,
    };

    describe('the registration of a device', () => {
      test('adds it to its own box only', async () => {
        const phone = await registered();
        const tablet = aDevice(6, { deviceId: 'tablet "#～' as DeviceId, policyId: 'p' as PolicyId });
        await project(registration(tablet));
        expect(await registry.device(box, PHONE)).toEqual(phone);
        expect(await registry.device(box, tablet.deviceId)).toEqual(tablet);
        expect([...(await registry.devices(box))].sort((a, b) => a.version - b.version)).toEqual([
          phone,
          tablet,
        ]);
        expect(await store.get(box, [PHONE_KEY])).toEqual(new Map([[PHONE_KEY, phone]]));
        const other = `${box}9` as BoxId;
        expect(await registry.device(other, PHONE)).toBeUndefined();
        expect(await registry.devices(other)).toEqual([]);
      });

      test('keeps its progress and its recorded answer when it gets another version', async () => {
        await registered(PROGRESS);
        await project(recording(6, aRecord(5, 1)));
        const next = aDevice(7, { since: 5, scopeVersion: 2, scopeNonces: ['new', 'scope'] });
        expect(await project(registration(next))).toEqual(done);
        expect(await device()).toEqual({
          ...next,
          ...PROGRESS,
          stateVersion: 6,
          idempotency: aRecord(5, 1),
        });
      });

      test('sets a policy, and removes it when registered without one', async () => {
        await registered();
        await project(registration(aDevice(6, { since: 5, policyId: 'p' as PolicyId })));
        expect(await device()).toMatchObject({ policyId: 'p' });
        await project(registration(aDevice(7, { since: 5 })));
        expect(await device()).not.toHaveProperty('policyId');
      });

      test('of another instance resets progress, and returns the dropped connection', async () => {
        await registered(PROGRESS);
        await project(recording(6, aRecord(5, 4)));
        const next = aDevice(9, { instanceId: 'i2' as InstanceId });
        const write = { ...registration(next), state: null };
        expect(await project(write)).toEqual({ outcome: 'done', dropped: ['A'] });
        expect(await device()).toEqual({ ...next, stateVersion: 9 });
        expect(await project(write)).toEqual(done); // a repetition drops no connection
      });

      test('of another instance without a connection drops none', async () => {
        await registered({ syncedModSeq: 7 });
        expect(await project(registration(aDevice(9, { instanceId: 'i2' as InstanceId })))).toEqual(done);
        expect((await device()).syncedModSeq).toBe(0);
      });

      test('resets progress too when the same instance begins again', async () => {
        await registered(PROGRESS);
        expect(await project(registration(aDevice(9)))).toEqual({ outcome: 'done', dropped: ['A'] });
        expect(await device()).toEqual(aDevice(9));
      });

      test('changes nothing when it is older than the stored one', async () => {
        await registered(PROGRESS, 9);
        const late = [
          aDevice(5),
          aDevice(9, { instanceId: 'i2' as InstanceId }),
          aDevice(8, { since: 9, scopeVersion: 5 }),
        ];
        for (const each of late) expect(await project(registration(each))).toEqual(done);
        expect(await device()).toEqual({ ...aDevice(9), ...PROGRESS });
      });

      test('ends when the device is revoked: its connection is dropped, and the device no longer exists', async () => {
        const read = await registered(PROGRESS);
        const revoked: StoredItem = { kind: 'revokedDevice', sk: PHONE_KEY, version: 8, scopeVersion: 3 };
        const write: ViewWrite = { sk: PHONE_KEY, version: 8, content: revoked, state: null };
        expect(await project(write)).toEqual({ outcome: 'done', dropped: ['A'] });
        expect(await registry.device(box, PHONE)).toBeUndefined();
        expect(await registry.devices(box)).toEqual([]);
        expect((await store.get(box, [PHONE_KEY])).get(PHONE_KEY)).toMatchObject({
          kind: 'revokedDevice',
          scopeVersion: 3,
        });
        expect(await registry.patch(nameOf(read), { set: { syncedModSeq: 9 } })).toBe(false);
        expect(await registry.exchange(nameOf(read), { set: { syncedModSeq: 9 } })).toBeUndefined();
        expect(await project(registration(read))).toEqual(done); // a late repetition
        expect(await registry.device(box, PHONE)).toBeUndefined();
        const anew = aDevice(9, { instanceId: 'i2' as InstanceId, scopeVersion: 4 });
        await project({ ...registration(anew), state: null });
        expect(await device()).toEqual({ ...anew, stateVersion: 9 });
      });
    });

    describe('the recorded answer to a device', () => {
      test('is kept beside the registration, only the newest one', async () => {
        await registered();
        expect(await project(recording(7, aRecord(5, 2)))).toEqual(done);
        expect(await project(recording(6, aRecord(5, 1)))).toEqual(done);
        expect(await device()).toEqual({ ...aDevice(5), stateVersion: 7, idempotency: aRecord(5, 2) });
      });

      test('waits for its registration', async () => {
        expect(await project(recording(7, aRecord(5, 1)))).toEqual({ outcome: 'waits', dropped: [] });
        expect(await registry.device(box, PHONE)).toBeUndefined();
        await registered({}, 3);
        expect(await project(recording(7, aRecord(5, 1)))).toEqual({ outcome: 'waits', dropped: [] });
        expect(await device()).toEqual(aDevice(3));
        await project(registration(aDevice(5)));
        expect(await project(recording(7, aRecord(5, 1)))).toEqual(done);
        expect((await device()).idempotency).toEqual(aRecord(5, 1));
      });

      test('does not wait when its registration is in the same call', async () => {
        expect(await project(registration(aDevice(5)), recording(7, aRecord(5, 1)))).toEqual(done);
        expect(await device()).toMatchObject({ version: 5, stateVersion: 7 });
      });

      test('is dropped and does not wait when another instance was registered since', async () => {
        await registered({}, 9);
        expect(await project(recording(7, aRecord(5, 1)))).toEqual(done);
        expect(await device()).not.toHaveProperty('idempotency');
      });

      test('does not wait when the device was revoked since', async () => {
        const revoked: StoredItem = { kind: 'revokedDevice', sk: PHONE_KEY, version: 8, scopeVersion: 3 };
        await project({ sk: PHONE_KEY, version: 8, content: revoked, state: null });
        expect(await project(recording(7, aRecord(5, 1)))).toEqual(done);
        expect(await registry.device(box, PHONE)).toBeUndefined();
      });

      test('is stored in a separate item when it is large, and does not delay the rest of the call', async () => {
        const aside: StoredItem = {
          kind: 'idempotency',
          sk: idempotencyKey(PHONE),
          version: 7,
          record: aRecord(5, 1),
        };
        const writes = [recording(7, aRecord(5, 1)), { sk: aside.sk, version: 7, content: aside }];
        expect((await project(...writes, { sk: 'A#1', version: 7, content: anItem('A#1', 7) })).outcome).toBe(
          'waits',
        );
        expect((await store.get(box, [aside.sk, 'A#1'])).size).toBe(2);
      });
    });

    describe('an advance together with a projection', () => {
      const set = { syncedModSeq: 9, syncedAtMs: 4 };

      test('changes the progress of the device, with a recorded answer or alone', async () => {
        const read = await registered({ connectionId: 'A' });
        const advance = { ...nameOf(read), set };
        expect(await store.project(box, [recording(7, aRecord(5, 1))], advance)).toEqual(done);
        expect(await device()).toEqual({ ...read, ...set, stateVersion: 7, idempotency: aRecord(5, 1) });
        const further = { ...advance, set: { syncedModSeq: 10 } };
        expect(await store.project(box, [], further)).toEqual(done);
        expect(await device()).toMatchObject({ syncedModSeq: 10, syncedAtMs: 4 });
      });

      test('takes effect when the answer was recorded before', async () => {
        const read = await registered();
        await project(recording(7, aRecord(5, 1)));
        expect(await store.project(box, [recording(7, aRecord(5, 1))], { ...nameOf(read), set })).toEqual(
          done,
        );
        expect(await device()).toMatchObject({ ...set, stateVersion: 7 });
      });

      test('keeps the recorded answer of another device', async () => {
        const read = await registered();
        const tablet = aDevice(6, { deviceId: 'tablet' as DeviceId });
        await project(registration(tablet));
        const write = recording(8, aRecord(6, 1), tablet.deviceId);
        expect(await store.project(box, [write], { ...nameOf(read), set })).toEqual(done);
        expect(await device()).toMatchObject(set);
        expect(await registry.device(box, tablet.deviceId)).toMatchObject({
          syncedModSeq: 0,
          stateVersion: 8,
        });
      });

      test.each([
        ['another instance', { instanceId: 'i0' as InstanceId }],
        ['a device that does not exist', { deviceId: 'tablet' as DeviceId }],
      ])('of %s returns deviceGone, and the items are written', async (_, other) => {
        const read = await registered();
        const advance = { ...nameOf(read), ...other, set };
        const write: ViewWrite = { sk: 'A#1', version: 7, content: anItem('A#1', 7) };
        expect(await store.project(box, [write], advance)).toEqual({ outcome: 'deviceGone', dropped: [] });
        expect(await device()).toEqual(read);
        expect((await store.get(box, ['A#1'])).size).toBe(1);
      });

      test('with the recorded answer of a former instance does not change the new one', async () => {
        const read = await registered();
        await project({ ...registration(aDevice(8, { instanceId: 'i2' as InstanceId })), state: null });
        const outcome = await store.project(box, [recording(7, aRecord(5, 1))], { ...nameOf(read), set });
        expect(outcome.outcome).toBe('deviceGone');
        expect(await device()).toMatchObject({ instanceId: 'i2', syncedModSeq: 0 });
      });
    });

    describe('a patch of progress', () => {
      test('sets some fields, removes others and leaves the rest', async () => {
        const read = await registered(PROGRESS);
        const change = { pendingPushModSeq: undefined, pendingPushDueMs: undefined, lastPushAtMs: 7 };
        expect(await registry.patch(nameOf(read), { set: change })).toBe(true);
        const { pendingPushModSeq: _, pendingPushDueMs: __, ...rest } = read;
        expect(await device()).toEqual({ ...rest, lastPushAtMs: 7 });
      });

      test.each<[string, ProgressChange, boolean]>([
        ['a number is as it was read', { pendingPushModSeq: 5 }, true],
        ['a number is another by now', { pendingPushModSeq: 4 }, false],
        ['a text is as it was read', { connectionId: 'A' }, true],
        ['a text is another by now', { connectionId: 'B' }, false],
        ['a field is absent, as it was', { announcedModSeq: undefined }, true],
        ['a field has come since', { pendingPushModSeq: undefined }, false],
        ['a field has gone since', { announcedModSeq: 3 }, false],
        ['one of two fields is another by now', { pendingPushModSeq: 5, connectionId: undefined }, false],
      ])('where %s (%j): %s', async (_, expect_, isDone) => {
        const read = await registered({ pendingPushModSeq: 5, connectionId: 'A' });
        expect(await registry.patch(nameOf(read), { set: { lastPushAtMs: 9 }, expect: expect_ })).toBe(
          isDone,
        );
        expect((await device()).lastPushAtMs).toBe(isDone ? 9 : undefined);
      });

      test('may expect and change the same field', async () => {
        const read = nameOf(await registered({ pendingPushModSeq: 5 }));
        expect(
          await registry.patch(read, { set: { pendingPushModSeq: 6 }, expect: { pendingPushModSeq: 5 } }),
        ).toBe(true);
        expect(
          await registry.patch(read, { set: { pendingPushModSeq: 7 }, expect: { pendingPushModSeq: 5 } }),
        ).toBe(false);
        expect(
          await registry.patch(read, {
            set: { pendingPushModSeq: undefined },
            expect: { pendingPushModSeq: 6 },
          }),
        ).toBe(true);
        expect((await device()).pendingPushModSeq).toBeUndefined();
      });

      test('as an exchange returns the previous device, or nothing when it has no effect', async () => {
        const read = await registered({ pendingPushModSeq: 5, lastPushAtMs: 3 });
        const exchange = {
          set: { pendingPushModSeq: undefined, lastPushAtMs: 7 },
          expect: { pendingPushModSeq: 5 },
        };
        expect(await registry.exchange(nameOf(read), exchange)).toEqual(read);
        expect(await registry.exchange(nameOf(read), exchange)).toBeUndefined();
        const { pendingPushModSeq: _, ...rest } = read;
        expect(await device()).toEqual({ ...rest, lastPushAtMs: 7 });
      });

      test('has no effect for another instance, nor for a device that does not exist', async () => {
        const read = await registered();
        const other = { ...nameOf(read), instanceId: 'i0' as InstanceId };
        expect(await registry.patch(other, { set: { syncedModSeq: 9 } })).toBe(false);
        expect((await device()).syncedModSeq).toBe(0);
        const nobody = { ...nameOf(read), deviceId: 'tablet' as DeviceId };
        expect(await registry.patch(nobody, { set: { syncedModSeq: 9 } })).toBe(false);
        expect(await registry.device(box, nobody.deviceId)).toBeUndefined();
      });

      test('is kept when the device registers again at the same time', async () => {
        const read = await registered();
        const next = registration(aDevice(7, { since: 5, scopeVersion: 2 }));
        const [, isDone] = await Promise.all([
          project(next),
          registry.patch(nameOf(read), { set: { syncedModSeq: 9 } }),
        ]);
        expect(isDone).toBe(true);
        expect(await device()).toMatchObject({ scopeVersion: 2, syncedModSeq: 9 });
      });
    });

    test('the list of a box with many devices is complete', async () => {
      const count = 60;
      await project(
        ...Array.from({ length: count }, (_, i) =>
          registration(aDevice(5, { deviceId: `device ${i}` as DeviceId })),
        ),
      );
      expect(await registry.devices(box)).toHaveLength(count);
    });

    describe('policies', () => {
      test('are absent until they are put, and then are as last put', async () => {
        const id = `policy ～ ${box}` as PolicyId;
        expect(await registry.policy(id)).toBeUndefined();
        await registry.putPolicy(id, { retentionDays: 7 });
        expect(await registry.policy(id)).toEqual({ retentionDays: 7 });
        await registry.putPolicy(id, {});
        expect(await registry.policy(id)).toEqual({});
      });
    });

    describeTickets(() => ({ registry, box }));
  });
}
