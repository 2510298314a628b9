import type { Box, DeviceStanding, WatchedDevice } from '../../protocol/box.js';
import { DEFAULT_POLICY } from '../../protocol/policy.js';
import type { Core } from '../core.js';
import { showDevices } from './devices.js';
import { fitting } from './fitting.js';
import type { DeviceRecord } from '../ports/registry.js';
import { policyOf } from '../scope/policies.js';
import type { BoxId } from '../model/items.js';
import { readHead } from '../read/read-log.js';
import { SyncProblem } from '../model/sync-problem.js';

/**
 * What there is in a box, and where its devices stand: all of it is kept with the head and the device records, so it
 * costs the same for any box.
 * @throws SyncProblem `not-found` where there is no box.
 */
export async function showBox(core: Core, box: BoxId): Promise<Box> {
  const [head, records] = await Promise.all([readHead(core, box), core.registry.devices(box)]);
  if (!head) throw new SyncProblem('not-found', { detail: 'there is no such box' });
  const { policyId = DEFAULT_POLICY, modSeq, atMs } = head;
  const { bytes, ...counts } = head.counts;
  return {
    policyId,
    policy: await policyOf(core, policyId),
    modSeq,
    changedAt: instant(atMs),
    counts,
    bytes,
    devices: records.map((record) => ({
      deviceId: record.deviceId,
      ...(record.name !== undefined && { name: record.name }),
      ...standingOf(record, modSeq),
    })),
  };
}

/** The devices of a box as its provider sees them; none where there is no box. */
export async function watchDevices(core: Core, box: BoxId): Promise<WatchedDevice[]> {
  const [head, records] = await Promise.all([readHead(core, box), core.registry.devices(box)]);
  const devices = await showDevices(core, box, records);
  return fitting(
    devices.map((device, i) => ({
      ...device,
      ...standingOf(records[i] as DeviceRecord, head?.modSeq ?? 0),
    })),
  );
}

type Standing = Omit<DeviceStanding, 'deviceId' | 'name'>;

function standingOf(record: DeviceRecord, modSeq: number): Standing {
  const { policyId, syncedModSeq, syncedAtMs, connectionId, connectedAtMs = 0 } = record;
  // Head and record are not read at one moment: the device may have synchronized what came after the head.
  const lag = Math.max(0, modSeq - syncedModSeq);
  const pendingRequest = pendingOf(record, lag);
  return {
    ...(policyId !== undefined && { policyId }),
    syncedModSeq,
    ...(syncedAtMs !== undefined && { syncedAt: instant(syncedAtMs) }),
    lag,
    ...(connectionId !== undefined && { connection: { connectedAt: instant(connectedAtMs) } }),
    ...(pendingRequest && { pendingRequest }),
  };
}

function pendingOf(
  { pushBy, pushDueMs = 0, connectionId, effective }: DeviceRecord,
  lag: number,
): Standing['pendingRequest'] {
  if (pushBy !== undefined) return { dueAt: instant(pushDueMs) };
  const isWaiting = connectionId === undefined && effective.serverInitiated && lag > 0;
  return isWaiting ? { onConnect: true } : undefined;
}

const instant = (ms: number): string => new Date(ms).toISOString();
