import type { SyncRequestFrame } from '../../protocol/frames.js';
import type { StoredDevice } from '../model/items.js';
import { YOUNG_CONNECTION_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';
import { isAnnounced, isScheduled, type Suppression } from './decide.js';
import { type Gathered, gatherUnsynced } from './gather.js';

const WAIT_MAX_MS = 1000; // queue delays are whole seconds

/**
 * Sends a device the synchronization request that was scheduled. The pending push is cleared first, then the log is read:
 * a commit in between schedules another push. A message that is delivered twice finds nothing to announce.
 * @throws Error when the request could not be sent: the queue delivers the message again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function notify(core: Core, message: PushMessage): Promise<void> {
  const restMs = message.dueMs - core.clock.now();
  if (restMs > 0) await core.clock.sleep(Math.min(restMs, WAIT_MAX_MS));
  const clearedAtMs = core.clock.now();
  // The exchange returns the record as it was, so it need not be read again. A synchronization or connection that changes
  // it later checks by itself whether the device is behind.
  const cleared = await core.registry.exchange(message, {
    set: { pendingPushModSeq: undefined, pendingPushDueMs: undefined, lastPushAtMs: clearedAtMs },
    expect: { pendingPushModSeq: message.by },
  });
  const device = cleared ?? (await core.registry.device(message.box, message.deviceId));
  const why = await announce(core, message, device, cleared !== undefined);
  if (!why) return;
  core.observe('pushSuppressed', { why });
  // Nothing was sent, so the next change does not have to wait for the end of a push window.
  if (cleared) {
    const set = { lastPushAtMs: cleared.lastPushAtMs };
    await core.registry.patch(message, { set, expect: { lastPushAtMs: clearedAtMs } });
  }
}

/** Announces the commits that a device has not synchronized. @returns why nothing was sent; undefined: it was sent */
async function announce(
  core: Core,
  { box, instanceId, by, dueMs }: PushMessage,
  device: StoredDevice | undefined,
  isCleared: boolean,
): Promise<Suppression | undefined> {
  if (device?.instanceId !== instanceId || !device.connectionId) return 'notConnected';
  const { connectionId } = device;
  // A previous delivery of this message cleared the pending push and may have crashed. If a newer push is pending, leave
  // the commits to that one; else announce them now.
  if (!isCleared && isScheduled(device, core.clock.now())) return 'scheduled';
  const gathered = await gatherUnsynced(core, box, device);
  if (!gathered) return 'boxErased';
  if (!gathered.device.effective.serverInitiated) return 'switchedOff';
  const { frame } = gathered.counter;
  if (!frame || (!isCleared && isAnnounced(gathered.device, by))) return 'announced';
  await post(core, gathered, { connectionId, frame, dueMs, isCleared });
  return undefined;
}

interface Posting {
  readonly connectionId: string;
  readonly frame: SyncRequestFrame;
  readonly dueMs: number;
  readonly isCleared: boolean;
}

async function post(
  core: Core,
  { device, counter }: Gathered,
  { connectionId, frame, dueMs, isCleared }: Posting,
): Promise<void> {
  const { box, deviceId } = device;
  const { commits, changes } = counter;
  const expect = { connectionId };
  if ((await core.sockets.post(connectionId, JSON.stringify(frame))) === 'posted') {
    const nowMs = core.clock.now();
    const times = { delayMs: counter.waitedMs(nowMs), lateMs: Math.max(0, nowMs - dueMs) };
    core.observe('pushSent', { box, device: deviceId, commits, changes, ...times });
    const set = { announcedModSeq: frame.modSeq, ...(!isCleared && { lastPushAtMs: nowMs }) };
    await core.registry.patch(device, { set, expect });
    return;
  }
  if (core.clock.now() - (device.connectedAtMs ?? 0) < YOUNG_CONNECTION_MS) {
    throw new Error('the connection is not open yet');
  }
  await core.registry.patch(device, { set: { connectionId: undefined, announcedModSeq: undefined }, expect });
  core.observe('pushGone', { box, device: deviceId, commits });
}
