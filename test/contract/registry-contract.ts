import type { DeviceRecord, Registry } from '../../core/ports/registry.js';
import { effectiveOf } from '../../core/scope/effective.js';
import type { BoxId } from '../../core/model/items.js';
import type { Store } from '../../core/ports/store.js';
import type { ConversationId, DeviceId, FolderId, InstanceId, PolicyId } from '../../protocol/ids.js';
import { describeTicketsAndErasing, PHONE, recordOf } from './registry-tickets-contract.js';
import { anItem } from './store-contract.js';

let boxes = 0;

/** What core/registry.ts promises. Each test has a box of its own; policies and tickets have names of their own. */
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

    const aRecord = (more: Partial<DeviceRecord> = {}) => recordOf(box, more);

    const registered = async (more: Partial<DeviceRecord> = {}) => {
      const record = aRecord(more);
      expect(await registry.register(record, undefined, [])).toBe('written');
      return record;
    };

    const device = async () => (await registry.device(box, PHONE)) as DeviceRecord;

    const without = (folder: string) => {
      const preferences = { folders: [folder as FolderId], excludeConversations: ['c7' as ConversationId] };
      return { preferences, effective: effectiveOf(preferences, []) };
    };

    describe('registering a new device', () => {
      test('makes it one of its box, with all that is known of it', async () => {
        const record = await registered({
          name: 'Pixel 9 ～',
          policyId: 'p' as PolicyId,
          boxPolicyId: 'q' as PolicyId,
          ...without('f"#1'),
          syncedModSeq: 12,
          connectionId: 'abc=',
          connectedAtMs: 5,
          announcedModSeq: 11,
          pushBy: 10,
          pushDueMs: 6,
          lastPushAtMs: 4,
        });
        expect(await registry.device(box, PHONE)).toEqual(record);
        expect(await registry.devices(box)).toEqual([record]);
      });

      test('writes into the box in the same step', async () => {
        await registry.register(aRecord(), undefined, [{ put: anItem('R#phone'), when: 'absent' }]);
        expect([...(await store.get(box, ['R#phone'])).keys()]).toEqual(['R#phone']);
      });

      test('is refused where the box refuses, and nothing is written', async () => {
        await store.write(box, [{ put: anItem('R#phone'), when: 'absent' }]);
        const writes = [
          { put: anItem('R#other'), when: 'absent' as const },
          { put: anItem('R#phone', 2), when: 'absent' as const },
        ];
        expect(await registry.register(aRecord(), undefined, writes)).toBe('refused');
        expect(await registry.device(box, PHONE)).toBeUndefined();
        expect(await registry.lastScopeVersion(box, PHONE)).toBe(0);
        expect((await store.get(box, ['R#other'])).size).toBe(0);
      });

      test('is refused where one of its id is registered already', async () => {
        await registered();
        expect(await registry.register(aRecord({ name: 'late' }), undefined, [])).toBe('refused');
        expect((await registry.device(box, PHONE))?.name).toBeUndefined();
      });

      test('does not touch other boxes', async () => {
        await registered();
        const other = `${box}9` as BoxId;
        expect(await registry.device(other, PHONE)).toBeUndefined();
        expect(await registry.devices(other)).toEqual([]);
        expect(await registry.scopes(other, PHONE, [1])).toEqual(new Map());
      });
    });

    describe('registering the same instance again', () => {
      test('changes what registering is about and keeps connection, pushes and position as they are by now', async () => {
        const read = await registered({ name: 'old' });
        const state = {
          syncedModSeq: 7,
          connectionId: 'A',
          connectedAtMs: 3,
          announcedModSeq: 6,
          pushBy: 8,
          pushDueMs: 9,
          lastPushAtMs: 2,
        };
        await registry.patch(read, { set: state });
        const next = { ...read, name: 'new', ...without('f1'), scopeVersion: 2 };
        expect(await registry.register(next, read, [])).toBe('written');
        expect(await registry.device(box, PHONE)).toEqual({ ...next, ...state });
      });

      test('without a name takes the name away', async () => {
        const read = await registered({ name: 'old' });
        const { name: _, ...nameless } = read;
        expect(await registry.register(nameless, read, [])).toBe('written');
        expect(await registry.device(box, PHONE)).toEqual(nameless);
      });
    });

    test('a new instance takes over nothing of the former one', async () => {
      const read = await registered({ name: 'old', connectionId: 'A', connectedAtMs: 3, pushBy: 8 });
      const next = aRecord({ instanceId: 'i2' as InstanceId, scopeVersion: 2 });
      expect(await registry.register(next, read, [])).toBe('written');
      expect(await registry.device(box, PHONE)).toEqual(next);
    });

    describe('registering what was read too long ago is refused', () => {
      test('when the scope has changed since', async () => {
        const read = await registered();
        await registry.register({ ...read, scopeVersion: 2, name: 'first' }, read, []);
        expect(await registry.register({ ...read, scopeVersion: 2, name: 'second' }, read, [])).toBe(
          'refused',
        );
        expect((await registry.device(box, PHONE))?.name).toBe('first');
      });

      test.each([
        ['it was assigned a policy', { policyId: 'small' as PolicyId }],
        ['its box was assigned a policy', { boxPolicyId: 'small' as PolicyId }],
      ])('when %s since, by the same instance or another one', async (_, set) => {
        const read = await registered();
        await registry.patch(read, { set });
        expect(await registry.register({ ...read, name: 'late' }, read, [])).toBe('refused');
        const other = { ...read, instanceId: 'i2' as InstanceId };
        expect(await registry.register(other, read, [])).toBe('refused');
        expect(await device()).toEqual({ ...read, ...set });
      });

      test.each([
        ['preferences', { preferences: { pushWindowMs: 9 } }],
        ['effective', { effective: { ...without('f1').effective, pushWindowMs: 9 } }],
      ])('when its %s have changed since, though not its scope', async (_, changed) => {
        const read = await registered();
        await registry.register({ ...read, ...changed }, read, []);
        expect(await registry.register({ ...read, name: 'late' }, read, [])).toBe('refused');
        expect(await device()).toEqual({ ...read, ...changed });
      });

      test('when another instance has taken over since', async () => {
        const read = await registered();
        const second = aRecord({ instanceId: 'i2' as InstanceId });
        await registry.register(second, read, []);
        expect(await registry.register({ ...read, name: 'late' }, read, [])).toBe('refused');
        expect(await registry.device(box, PHONE)).toEqual(second);
      });

      test.each([
        ['was made', undefined, 'B'],
        ['was replaced', 'A', 'B'],
        ['was closed', 'A', undefined],
      ])(
        'when another instance would not know of a connection that %s since',
        async (_, connectionId, now) => {
          const read = await registered({ connectionId });
          await registry.patch(read, { set: { connectionId: now } });
          const next = aRecord({ instanceId: 'i2' as InstanceId });
          expect(await registry.register(next, read, [])).toBe('refused');
          expect(await registry.register(next, await device(), [])).toBe('written');
        },
      );

      test('but not by the same instance because it has connected since', async () => {
        const read = await registered();
        await registry.patch(read, { set: { connectionId: 'B' } });
        expect(await registry.register({ ...read, name: 'new' }, read, [])).toBe('written');
        expect(await device()).toMatchObject({ name: 'new', connectionId: 'B' });
      });

      test('when the device was revoked since', async () => {
        const read = await registered();
        await registry.revoke(read, []);
        expect(await registry.register({ ...read, name: 'late' }, read, [])).toBe('refused');
        expect(await registry.device(box, PHONE)).toBeUndefined();
      });
    });

    describe('scopes', () => {
      const withVersions = async (deviceId: string, last: number) => {
        let record = await registered({ deviceId: deviceId as DeviceId, ...without('f1') });
        for (let version = 2; version <= last; version++) {
          const next = { ...record, ...without(`f${version}`), scopeVersion: version };
          expect(await registry.register(next, record, [])).toBe('written');
          record = next;
        }
        return record;
      };

      test('the last four are kept', async () => {
        await withVersions('phone', 6);
        const kept = await registry.scopes(box, PHONE, [1, 2, 3, 4, 5, 6, 7]);
        expect([...kept.keys()].sort()).toEqual([3, 4, 5, 6]);
        expect(kept.get(3)).toEqual(without('f3').effective);
        expect(await registry.lastScopeVersion(box, PHONE)).toBe(6);
      });

      test('only those that are asked for are given', async () => {
        await withVersions('phone', 3);
        expect([...(await registry.scopes(box, PHONE, [2])).keys()]).toEqual([2]);
        expect(await registry.scopes(box, PHONE, [])).toEqual(new Map());
      });

      test('the number of the last one is known after the device was revoked', async () => {
        await registry.revoke(await withVersions('phone', 3), []);
        expect(await registry.lastScopeVersion(box, PHONE)).toBe(3);
      });

      test('belong to their device, whatever its id begins with', async () => {
        await withVersions('a', 2);
        await withVersions('a#', 4);
        await withVersions('a#0000000009', 1);
        const last = (id: string) => registry.lastScopeVersion(box, id as DeviceId);
        expect([await last('a'), await last('a#'), await last('a#0000000009'), await last('b')]).toEqual([
          2, 4, 1, 0,
        ]);
        expect((await registry.devices(box)).map(({ deviceId }) => deviceId).sort()).toEqual([
          'a',
          'a#',
          'a#0000000009',
        ]);
      });
    });

    describe('policies', () => {
      const id = () => `policy ${++boxes}` as PolicyId;

      test('are given as they were put, the last one', async () => {
        const policy = id();
        await registry.putPolicy(policy, { retentionDays: 3, maxMessageAgeDays: { 'file-message': 9 } });
        await registry.putPolicy(policy, { elementTypes: ['folder'], minPushWindowMs: 0 });
        expect(await registry.policy(policy)).toEqual({ elementTypes: ['folder'], minPushWindowMs: 0 });
      });

      test('that were never put are none', async () => {
        expect(await registry.policy(id())).toBeUndefined();
      });
    });

    describe('patch', () => {
      test('sets and removes fields, and leaves the others', async () => {
        const read = await registered({ name: 'Pixel', pushBy: 5, pushDueMs: 6 });
        expect(
          await registry.patch(read, { set: { pushBy: undefined, pushDueMs: undefined, lastPushAtMs: 7 } }),
        ).toBe(true);
        const { pushBy: _, pushDueMs: __, ...rest } = read;
        expect(await device()).toEqual({ ...rest, lastPushAtMs: 7 });
      });

      test.each([
        ['a number is as it was read', { pushBy: 5 }, true],
        ['a number is another by now', { pushBy: 4 }, false],
        ['a text is as it was read', { connectionId: 'A' }, true],
        ['a text is another by now', { connectionId: 'B' }, false],
        ['a field is absent, as it was', { announcedModSeq: undefined }, true],
        ['a field has come since', { pushBy: undefined }, false],
        ['a field has gone since', { announcedModSeq: 3 }, false],
        ['one of two fields is another by now', { pushBy: 5, connectionId: undefined }, false],
      ])('where %s (%j): %s', async (_, expect_, done) => {
        const read = await registered({ pushBy: 5, connectionId: 'A' });
        expect(await registry.patch(read, { set: { lastPushAtMs: 9 }, expect: expect_ })).toBe(done);
        expect((await device()).lastPushAtMs).toBe(done ? 9 : undefined);
      });

      test('may expect and change the same field', async () => {
        const read = await registered({ pushBy: 5 });
        expect(await registry.patch(read, { set: { pushBy: 6 }, expect: { pushBy: 5 } })).toBe(true);
        expect(await registry.patch(read, { set: { pushBy: 7 }, expect: { pushBy: 5 } })).toBe(false);
        expect(await registry.patch(read, { set: { pushBy: undefined }, expect: { pushBy: 6 } })).toBe(true);
        expect((await device()).pushBy).toBeUndefined();
      });

      test('as an exchange gives the record as it was before, or nothing where it is not done', async () => {
        const read = await registered({ pushBy: 5, lastPushAtMs: 3 });
        const exchange = { set: { pushBy: undefined, lastPushAtMs: 7 }, expect: { pushBy: 5 } };
        expect(await registry.exchange(read, exchange)).toEqual(read);
        expect(await registry.exchange(read, exchange)).toBeUndefined();
        const { pushBy: _, ...rest } = read;
        expect(await device()).toEqual({ ...rest, lastPushAtMs: 7 });
      });

      test('is not done for another instance', async () => {
        const read = await registered();
        const other = { ...read, instanceId: 'i0' as InstanceId };
        expect(await registry.patch(other, { set: { syncedModSeq: 9 } })).toBe(false);
        expect((await device()).syncedModSeq).toBe(0);
      });

      test('does not bring a revoked device back', async () => {
        const read = await registered();
        await registry.revoke(read, []);
        expect(await registry.patch(read, { set: { syncedModSeq: 9 } })).toBe(false);
        expect(await registry.device(box, PHONE)).toBeUndefined();
        expect(await registry.devices(box)).toEqual([]);
      });
    });

    describe('revoke', () => {
      test('takes the device and what the box keeps of it in one step', async () => {
        const read = await registered();
        await store.write(box, [{ put: anItem('R#phone', 4), when: 'absent' }]);
        expect(await registry.revoke(read, [{ remove: 'R#phone', when: { version: 4 } }])).toBe('written');
        expect(await registry.device(box, PHONE)).toBeUndefined();
        expect(await store.get(box, ['R#phone'])).toEqual(new Map());
      });

      test('is refused where the box refuses, and the device stays', async () => {
        const read = await registered();
        await store.write(box, [{ put: anItem('R#phone', 4), when: 'absent' }]);
        expect(await registry.revoke(read, [{ remove: 'R#phone', when: { version: 3 } }])).toBe('refused');
        expect(await registry.device(box, PHONE)).toEqual(read);
        expect((await store.get(box, ['R#phone'])).size).toBe(1);
      });

      test.each([
        ['was made', undefined, 'B'],
        ['was replaced', 'A', 'B'],
        ['was closed', 'A', undefined],
      ])(
        'is refused where its connection %s since, so that whoever revokes knows which to close',
        async (_, connectionId, now) => {
          const read = await registered({ connectionId });
          await registry.patch(read, { set: { connectionId: now } });
          expect(await registry.revoke(read, [])).toBe('refused');
          expect(await registry.revoke(await device(), [])).toBe('written');
        },
      );

      test('is refused for another instance, and for a device that is not there', async () => {
        const read = await registered();
        expect(await registry.revoke({ ...read, instanceId: 'i0' as InstanceId }, [])).toBe('refused');
        expect(await registry.device(box, PHONE)).toEqual(read);
        expect(await registry.revoke(aRecord({ deviceId: 'tablet' as DeviceId }), [])).toBe('refused');
      });
    });

    describeTicketsAndErasing(() => ({ registry, store, box }));
  });
}
