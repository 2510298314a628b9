import { liveTail } from '../log/tail.js';
import { OPENING_MS } from '../model/timing.js';
import { closeQuietly } from '../ports/close-quietly.js';
import type { Core } from '../ports/core.js';
import type { TicketHolder } from '../ports/registry.js';
import { AGAIN, retry } from '../ports/retry.js';
import { isScheduled, windowEndMs } from './decide.js';
import { DEVICE_RETRIES } from './device-retries.js';
import { withoutLostPosition } from './lost-position.js';
import { pushMessage, sendPushes, setPendingPush } from './pending-push.js';
import { scopedNow } from './scoped-now.js';

/**
 * Records a connection as the only one of its device and closes the older one. If the device is behind, it schedules a
 * synchronization request for the commits that were made while the device was disconnected.
 * False: the device was revoked or replaced, or it has a newer connection.
 * @throws Error when the record changed during each attempt or the push queue did not take the message: the client connects
 * again.
 */
export async function connected(
  core: Core,
  holder: TicketHolder,
  connection: { readonly id: string; readonly atMs: number },
): Promise<boolean> {
  return retry(DEVICE_RETRIES, async () => {
    const device = await core.registry.device(holder.box, holder.deviceId);
    if (device?.instanceId !== holder.instanceId || (device.connectedAtMs ?? 0) > connection.atMs)
      return false;
    // A pending push is removed too, even if it is not overdue. An earlier connection that failed before it sent its
    // message may have left it, and nothing else would send it. notifyIfBehind covers its commits.
    const isRecorded = await core.registry.patch(holder, {
      set: {
        connectionId: connection.id,
        connectedAtMs: connection.atMs,
        announcedModSeq: undefined,
        pendingPushModSeq: undefined,
        pendingPushDueMs: undefined,
      },
      expect: { connectionId: device.connectionId, connectedAtMs: device.connectedAtMs },
    });
    if (!isRecorded) return AGAIN;
    if (device.connectionId) await closeQuietly(core, device.connectionId);
    return notifyIfBehind(core, holder, connection.id);
  });
}

/**
 * Schedules a synchronization request if the device is behind. It reads the record again, since a commit that came before
 * the connection was recorded found no connection. A pending push that is there now belongs to a fan-out that found this
 * connection. It gets a second message: a duplicate reader of the commit may have recorded it and died, and two messages
 * have the effect of one.
 * False: the connection no longer belongs to the device. An attempt to close it may have come before it was open.
 */
async function notifyIfBehind(core: Core, holder: TicketHolder, connectionId: string): Promise<boolean> {
  const { box, deviceId, instanceId } = holder;
  return retry(DEVICE_RETRIES, async () => {
    const read = await core.registry.device(box, deviceId);
    if (read?.instanceId !== instanceId || read.connectionId !== connectionId) return false;
    const head = (await liveTail(core, box))?.head;
    if (!head) return true;
    const current = await scopedNow(core, box, read, head.policyId);
    if (!current) return false;
    const device = await withoutLostPosition(core, current, head);
    if (head.modSeq <= device.syncedModSeq || !device.effective.serverInitiated) return true;
    const nowMs = core.clock.now();
    const { pendingPushModSeq, pendingPushDueMs = 0 } = device;
    if (pendingPushModSeq !== undefined && isScheduled(device, nowMs)) {
      await sendPushes(core, [pushMessage(device, pendingPushModSeq, pendingPushDueMs)]);
      return true;
    }
    const dueMs = Math.max(nowMs + OPENING_MS, windowEndMs(device));
    // A fan-out may have recorded its own pending push at this moment.
    if (!(await setPendingPush(core, device, head.modSeq, dueMs))) return AGAIN;
    await sendPushes(core, [pushMessage(device, head.modSeq, dueMs)]);
    return true;
  });
}

/** Removes a closed connection from its device, unless the device has another one: notices of closing may be late. */
export async function disconnected(core: Core, holder: TicketHolder, connectionId: string): Promise<void> {
  await core.registry.patch(holder, {
    set: { connectionId: undefined, announcedModSeq: undefined },
    expect: { connectionId },
  });
}
