import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import type { BoxId, Commit } from '../store/items.js';
import { commitKey, endOf } from '../store/keys.js';
import { isCommit } from '../sync/read-log.js';
import { aggregate, YOUNG_CONNECTION_MS } from './decide.js';
import type { PushMessage } from './ports.js';

const WAIT_MAX_MS = 1000; // what whole seconds of delay leave over
const COMMITS_PER_READ = 100;
const COMMITS_COUNTED_MAX = 1000; // a device further behind is told all the same, with a lower count

/**
 * Sends a device the synchronization request that was scheduled. First the mark is cleared, then the log is read: a
 * commit that comes in between schedules another push. A message that comes twice finds nothing to announce.
 * @throws Error when the request could not be sent: the message is to come again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function notify(core: Core, message: PushMessage): Promise<void> {
  const restMs = message.dueMs - core.clock.now();
  if (restMs > 0) await core.clock.sleep(Math.min(restMs, WAIT_MAX_MS));
  // Not our mark any more: cleared by an earlier delivery, which may have got no further. What it says still holds.
  await core.registry.patch(message, {
    set: { pushBy: undefined, pushDueMs: undefined, lastPushAtMs: core.clock.now() },
    expect: { pushBy: message.by },
  });
  const device = await core.registry.device(message.box, message.deviceId);
  if (device?.instanceId !== message.instanceId || !device.connectionId) {
    core.report('pushSuppressed', { why: 'notConnected' });
    return;
  }
  const commits = await commitsSince(core, device.box, device.syncedModSeq);
  const frame = aggregate(device, commits);
  if (!frame) {
    core.report('pushSuppressed', { why: 'announced' });
    return;
  }
  await post(core, device, device.connectionId, JSON.stringify(frame), commits);
}

async function commitsSince(core: Core, box: BoxId, modSeq: number): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for (let more = true; more && commits.length < COMMITS_COUNTED_MAX; ) {
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
  frame: string,
  commits: readonly Commit[],
): Promise<void> {
  const last = commits.at(-1);
  const expect = { connectionId };
  if ((await core.sockets.post(connectionId, frame)) === 'posted') {
    await core.registry.patch(device, { set: { announcedModSeq: last?.modSeq }, expect });
    core.report('pushSent', { commits: commits.length, delayMs: core.clock.now() - (last?.atMs ?? 0) });
    return;
  }
  if (core.clock.now() - (device.connectedAtMs ?? 0) < YOUNG_CONNECTION_MS) {
    throw new Error('the connection is not open yet');
  }
  await core.registry.patch(device, { set: { connectionId: undefined, announcedModSeq: undefined }, expect });
  core.report('pushGone', { commits: commits.length });
}
