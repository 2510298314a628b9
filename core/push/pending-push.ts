import type { BoxId, StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';

const DELAY_MAX_SECONDS = 900;

/**
 * Records a pending push in the device record. False: the record has changed since it was read.
 * @param modSeq of the commit that schedules the push. Unit of `dueMs`: ms since 1970.
 */
export const setPendingPush = (
  core: Core,
  device: StoredDevice & { readonly box: BoxId },
  modSeq: number,
  dueMs: number,
): Promise<boolean> =>
  core.registry.patch(device, {
    set: { pendingPushModSeq: modSeq, pendingPushDueMs: dueMs },
    expect: { pendingPushModSeq: device.pendingPushModSeq, pendingPushDueMs: device.pendingPushDueMs },
  });

/** The message that makes the notifier send a pending push. */
export const pushMessage = (
  { box, deviceId, instanceId }: StoredDevice & { readonly box: BoxId },
  modSeq: number,
  dueMs: number,
): PushMessage => ({ box, deviceId, instanceId, by: modSeq, dueMs });

/**
 * Sends the messages of pending pushes. Delays are whole seconds; the notifier waits for the rest.
 * @throws Error when the queue did not take all of them: the caller is repeated, finds its pending pushes and sends again.
 */
export async function sendPushes(core: Core, messages: readonly PushMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const nowMs = core.clock.now();
  const rejected = await core.pushQueue.send(
    messages.map((message) => ({ message, delaySeconds: wholeSeconds(message.dueMs - nowMs) })),
  );
  if (rejected.length > 0) throw new Error(`the push queue did not take ${rejected.length} messages`);
}

const wholeSeconds = (ms: number): number => Math.min(DELAY_MAX_SECONDS, Math.max(0, Math.floor(ms / 1000)));
