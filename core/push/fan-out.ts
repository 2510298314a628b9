import type { Core } from '../core.js';
import type { DeviceRecord } from '../ports/registry.js';
import { withCurrentPolicies } from '../scope/policies.js';
import type { BoxId, Commit } from '../model/items.js';
import { decidePush } from './decide.js';
import { withoutPositionBefore } from './lost-position.js';
import type { PushMessage } from '../ports/push.js';
import { markPush, pushMessage, sendPushes } from './schedule.js';

const ATTEMPTS_MAX = 5;

/**
 * Schedules a synchronization request for each device that commits of a box concern, one for all of them. First the
 * mark in the device record, then the message: after a crash in between, the stream's retry finds its own mark and
 * sends again. So a request may be doubled and is never lost.
 * @throws Error when a device could not be marked or the queue did not take a message: the commits are to come again.
 * Source: OMA CPM 5.6.x.2.
 */
export async function fanOut(core: Core, box: BoxId, ...commits: readonly Commit[]): Promise<void> {
  const devices = await core.registry.devices(box);
  const marks = await Promise.allSettled(devices.map((device) => mark(core, device, commits)));
  // One device that could not be marked holds no other back.
  await sendPushes(
    core,
    marks.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : [])),
  );
  const failed = marks.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The message to send to one device, if any; decided anew when its record has changed meanwhile. */
async function mark(
  core: Core,
  read: DeviceRecord,
  commits: readonly Commit[],
): Promise<PushMessage | undefined> {
  let device: DeviceRecord | undefined = read;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && device; attempt++) {
    const current = await withCurrentPolicies(core, await withoutPositionBefore(core, device, commits));
    const decision = decidePush(current, commits, core.clock.now());
    if (decision.kind === 'none') {
      core.report('pushSuppressed', { why: decision.why });
      return undefined;
    }
    const { by, dueMs } = decision;
    if (await markPush(core, device, by, dueMs)) return pushMessage(device, by, dueMs);
    device = await core.registry.device(read.box, read.deviceId);
  }
  if (device) throw new Error('the device record kept changing');
  return undefined;
}
