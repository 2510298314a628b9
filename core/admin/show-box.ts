import type { Box, DeviceStanding, WatchedDevice } from '../../protocol/box.js';
import { DEFAULT_POLICY } from '../../protocol/policy.js';
import { readTail } from '../log/tail.js';
import { viewOf } from '../log/view.js';
import type { BoxId } from '../model/items.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { policyOf } from '../scope/policy-cache.js';
import { allScoped, type ScopedDevice } from '../scope/scoped-device.js';
import { devicesIn, showDevices } from './devices.js';
import { trimToLimit } from './trim-to-limit.js';

/**
 * Counts of a box and the progress of its devices. All of it is in the newest log entry and the devices, so the cost does
 * not depend on the size of the box.
 * @throws SyncProblem `not-found` where there is no box.
 */
export async function showBox(core: Core, box: BoxId): Promise<Box> {
  const tail = await readTail(core, box);
  if (!tail) throw new SyncProblem('not-found', { detail: 'there is no such box' });
  const { head } = tail;
  const devices = await allScoped(core, box, await devicesIn(await viewOf(core, box, tail)), head.policyId);
  const { policyId = DEFAULT_POLICY, modSeq, atMs } = head;
  const { bytes, ...counts } = head.counts;
  return {
    policyId,
    policy: await policyOf(core, policyId),
    modSeq,
    changedAt: instant(atMs),
    counts,
    bytes,
    devices: devices.map((device) => ({
      deviceId: device.deviceId,
      ...(device.name !== undefined && { name: device.name }),
      ...progressOf(device, modSeq),
    })),
  };
}

/** Lists the devices of a box with their progress, for the provider. The list is empty if the box does not exist. */
export async function watchDevices(core: Core, box: BoxId): Promise<WatchedDevice[]> {
  const tail = await readTail(core, box);
  if (!tail) return [];
  const { head } = tail;
  const devices = await allScoped(core, box, await devicesIn(await viewOf(core, box, tail)), head.policyId);
  const all = await showDevices(core, box, devices, head);
  const progress = new Map(devices.map((device) => [device.deviceId, progressOf(device, head.modSeq)]));
  return trimToLimit(
    all.flatMap((device) => {
      const its = progress.get(device.deviceId);
      return its ? [{ ...device, ...its }] : [];
    }),
  );
}

type Progress = Omit<DeviceStanding, 'deviceId' | 'name'>;

function progressOf(device: ScopedDevice, modSeq: number): Progress {
  const { policyId, syncedModSeq, syncedAtMs, connectionId, connectedAtMs = 0 } = device;
  // Head and device are not read at one moment: the device may have synchronized later commits.
  const lag = Math.max(0, modSeq - syncedModSeq);
  const pendingRequest = pendingOf(device, lag);
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
  { pendingPushModSeq, pendingPushDueMs = 0, connectionId, effective }: ScopedDevice,
  lag: number,
): Progress['pendingRequest'] {
  if (pendingPushModSeq !== undefined) return { dueAt: instant(pendingPushDueMs) };
  const isWaiting = connectionId === undefined && effective.serverInitiated && lag > 0;
  return isWaiting ? { onConnect: true } : undefined;
}

const instant = (ms: number): string => new Date(ms).toISOString();
