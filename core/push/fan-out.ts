import type { PolicyId } from '../../protocol/ids.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import type { Commit } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';
import { decidePush } from './decide.js';
import { withoutPositionOfOtherPast } from './lost-position.js';
import { pushMessage, sendPushes, setPendingPush } from './pending-push.js';
import { scopedNow } from './scoped-now.js';

const ATTEMPTS_MAX = 5;

/**
 * Schedules a synchronization request for each device that commits of a box concern, one for all of them. First the
 * mark in the device record, then the message: after a crash in between, the stream's retry finds its own mark and
 * sends again. So a request may be doubled and is never lost.
 * @throws Error when a device could not be marked or the queue did not take a message: the commits are to come again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function fanOut(core: Core, box: BoxId, ...commits: readonly Commit[]): Promise<void> {
  const boxPolicyId = commits.at(-1)?.policyId;
  const devices = await core.registry.devices(box);
  const marks = await Promise.allSettled(
    devices.map((device) => schedulePush(core, box, device, boxPolicyId, commits)),
  );
  // One device that could not be marked holds no other back.
  await sendPushes(
    core,
    marks.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : [])),
  );
  const failed = marks.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The message to send to one device, if any; decided anew when its record has changed meanwhile. */
async function schedulePush(
  core: Core,
  box: BoxId,
  read: StoredDevice,
  boxPolicyId: PolicyId | undefined,
  commits: readonly Commit[],
): Promise<PushMessage | undefined> {
  let device: StoredDevice | undefined = read;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && device; attempt++) {
    const placed = await withoutPositionOfOtherPast(core, { ...device, box }, commits);
    const current = await scopedNow(core, box, placed, boxPolicyId);
    if (!current) return undefined;
    const decision = decidePush(current, commits, core.clock.now());
    if (decision.kind === 'none') {
      core.observe('pushSuppressed', { why: decision.why });
      return undefined;
    }
    const { by, dueMs } = decision;
    if (await setPendingPush(core, current, by, dueMs)) return pushMessage(current, by, dueMs);
    device = await core.registry.device(box, read.deviceId);
  }
  if (device) throw new Error('the device record kept changing');
  return undefined;
}
