import type { StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import type { ChangeCounter } from './change-counter.js';
import { isAnnounced, isScheduled, type Suppression, YOUNG_CONNECTION_MS } from './decide.js';
import { gather } from './gathered.js';

const WAIT_MAX_MS = 1000; // what whole seconds of delay leave over

/**
 * Sends a device the synchronization request that was scheduled. First the mark is cleared, then the log is read: a
 * commit that comes in between schedules another push. A message that comes twice finds nothing to announce.
 * @throws Error when the request could not be sent: the message is to come again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function notify(core: Core, message: PushMessage): Promise<void> {
  const restMs = message.dueMs - core.clock.now();
  if (restMs > 0) await core.clock.sleep(Math.min(restMs, WAIT_MAX_MS));
  const clearedAtMs = core.clock.now();
  // The record as it was at that moment, so that it need not be read again: whatever changes it from here on, a
  // synchronization or a connection, looks for itself whether something is to be told.
  const marked = await core.registry.exchange(message, {
    set: { pendingPushModSeq: undefined, pendingPushDueMs: undefined, lastPushAtMs: clearedAtMs },
    expect: { pendingPushModSeq: message.by },
  });
  const device = marked ?? (await core.registry.device(message.box, message.deviceId));
  const why = await announce(core, message, device, marked !== undefined);
  if (!why) return;
  core.observe('pushSuppressed', { why });
  // Nothing was sent, so the next change need not wait for the end of a window.
  if (marked) {
    const set = { lastPushAtMs: marked.lastPushAtMs };
    await core.registry.patch(message, { set, expect: { lastPushAtMs: clearedAtMs } });
  }
}

/** Sends what has gathered; or says why there is nothing to send. */
async function announce(
  core: Core,
  { box, instanceId, by, dueMs }: PushMessage,
  device: StoredDevice | undefined,
  isCleared: boolean,
): Promise<Suppression | undefined> {
  if (device?.instanceId !== instanceId || !device.connectionId) return 'notConnected';
  // Not our mark any more: an earlier delivery cleared it, which may have got no further. What it was to tell is told
  // by the push that is marked by now, in its own time; and where there is none, at once, unless it has been told. Then
  // what has come since is told by its own push.
  if (!isCleared && isScheduled(device, core.clock.now())) return 'scheduled';
  const gathered = await gather(core, box, device);
  if (!gathered) return 'boxErased';
  if (!gathered.device.effective.serverInitiated) return 'switchedOff';
  if (!gathered.tally.frame || (!isCleared && isAnnounced(gathered.device, by))) return 'announced';
  await post(core, gathered.device, gathered.tally, { dueMs, isCleared });
  return undefined;
}

async function post(
  core: Core,
  device: ScopedDevice,
  tally: ChangeCounter,
  { dueMs, isCleared }: { readonly dueMs: number; readonly isCleared: boolean },
): Promise<void> {
  const { box, deviceId, connectionId = '' } = device;
  const { commits, changes, frame } = tally;
  const expect = { connectionId };
  if ((await core.sockets.post(connectionId, JSON.stringify(frame))) === 'posted') {
    const nowMs = core.clock.now();
    const times = { delayMs: tally.waitedMs(nowMs), lateMs: Math.max(0, nowMs - dueMs) };
    core.observe('pushSent', { box, device: deviceId, commits, changes, ...times });
    const set = { announcedModSeq: frame?.modSeq, ...(!isCleared && { lastPushAtMs: nowMs }) };
    await core.registry.patch(device, { set, expect });
    return;
  }
  if (core.clock.now() - (device.connectedAtMs ?? 0) < YOUNG_CONNECTION_MS) {
    throw new Error('the connection is not open yet');
  }
  await core.registry.patch(device, { set: { connectionId: undefined, announcedModSeq: undefined }, expect });
  core.observe('pushGone', { box, device: deviceId, commits });
}
