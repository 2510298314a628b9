import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import { withCurrentPolicies } from '../scope/policies.js';
import { commitKey, endOf } from '../store/keys.js';
import { isCommit, liveHead } from '../sync/read-log.js';
import { isScheduled, type Suppression, YOUNG_CONNECTION_MS } from './decide.js';
import { withoutLostPosition } from './lost-position.js';
import type { PushMessage } from './ports.js';
import { Tally } from './tally.js';

const WAIT_MAX_MS = 1000; // what whole seconds of delay leave over
const COMMITS_PER_READ = 100;
/** A device further behind than the log leads on from would be reset: beyond it nothing is counted. */
const COMMITS_COUNTED_MAX = COMMITS_BEHIND_MAX;

/**
 * Sends a device the synchronization request that was scheduled. First the mark is cleared, then the log is read: a
 * commit that comes in between schedules another push. A message that comes twice finds nothing to announce.
 * @throws Error when the request could not be sent: the message is to come again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function notify(core: Core, message: PushMessage): Promise<void> {
  const restMs = message.dueMs - core.clock.now();
  if (restMs > 0) await core.clock.sleep(Math.min(restMs, WAIT_MAX_MS));
  const before = await core.registry.device(message.box, message.deviceId);
  const clearedAtMs = core.clock.now();
  const isCleared = await core.registry.patch(message, {
    set: { pushBy: undefined, pushDueMs: undefined, lastPushAtMs: clearedAtMs },
    expect: { pushBy: message.by },
  });
  const why = await announce(core, message, isCleared);
  if (!why) return;
  core.report('pushSuppressed', { why });
  // Nothing was sent, so the next change need not wait for the end of a window.
  if (isCleared) {
    const lastPushAtMs = before?.lastPushAtMs;
    await core.registry.patch(message, { set: { lastPushAtMs }, expect: { lastPushAtMs: clearedAtMs } });
  }
}

/** Sends what has gathered; or says why there is nothing to send. */
async function announce(
  core: Core,
  message: PushMessage,
  isCleared: boolean,
): Promise<Suppression | undefined> {
  const read = await core.registry.device(message.box, message.deviceId);
  if (read?.instanceId !== message.instanceId || !read.connectionId) return 'notConnected';
  const device = await withCurrentPolicies(core, await withoutLostPosition(core, read));
  if (!device.effective.serverInitiated) return 'switchedOff';
  // Not our mark any more: an earlier delivery cleared it, which may have got no further. What it was to tell is told
  // by the push that is marked by now, in its own time; and where there is none, at once.
  if (!isCleared && isScheduled(device, core.clock.now())) return 'scheduled';
  const tally = await tallyOf(core, device);
  if (!tally) return 'boxErased';
  if (!tally.frame) return 'announced';
  await post(core, device, tally, { dueMs: message.dueMs, isCleared });
  return undefined;
}

/** The last commits that the device has not synchronized, at most COMMITS_COUNTED_MAX; undefined: the box is erased. */
async function tallyOf(core: Core, device: DeviceRecord): Promise<Tally | undefined> {
  const tally = new Tally(device, core.clock.now());
  const head = await liveHead(core, device.box);
  if (!head) return undefined;
  let modSeq = Math.max(device.syncedModSeq, head.modSeq - COMMITS_COUNTED_MAX);
  for (let more = true; more; ) {
    const range = { from: commitKey(modSeq + 1), to: endOf('C#'), limit: COMMITS_PER_READ };
    const read = await core.store.query(device.box, range);
    for (const commit of read.items.filter(isCommit)) {
      tally.add(commit);
      modSeq = commit.modSeq;
    }
    more = read.more && read.items.length > 0;
  }
  return tally;
}

async function post(
  core: Core,
  device: DeviceRecord,
  tally: Tally,
  { dueMs, isCleared }: { readonly dueMs: number; readonly isCleared: boolean },
): Promise<void> {
  const { box, deviceId, connectionId = '' } = device;
  const { commits, changes, frame } = tally;
  const expect = { connectionId };
  if ((await core.sockets.post(connectionId, JSON.stringify(frame))) === 'posted') {
    const nowMs = core.clock.now();
    const times = { delayMs: tally.waitedMs(nowMs), lateMs: Math.max(0, nowMs - dueMs) };
    core.report('pushSent', { box, device: deviceId, commits, changes, ...times });
    const set = { announcedModSeq: frame?.modSeq, ...(!isCleared && { lastPushAtMs: nowMs }) };
    await core.registry.patch(device, { set, expect });
    return;
  }
  if (core.clock.now() - (device.connectedAtMs ?? 0) < YOUNG_CONNECTION_MS) {
    throw new Error('the connection is not open yet');
  }
  await core.registry.patch(device, { set: { connectionId: undefined, announcedModSeq: undefined }, expect });
  core.report('pushGone', { box, device: deviceId, commits });
}
