import type { PolicyId } from '../../protocol/ids.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import { allScoped, type ScopedDevice, scoped } from '../scope/scoped-device.js';

const ATTEMPTS_MAX = 5;

/**
 * The device with what is effective by the policies of now. Where other preferences have taken the place of those that it
 * was read with, it is read again. Undefined: it was revoked or replaced meanwhile.
 * @throws SyncProblem `busy` when it kept changing.
 */
export async function scopedNow(
  core: Core,
  box: BoxId,
  read: StoredDevice,
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice | undefined> {
  let device = read;
  for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
    const [found] = await allScoped(core, box, [device], boxPolicyId);
    if (found) return found;
    const next = await core.registry.device(box, read.deviceId);
    if (next?.instanceId !== read.instanceId) return undefined;
    device = next;
  }
  return scoped(core, box, device, boxPolicyId);
}
