import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import type { BoxId, Commit } from '../store/items.js';
import { decidePush } from './decide.js';
import type { PushMessage } from './ports.js';
import { markPush, pushMessage, sendPushes } from './schedule.js';

const ATTEMPTS_MAX = 5;

/**
 * Schedules a synchronization request for each device that a commit concerns. First the mark in the device record,
 * then the message: after a crash in between, the stream's retry finds its own mark and sends again. So a request may
 * be doubled and is never lost.
 * @throws Error when a device could not be marked or the queue did not take a message: the record is to be retried.
 * Source: OMA CPM 5.6.x.2.
 */
export async function fanOut(core: Core, box: BoxId, commit: Commit): Promise<void> {
  const devices = await core.registry.devices(box);
  const marked = await Promise.all(devices.map((device) => mark(core, device, commit)));
  await sendPushes(
    core,
    marked.flatMap((message) => message ?? []),
  );
}

/** The message to send to one device, if any; decided anew when its record has changed meanwhile. */
async function mark(core: Core, read: DeviceRecord, commit: Commit): Promise<PushMessage | undefined> {
  let device: DeviceRecord | undefined = read;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && device; attempt++) {
    const decision = decidePush(device, commit, core.clock.now());
    if (decision.kind === 'none') {
      core.report('pushSuppressed', { why: decision.why });
      return undefined;
    }
    if (await markPush(core, device, commit.modSeq, decision.dueMs)) {
      return pushMessage(device, commit.modSeq, decision.dueMs);
    }
    device = await core.registry.device(read.box, read.deviceId);
  }
  if (device) throw new Error('the device record kept changing');
  return undefined;
}
