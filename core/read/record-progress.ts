import { project } from '../log/projection.js';
import { viewOf } from '../log/view.js';
import { authorized, changedMeanwhile } from '../model/device-access.js';
import { deviceKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import type { Caller } from '../write/device-operations.js';
import type { ProcessedRequest } from './process-request.js';

/**
 * Projects the committed entries into the view, and in the same write records up to which commit the device has
 * synchronized. The push rules read this number and its time.
 * @param progress `isRestart` records the time although the number is the same. After a restore, the same number may be of
 * another past. With the old time, the server would announce commits to the device that it has already.
 * @returns whether the view has all of the entries
 * @throws SyncProblem `device-not-registered`, `instance-replaced`; `busy` if the device's registration is not in the
 * view yet.
 */
export async function recordProgress(
  core: Core,
  caller: Caller,
  { entry, left, tail, device }: ProcessedRequest,
  { modSeq, isRestart }: { readonly modSeq: number; readonly isRestart: boolean },
): Promise<boolean> {
  const entries = [...left, ...(entry ? [entry] : [])];
  const { deviceId, instanceId } = caller;
  const set = { syncedModSeq: modSeq, syncedAtMs: core.clock.now() };
  const advance = device.syncedModSeq === modSeq && !isRestart ? undefined : { deviceId, instanceId, set };
  if (entries.length === 0 && !advance) return true;
  const { outcome } = await project(core, caller.box, entries, advance);
  if (outcome !== 'deviceGone') return outcome === 'done';
  // The device was revoked or replaced meanwhile, or the view does not have its registration yet.
  const key = deviceKey(deviceId);
  const item = (await (await viewOf(core, caller.box, tail)).get([key])).get(key);
  authorized(item?.kind === 'device' ? item : undefined, caller);
  throw changedMeanwhile();
}
