import type { Device, ListedDevice } from '../../protocol/device.js';
import type { DeviceRegistration } from '../../protocol/device-registration.js';
import type { DeviceId } from '../../protocol/ids.js';
import {
  ELEMENT_MAX_BYTES,
  FRAME_MAX_BYTES,
  OPERATIONS_MAX,
  PAGE_MAX,
  REQUEST_MAX_BYTES,
} from '../../protocol/limits.js';
import { readTail } from '../log/tail.js';
import { type BoxView, viewOf } from '../log/view.js';
import type { BoxId, Idempotency, StoredDevice } from '../model/items.js';
import {
  behindKey,
  DEVICES,
  deviceKey,
  endOf,
  formerInstanceKey,
  idempotencyKey,
  preferencesKey,
  scopeKey,
} from '../model/keys.js';
import type { Effect, Head } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { FORMER_INSTANCE_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { nextScope } from '../scope/next-scope.js';
import { policyOf } from '../scope/policy-cache.js';
import {
  allScoped,
  digestOfPolicies,
  policiesOf,
  readScopes,
  type ScopedDevice,
  scoped,
} from '../scope/scoped-device.js';
import { commitAndProject } from '../write/commit.js';
import { recordOf } from '../write/device-operations.js';
import { emptyRecord } from '../write/idempotency.js';
import { registrationEffect } from '../write/registration.js';
import type { UnitOfWork } from '../write/unit-of-work.js';
import { trimToLimit } from './trim-to-limit.js';

/** Limit where the policy sets none: no user uses more devices, and each commit is checked for all of them. */
const DEVICES_DEFAULT_MAX = 100;
const DEVICES_PER_READ = 1000;

const origin = { by: 'server' } as const;

interface Registered {
  readonly created: boolean;
  readonly device: StoredDevice;
  readonly head: Head;
  readonly superseded: readonly string[]; // keys of items that are no longer named
}

/**
 * Registers a device, or changes it; the box is created on first use. A new instance starts `n` at 1. It voids the token,
 * connection and pending push of the former instance. An instance that was registered before continues with its `n`.
 * @throws SyncProblem `too-many-devices`, `busy`.
 */
export async function registerDevice(
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
  registration: DeviceRegistration,
): Promise<{ created: boolean; device: Device }> {
  const { created, device, head, superseded } = await commitAndProject(core, box, {
    keys: [
      deviceKey(deviceId),
      idempotencyKey(deviceId),
      formerInstanceKey(deviceId, registration.instanceId),
    ],
    onMissingBox: 'create',
    decide: ({ work }) => decideRegistration({ core, box, work }, deviceId, registration),
  });
  await core.store.remove(box, superseded, Number.MAX_SAFE_INTEGER);
  return { created, device: deviceDocument(await scoped(core, box, device, head.policyId)) };
}

async function decideRegistration(
  { core, box, work }: { readonly core: Core; readonly box: BoxId; readonly work: UnitOfWork },
  deviceId: DeviceId,
  { instanceId, name, preferences }: DeviceRegistration,
) {
  const { head } = work;
  const item = await work.read(deviceKey(deviceId));
  const previous = item?.kind === 'device' ? item : undefined;
  if (!previous) await refuseTooMany(core, head);
  const before = previous ? await scopeBefore(core, box, previous, head) : { device: lastScopeOf(item) };
  const policies = await policiesOf(core, head.policyId, previous?.policyId);
  const asked = { name, preferences };
  const { version } = work;
  const { registration, aside } = nextScope(deviceId, before, { asked, policies, version });
  const { policyId } = previous ?? {};
  const same = previous?.instanceId === instanceId ? previous : undefined;
  const since = same ? same.since : work.version;
  const next = { deviceId, instanceId, since, ...registration, ...(policyId !== undefined && { policyId }) };
  const record = same ? same.idempotency : await firstRecord(work, deviceId, instanceId);
  const effects: Effect[] = [
    same
      ? registrationEffect(next)
      : { ...registrationEffect(next), state: { ...(record as Idempotency), since } },
    ...(previous && !same ? [await formerInstanceEffect(work, previous)] : []),
  ];
  const device = {
    ...(same ?? { syncedModSeq: 0 }),
    ...next,
    kind: 'device',
    sk: deviceKey(deviceId),
    version: work.version,
    ...(record && { idempotency: record }),
  } as StoredDevice;
  const answer: Registered = {
    created: !previous,
    device,
    head,
    superseded: previous ? supersededBy(previous, device) : [],
  };
  return { answer, origin, aside, effects, ...(!previous && { box: { devices: head.devices + 1 } }) };
}

async function refuseTooMany(core: Core, { devices, policyId }: Head): Promise<void> {
  const { maxDevices = DEVICES_DEFAULT_MAX } = await policyOf(core, policyId);
  if (devices < maxDevices) return;
  throw new SyncProblem('too-many-devices', {
    detail: `the box has ${maxDevices} devices; delete one first`,
  });
}

/** The device with the preferences and the scope that it had until now. */
async function scopeBefore(
  core: Core,
  box: BoxId,
  device: StoredDevice,
  { policyId }: Pick<Head, 'policyId'>,
) {
  const asked = await scoped(core, box, device, policyId);
  const scope = (await readScopes(core, box, device, [device.scopeVersion])).get(device.scopeVersion);
  return { device, asked, ...(scope && { scope }) };
}

/** Scope versions continue after those of a revoked device with the same id, so that its scopes are not reused. */
const lastScopeOf = (item: StoredItem | undefined) => ({
  scopeVersion: item?.kind === 'revokedDevice' ? item.scopeVersion : 0,
  scopeNonces: [],
});

/** The idempotency record that an instance starts with: its own, if it was registered before. */
async function firstRecord(
  work: UnitOfWork,
  deviceId: DeviceId,
  instanceId: DeviceRegistration['instanceId'],
): Promise<Idempotency> {
  const former = await work.read(formerInstanceKey(deviceId, instanceId));
  return former?.kind === 'formerInstance'
    ? { ...former.record, since: work.version }
    : emptyRecord(work.version);
}

/** Keeps the idempotency record of an instance that is replaced, for when it is registered again. */
async function formerInstanceEffect(work: UnitOfWork, device: StoredDevice): Promise<Effect> {
  const record = await recordOf(work, device, 'whole');
  return {
    sk: formerInstanceKey(device.deviceId, device.instanceId),
    expiresAtMs: work.nowMs + FORMER_INSTANCE_MS,
    content: { kind: 'formerInstance', record },
  };
}

/** Keys of items that the former registration names and the new one does not. */
function supersededBy(before: StoredDevice, after: StoredDevice | undefined): string[] {
  const named = (device: StoredDevice) => [
    preferencesKey(device.deviceId, device.preferencesNonce),
    ...device.scopeNonces.map((nonce, i) => scopeKey(device.deviceId, device.scopeVersion - i, nonce)),
  ];
  const kept = new Set(after ? named(after) : []);
  return named(before).filter((key) => !kept.has(key));
}

function deviceDocument({
  deviceId,
  instanceId,
  name,
  preferences,
  effective,
  scopeVersion,
  idempotency,
}: ScopedDevice): Device {
  return {
    deviceId,
    instanceId,
    ...(name !== undefined && { name }),
    preferences,
    effective,
    scopeVersion,
    lastN: idempotency?.lastN ?? 0,
    limits: {
      operationsPerRequest: OPERATIONS_MAX,
      requestBytes: REQUEST_MAX_BYTES,
      elementBytes: ELEMENT_MAX_BYTES,
      elementsPerResponse: PAGE_MAX,
      frameBytes: FRAME_MAX_BYTES,
    },
  };
}

/** All devices of a box; without preferences and scopes where these exceed the limit of a response. @throws SyncProblem `busy`. */
export async function listDevices(core: Core, box: BoxId): Promise<ListedDevice[]> {
  const tail = await readTail(core, box);
  if (!tail) return [];
  const devices = await devicesIn(await viewOf(core, box, tail));
  return trimToLimit(await showDevices(core, box, devices, tail.head));
}

/** All devices of a view, as decided by the log. */
export async function devicesIn(view: BoxView): Promise<StoredDevice[]> {
  const devices: StoredDevice[] = [];
  for (let from = DEVICES; ; ) {
    const { items, more, last } = await view.query({ from, to: endOf(DEVICES), limit: DEVICES_PER_READ });
    devices.push(...items.filter((item): item is StoredDevice => item.kind === 'device'));
    if (!more || last === undefined) return devices;
    from = behindKey(last);
  }
}

/** Devices in the given order, with the scopes that the current policies give them. */
export async function showDevices(
  core: Core,
  box: BoxId,
  devices: readonly StoredDevice[],
  head: Pick<Head, 'policyId'>,
): Promise<Device[]> {
  const all = await allScoped(core, box, devices, head.policyId);
  return Promise.all(
    all.map(async (device) => deviceDocument({ ...device, ...(await scopeNow(core, box, device, head)) })),
  );
}

/** The scope version that the device gets when it synchronizes next: policies may have changed since its scope was stored. */
async function scopeNow(core: Core, box: BoxId, device: ScopedDevice, head: Pick<Head, 'policyId'>) {
  const policies = await policiesOf(core, head.policyId, device.policyId);
  if (digestOfPolicies(policies) === device.policiesDigest) return {};
  const before = await scopeBefore(core, box, device, head);
  const next = nextScope(device.deviceId, before, { asked: device, policies, version: device.version });
  return { scopeVersion: next.registration.scopeVersion };
}

/** One device of a box. @throws SyncProblem `not-found`, `busy`. */
export async function showDevice(core: Core, box: BoxId, deviceId: DeviceId): Promise<Device> {
  const tail = await readTail(core, box);
  if (!tail) throw unknown();
  const item = (await (await viewOf(core, box, tail)).get([deviceKey(deviceId)])).get(deviceKey(deviceId));
  if (item?.kind !== 'device') throw unknown();
  const [device] = await showDevices(core, box, [item], tail.head);
  if (!device) throw unknown();
  return device;
}

/**
 * Revokes a device: its connection is closed, and the server rejects its later requests.
 * @throws SyncProblem `not-found`, `busy`.
 */
export async function revokeDevice(core: Core, box: BoxId, deviceId: DeviceId): Promise<void> {
  const key = deviceKey(deviceId);
  const revoked = await commitAndProject(core, box, {
    keys: [key, idempotencyKey(deviceId)],
    onMissingBox: { answer: undefined },
    async decide({ work }) {
      const device = await work.read(key);
      if (device?.kind !== 'device') return { answer: undefined, origin };
      const { scopeVersion } = device;
      const gone: Effect = {
        sk: key,
        expiresAtMs: work.nowMs + FORMER_INSTANCE_MS,
        content: { kind: 'revokedDevice', scopeVersion },
        state: null,
      };
      const effects = [gone, await formerInstanceEffect(work, device)];
      return { answer: device, origin, effects, box: { devices: work.head.devices - 1 } };
    },
  });
  if (!revoked) throw unknown();
  await core.store.remove(box, supersededBy(revoked, undefined), Number.MAX_SAFE_INTEGER);
}

const unknown = () => new SyncProblem('not-found', { detail: 'there is no such device' });
