import type { Device, ListedDevice } from '../../protocol/device.js';
import type { DeviceRegistration } from '../../protocol/device-registration.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import {
  ELEMENT_MAX_BYTES,
  FRAME_MAX_BYTES,
  OPERATIONS_MAX,
  PAGE_MAX,
  REQUEST_MAX_BYTES,
} from '../../protocol/limits.js';
import { backOff } from '../ports/back-off.js';
import { boxCreation, newVersion } from '../write/box-creation.js';
import { receiptFor, withoutReceipt } from '../write/idempotency.js';
import { FORMER_RECEIPT_MS } from '../model/timing.js';
import type { Core } from '../core.js';
import { closeQuietly } from '../push/close.js';
import type { DeviceRecord } from '../ports/registry.js';
import { currentEffective, policyOf } from '../scope/policies.js';
import type { BoxId, Receipt, StoredItem } from '../model/items.js';
import { formerReceiptKey, HEAD_KEY, NEWEST_DEVICE_KEY, receiptKey } from '../model/keys.js';
import type { Write } from '../ports/store.js';
import { asOfNow, versionAfter } from '../read/device-scope.js';
import { headIn, readHead } from '../read/read-log.js';
import { SyncProblem } from '../model/sync-problem.js';
import { fitting } from './fitting.js';

const ATTEMPTS_MAX = 6;
/** Where the policy sets none: no user has more devices in use, and every commit looks at all of them. */
export const DEVICES_DEFAULT_MAX = 100;

/**
 * Registers a device, or changes it; the box is made on first use. A new instance starts `n` at 1 and voids what the
 * former one had: token, connection, pending push. One that was registered before goes on with its `n`.
 * @throws SyncProblem `too-many-devices`, `busy`.
 */
export async function registerDevice(
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
  registration: DeviceRegistration,
): Promise<{ created: boolean; device: Device }> {
  let isNew = false;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const [previous, kept] = await Promise.all([
      core.registry.device(box, deviceId),
      core.store.get(box, [
        HEAD_KEY,
        NEWEST_DEVICE_KEY,
        receiptKey(deviceId),
        formerReceiptKey(deviceId, registration.instanceId),
      ]),
    ]);
    const head = headIn(kept);
    if (!head) {
      await core.store.write(box, boxCreation(core.clock.now()));
      continue;
    }
    const { policyId: boxPolicyId, epoch } = head;
    if (!previous) await refuseTooMany(core, box, boxPolicyId);
    const receipts = {
      current: receiptIn(kept, receiptKey(deviceId)),
      former: receiptIn(kept, formerReceiptKey(deviceId, registration.instanceId)),
    };
    const record = await recordAfter(core, box, deviceId, registration, previous, boxPolicyId);
    const { next, writes } = receiptFor(record, receipts, core.clock.now());
    const stillThere: Write = { check: HEAD_KEY, when: { epoch } }; // the box, and not being erased
    const places = previous ? [] : [asNewest(deviceId, kept.get(NEWEST_DEVICE_KEY))];
    if ((await core.registry.register(record, previous, [stillThere, ...places, ...writes])) === 'refused') {
      if (attempt < ATTEMPTS_MAX) await backOff(core.clock, attempt);
      continue;
    }
    isNew ||= !previous;
    const replaced = previous?.connectionId;
    if (replaced && previous.instanceId !== record.instanceId) await closeQuietly(core, replaced);
    // The box may have been assigned another policy meanwhile, by someone who did not find this device yet.
    if ((await readHead(core, box))?.policyId === boxPolicyId) {
      return { created: isNew, device: shown(record, next) };
    }
  }
  throw new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
}

async function refuseTooMany(core: Core, box: BoxId, boxPolicyId: PolicyId | undefined): Promise<void> {
  const { maxDevices = DEVICES_DEFAULT_MAX } = await policyOf(core, boxPolicyId);
  if ((await core.registry.devices(box)).length < maxDevices) return;
  throw new SyncProblem('too-many-devices', {
    detail: `the box has ${maxDevices} devices; delete one first`,
  });
}

/** Read before the devices were counted, and replaced: of several who saw the last place free one gets it. */
const asNewest = (deviceId: DeviceId, read: StoredItem | undefined): Write => ({
  put: {
    kind: 'newestDevice',
    sk: NEWEST_DEVICE_KEY,
    version: read ? read.version + 1 : newVersion(),
    deviceId,
  },
  when: read ? { version: read.version } : 'absent',
});

async function recordAfter(
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
  { instanceId, name, preferences }: DeviceRegistration,
  previous: DeviceRecord | undefined,
  boxPolicyId: PolicyId | undefined,
): Promise<DeviceRecord> {
  const { policyId } = previous ?? {};
  const effective = await currentEffective(core, { preferences, boxPolicyId, policyId });
  // A device of the same id may have been registered before; its scopes must not be taken for this one's.
  const scopeVersion = previous
    ? versionAfter(previous, effective)
    : (await core.registry.lastScopeVersion(box, deviceId)) + 1;
  const asked = {
    box,
    deviceId,
    instanceId,
    name,
    preferences,
    boxPolicyId,
    policyId,
    effective,
    scopeVersion,
  };
  return previous?.instanceId === instanceId ? { ...previous, ...asked } : { ...asked, syncedModSeq: 0 };
}

function receiptIn(kept: ReadonlyMap<string, StoredItem>, key: string): Receipt | undefined {
  const item = kept.get(key);
  return item?.kind === 'receipt' ? item : undefined;
}

function shown(record: DeviceRecord, receipt: Receipt | undefined): Device {
  const { deviceId, instanceId, name, preferences, effective, scopeVersion } = record;
  return {
    deviceId,
    instanceId,
    ...(name !== undefined && { name }),
    preferences,
    effective,
    scopeVersion,
    lastN: receipt?.lastN ?? 0,
    limits: {
      operationsPerRequest: OPERATIONS_MAX,
      requestBytes: REQUEST_MAX_BYTES,
      elementBytes: ELEMENT_MAX_BYTES,
      elementsPerResponse: PAGE_MAX,
      frameBytes: FRAME_MAX_BYTES,
    },
  };
}

/** Without preferences and scopes where these would be more than an answer holds. @throws SyncProblem `busy`. */
export async function listDevices(core: Core, box: BoxId): Promise<ListedDevice[]> {
  return fitting(await showDevices(core, box, await core.registry.devices(box)));
}

/** The devices of these records, in their order. */
export async function showDevices(
  core: Core,
  box: BoxId,
  records: readonly DeviceRecord[],
): Promise<Device[]> {
  const keys = records.map(({ deviceId }) => receiptKey(deviceId));
  const receipts = await core.store.get(box, [HEAD_KEY, ...keys]);
  headIn(receipts);
  const current = await Promise.all(records.map((record) => asOfNow(core, record)));
  return current.map((record) =>
    shown(record, receipts.get(receiptKey(record.deviceId)) as Receipt | undefined),
  );
}

/** @throws SyncProblem `not-found`, `busy`. */
export async function showDevice(core: Core, box: BoxId, deviceId: DeviceId): Promise<Device> {
  const [record, kept] = await Promise.all([
    core.registry.device(box, deviceId),
    core.store.get(box, [HEAD_KEY, receiptKey(deviceId)]),
  ]);
  headIn(kept);
  if (!record) throw unknown();
  return shown(await asOfNow(core, record), kept.get(receiptKey(deviceId)) as Receipt | undefined);
}

/**
 * Revokes a device: its connection is closed, and every later request of it is refused.
 * @throws SyncProblem `not-found`, `busy`.
 */
export async function revokeDevice(core: Core, box: BoxId, deviceId: DeviceId): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await backOff(core.clock, attempt);
    const [record, kept] = await Promise.all([
      core.registry.device(box, deviceId),
      core.store.get(box, [HEAD_KEY, receiptKey(deviceId)]),
    ]);
    headIn(kept);
    if (!record) throw unknown();
    const nowMs = core.clock.now();
    const writes = withoutReceipt(deviceId, receiptIn(kept, receiptKey(deviceId)), nowMs);
    if ((await core.registry.revoke(record, writes, nowMs + FORMER_RECEIPT_MS)) === 'written') {
      if (record.connectionId) await closeQuietly(core, record.connectionId);
      return;
    }
  }
  throw new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
}

const unknown = () => new SyncProblem('not-found', { detail: 'there is no such device' });
