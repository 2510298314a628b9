import { liveTail } from '../log/tail.js';
import { closeQuietly } from '../ports/close-quietly.js';
import type { Core } from '../ports/core.js';
import type { TicketHolder } from '../ports/registry.js';
import { isScheduled, OPENING_MS, windowEndMs } from './decide.js';
import { withoutLostPosition } from './lost-position.js';
import { pushMessage, sendPushes, setPendingPush } from './pending-push.js';
import { scopedNow } from './scoped-now.js';

const ATTEMPTS_MAX = 5;

/**
 * Records a connection as the device's only one, closes the older one, and schedules a synchronization request if the
 * device is behind: what could not be told while it was away.
 * False: the device was revoked or replaced, or a newer connection is there already.
 * @throws Error when the record kept changing or the push queue did not take the message: the client connects again.
 */
export async function connected(
  core: Core,
  holder: TicketHolder,
  connection: { readonly id: string; readonly atMs: number },
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const device = await core.registry.device(holder.box, holder.deviceId);
    if (device?.instanceId !== holder.instanceId || (device.connectedAtMs ?? 0) > connection.atMs)
      return false;
    // A mark goes too, also one that is not overdue: an earlier connection that failed before it sent its message may
    // have left it, and nobody else would come back to it. What a mark that was alive would tell is looked at below.
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
    if (!isRecorded) continue;
    if (device.connectionId) await closeQuietly(core, device.connectionId);
    return notifyIfBehind(core, holder, connection.id);
  }
  throw new Error('the device record kept changing');
}

/**
 * Reads the record anew: what was committed before the connection was recorded found nobody to tell. A mark that is there
 * by now is of a fan-out that has found this connection, and gets a second message: it might be a second reader of its
 * commit, which nobody comes back to when it ends here, and two messages say no more than one.
 * False: meanwhile the connection is no longer the device's; whoever wanted to close it may have come before it was open.
 */
async function notifyIfBehind(core: Core, holder: TicketHolder, connectionId: string): Promise<boolean> {
  const { box, deviceId, instanceId } = holder;
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
  if (await setPendingPush(core, device, head.modSeq, dueMs)) {
    await sendPushes(core, [pushMessage(device, head.modSeq, dueMs)]);
    return true;
  }
  return notifyIfBehind(core, holder, connectionId); // a fan-out has marked its own push just now
}

/** Forgets a connection that was closed, if it is still the device's: the news of an older one may come late. */
export async function disconnected(core: Core, holder: TicketHolder, connectionId: string): Promise<void> {
  await core.registry.patch(holder, {
    set: { connectionId: undefined, announcedModSeq: undefined },
    expect: { connectionId },
  });
}
