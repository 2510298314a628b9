import type { PolicyId } from '../../protocol/ids.js';
import { changedMeanwhile } from '../model/device-access.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import { AGAIN, retry } from '../ports/retry.js';
import { allScoped, type ScopedDevice } from '../scope/scoped-device.js';

/**
 * The device with the scope that the current policies give it. If its preferences were replaced after it was read, it is
 * read again. Undefined: the device was revoked, or another instance was registered.
 * @throws SyncProblem `busy` when its preferences were replaced during each attempt.
 */
export async function scopedNow(
  core: Core,
  box: BoxId,
  read: StoredDevice,
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice | undefined> {
  let device = read;
  return retry({ attempts: 5, exhausted: changedMeanwhile }, async () => {
    const [found] = await allScoped(core, box, [device], boxPolicyId);
    if (found) return found;
    const next = await core.registry.device(box, read.deviceId);
    if (next?.instanceId !== read.instanceId) return undefined;
    device = next;
    return AGAIN;
  });
}
