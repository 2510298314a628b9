import type { Core } from '../core.js';
import type { TicketHolder } from '../registry.js';
import { readHead } from '../sync/read-log.js';
import { decideDue } from './decide.js';
import { markPush, pushMessage, sendPushes } from './schedule.js';

const ATTEMPTS_MAX = 5;
/** Nothing can be sent over a connection before the answer to its opening is out. Unit: ms. */
const OPENING_MS = 1000;

/**
 * Records a connection as the device's only one, closes the older one, and schedules a synchronization request if the
 * device is behind: what could not be told while it was away.
 * False: the device was revoked or replaced, or a newer connection is there already.
 * @throws Error when the record kept changing or the push queue did not take the message: the client connects again.
 */
export async function connected(
  core: Core,
  holder: TicketHolder,
  connection: { readonly id: string; readonly atMs: number },
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const device = await core.registry.device(holder.box, holder.deviceId);
    if (device?.instanceId !== holder.instanceId || (device.connectedAtMs ?? 0) > connection.atMs)
      return false;
    const isRecorded = await core.registry.patch(device, {
      set: { connectionId: connection.id, connectedAtMs: connection.atMs, announcedModSeq: undefined },
      expect: { connectionId: device.connectionId, connectedAtMs: device.connectedAtMs },
    });
    if (!isRecorded) continue;
    if (device.connectionId) await closeQuietly(core, device.connectionId);
    await tellIfBehind(core, holder);
    return true;
  }
  throw new Error('the device record kept changing');
}

/** Reads the record anew: a push that is still scheduled then will find the connection, and one that is not may have missed it. */
async function tellIfBehind(core: Core, { box, deviceId, instanceId }: TicketHolder): Promise<void> {
  const [device, head] = await Promise.all([core.registry.device(box, deviceId), readHead(core, box)]);
  if (device?.instanceId !== instanceId) return;
  if (!head || head.modSeq <= device.syncedModSeq) return;
  const nowMs = core.clock.now();
  const decision = decideDue(device, head.modSeq, nowMs, nowMs + OPENING_MS);
  if (decision.kind === 'none') return;
  // Refused: a commit came in between, and its fan-out has scheduled the push; or a push was just sent.
  if (!(await markPush(core, device, head.modSeq, decision.dueMs))) return;
  try {
    await sendPushes(core, [pushMessage(device, head.modSeq, decision.dueMs)]);
  } catch (error) {
    // Nobody retries this one: a mark without message would keep others from sending theirs.
    const expect = { pushBy: head.modSeq };
    await core.registry.patch(device, { set: { pushBy: undefined, pushDueMs: undefined }, expect });
    throw error;
  }
}

/** The older connection is no longer the device's, whether it could be closed or not. */
async function closeQuietly(core: Core, connectionId: string): Promise<void> {
  try {
    await core.sockets.close(connectionId);
  } catch (error) {
    core.report('closeFailed', { error: error instanceof Error ? error.name : 'unknown' });
  }
}

/** Forgets a connection that was closed, if it is still the device's: the news of an older one may come late. */
export async function disconnected(core: Core, holder: TicketHolder, connectionId: string): Promise<void> {
  await core.registry.patch(holder, {
    set: { connectionId: undefined, announcedModSeq: undefined },
    expect: { connectionId },
  });
}
