import type { BoxId, StoredDevice } from '../model/items.js';
import type { Commit } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';
import { AGAIN, retry } from '../ports/retry.js';
import { decidePush } from './decide.js';
import { DEVICE_RETRIES } from './device-retries.js';
import { withoutPositionOfOtherPast } from './lost-position.js';
import { pushMessage, sendPushes, setPendingPush } from './pending-push.js';
import { scopedNow } from './scoped-now.js';

/**
 * Schedules one synchronization request for each device that commits of a box concern. The pending push is recorded in the
 * device record first, then the message is sent. After a crash in between, the retry of the stream finds its own pending
 * push and sends the message again. So a request may be sent twice and is never lost.
 * @throws Error when a record could not be changed or the queue did not take a message: the stream retries the commits.
 * Source: OMA CPM 5.6.x.2.
 */
export async function fanOut(core: Core, box: BoxId, ...commits: readonly Commit[]): Promise<void> {
  const devices = await core.registry.devices(box);
  const scheduled = await Promise.allSettled(
    devices.map((device) => schedulePush(core, { ...device, box }, commits)),
  );
  // A device whose record could not be changed does not delay the others.
  await sendPushes(
    core,
    scheduled.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : [])),
  );
  const failed = scheduled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Records a pending push for one device. @returns the message to send; undefined where the device gets none */
async function schedulePush(
  core: Core,
  read: StoredDevice & { readonly box: BoxId },
  commits: readonly Commit[],
): Promise<PushMessage | undefined> {
  const { box, deviceId } = read;
  const boxPolicyId = commits.at(-1)?.policyId;
  let device: StoredDevice = read;
  return retry(DEVICE_RETRIES, async () => {
    const positioned = await withoutPositionOfOtherPast(core, { ...device, box }, commits);
    const current = await scopedNow(core, box, positioned, boxPolicyId);
    if (!current) return undefined;
    const decision = decidePush(current, commits, core.clock.now());
    if (decision.kind === 'none') {
      core.observe('pushSuppressed', { why: decision.why });
      return undefined;
    }
    const { modSeq, dueMs } = decision;
    if (await setPendingPush(core, current, modSeq, dueMs)) return pushMessage(current, modSeq, dueMs);
    const next = await core.registry.device(box, deviceId);
    if (!next) return undefined;
    device = next;
    return AGAIN;
  });
}
