import type { BoxId, StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import type { PushMessage } from '../ports/push.js';

const DELAY_MAX_SECONDS = 900;

/** Marks a push in the device record; false when the record has changed since it was read. */
export const setPendingPush = (
  core: Core,
  device: StoredDevice & { readonly box: BoxId },
  by: number,
  dueMs: number,
): Promise<boolean> =>
  core.registry.patch(device, {
    set: { pendingPushModSeq: by, pendingPushDueMs: dueMs },
    expect: { pendingPushModSeq: device.pendingPushModSeq, pendingPushDueMs: device.pendingPushDueMs },
  });

export const pushMessage = (
  { box, deviceId, instanceId }: StoredDevice & { readonly box: BoxId },
  by: number,
  dueMs: number,
): PushMessage => ({
  box,
  deviceId,
  instanceId,
  by,
  dueMs,
});

/**
 * Sends pushes that are marked. Delays are whole seconds; whoever receives the message waits for the rest.
 * @throws Error when the queue did not take all of them: whoever called finds its marks and sends again.
 */
export async function sendPushes(core: Core, messages: readonly PushMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const nowMs = core.clock.now();
  const refused = await core.pushQueue.send(
    messages.map((message) => ({ message, delaySeconds: delaySeconds(message.dueMs - nowMs) })),
  );
  if (refused.length > 0) throw new Error(`the push queue did not take ${refused.length} messages`);
}

const delaySeconds = (ms: number): number => Math.min(DELAY_MAX_SECONDS, Math.max(0, Math.floor(ms / 1000)));
