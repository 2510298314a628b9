import type { SyncRequestFrame } from '../../protocol/frames.js';
import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import type { BoxId, Commit } from '../store/items.js';
import { commitKey, endOf } from '../store/keys.js';
import { isCommit, readHead } from '../sync/read-log.js';
import { aggregate, YOUNG_CONNECTION_MS } from './decide.js';
import type { PushMessage } from './ports.js';

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
  // Not our mark any more: cleared by an earlier delivery, which may have got no further. What it says still holds.
  const isCleared = await core.registry.patch(message, {
    set: { pushBy: undefined, pushDueMs: undefined, lastPushAtMs: clearedAtMs },
    expect: { pushBy: message.by },
  });
  const why = await announce(core, message);
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
  { box, deviceId, instanceId, dueMs }: PushMessage,
): Promise<string | undefined> {
  const device = await core.registry.device(box, deviceId);
  if (device?.instanceId !== instanceId || !device.connectionId) return 'notConnected';
  if (!device.effective.serverInitiated) return 'switchedOff';
  const commits = await commitsSince(core, box, device.syncedModSeq);
  const frame = aggregate(device, commits, core.clock.now());
  if (!frame) return 'announced';
  await post(core, device, device.connectionId, frame, { commits, dueMs });
  return undefined;
}

/** How long the oldest change that a frame is the first to tell of has waited, its window included; connected, that is. */
function waitedMs(
  { announcedModSeq = 0, connectedAtMs = 0 }: DeviceRecord,
  commits: readonly Commit[],
  nowMs: number,
) {
  const first = commits.find(({ modSeq }) => modSeq > announcedModSeq);
  return Math.max(0, nowMs - Math.max(first?.atMs ?? nowMs, connectedAtMs));
}

/** The last commits that the device has not synchronized, at most COMMITS_COUNTED_MAX. */
async function commitsSince(core: Core, box: BoxId, syncedModSeq: number): Promise<readonly Commit[]> {
  const head = await readHead(core, box);
  const modSeq = Math.max(syncedModSeq, (head?.modSeq ?? 0) - COMMITS_COUNTED_MAX);
  const commits: Commit[] = [];
  for (let more = true; more; ) {
    const from = commitKey((commits.at(-1)?.modSeq ?? modSeq) + 1);
    const read = await core.store.query(box, { from, to: endOf('C#'), limit: COMMITS_PER_READ });
    commits.push(...read.items.filter(isCommit));
    more = read.more;
  }
  return commits;
}

async function post(
  core: Core,
  device: DeviceRecord,
  connectionId: string,
  frame: SyncRequestFrame,
  { commits, dueMs }: { commits: readonly Commit[]; dueMs: number },
): Promise<void> {
  const { box, deviceId } = device;
  const expect = { connectionId };
  if ((await core.sockets.post(connectionId, JSON.stringify(frame))) === 'posted') {
    const nowMs = core.clock.now();
    const times = { delayMs: waitedMs(device, commits, nowMs), lateMs: Math.max(0, nowMs - dueMs) };
    await core.registry.patch(device, { set: { announcedModSeq: frame.modSeq }, expect });
    const changes = Object.values(frame.changes).reduce((sum, number) => sum + number, 0);
    core.report('pushSent', { box, device: deviceId, commits: commits.length, changes, ...times });
    return;
  }
  if (core.clock.now() - (device.connectedAtMs ?? 0) < YOUNG_CONNECTION_MS) {
    throw new Error('the connection is not open yet');
  }
  await core.registry.patch(device, { set: { connectionId: undefined, announcedModSeq: undefined }, expect });
  core.report('pushGone', { box, device: deviceId, commits: commits.length });
}
