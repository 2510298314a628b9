import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import { backOff } from '../ports/back-off.js';
import { unlessErasing } from '../read/unless-erasing.js';
import { boxCreation } from '../write/box-creation.js';
import type { Core } from '../core.js';
import { changedMeanwhile } from '../model/device-access.js';
import { POLICY_CACHE_MS } from '../scope/policies.js';
import type { BoxId } from '../model/items.js';
import { readHead } from '../read/read-log.js';
import { SyncProblem } from '../model/sync-problem.js';

const ATTEMPTS_MAX = 6;

/** The policy of this id. `default` is always there, and limits nothing until it is put. @throws SyncProblem `not-found`. */
export async function showPolicy(core: Core, id: PolicyId): Promise<Policy> {
  const policy = (await core.registry.policy(id)) ?? (id === DEFAULT_POLICY ? {} : undefined);
  if (!policy) throw new SyncProblem('not-found', { detail: 'there is no such policy' });
  return policy;
}

/** Makes or replaces a policy. The answer comes when it holds everywhere: nobody goes by the former one any more. */
export async function putPolicy(core: Core, id: PolicyId, policy: Policy): Promise<Policy> {
  await core.registry.putPolicy(id, policy);
  await core.clock.sleep(POLICY_CACHE_MS);
  return policy;
}

/** Assigns a policy to a box, which is made where there is none. @throws SyncProblem `not-found`, `busy`. */
export async function assignToBox(core: Core, box: BoxId, policyId: PolicyId): Promise<void> {
  await showPolicy(core, policyId);
  await noteInHead(core, box, policyId);
  // Whoever writes it into a device record looks at the head once more behind that, so the last one has what it says: a
  // device that registers just now, and another assignment, too.
  let current: PolicyId | undefined = policyId;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await backOff(core.clock, attempt);
    for (const device of await core.registry.devices(box)) {
      await core.registry.patch(device, { set: { boxPolicyId: current } });
    }
    const noted: PolicyId | undefined = (await readHead(core, box))?.policyId;
    if (noted === current) return;
    current = noted;
  }
  throw new SyncProblem('busy', { detail: 'the box is being assigned other policies', retryAfterSeconds: 1 });
}

async function noteInHead(core: Core, box: BoxId, policyId: PolicyId): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await readHead(core, box);
    if (!head) {
      await core.store.write(box, boxCreation(core.clock.now()));
      continue;
    }
    if (head.policyId === policyId) return;
    const put = { ...head, version: head.version + 1, policyId };
    if ((await core.store.write(box, [{ put, when: { version: head.version } }])) === 'written') return;
    await backOff(core.clock, attempt);
  }
  throw new SyncProblem('busy', { detail: 'the box is being written to', retryAfterSeconds: 1 });
}

/** Assigns a policy to one device beside its box's: it can only narrow. @throws SyncProblem `not-found`, `busy`. */
export const assignToDevice = (
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
  policyId: PolicyId,
): Promise<void> =>
  unlessErasing(core, box, async () => {
    await showPolicy(core, policyId);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (attempt > 0) await backOff(core.clock, attempt);
      const device = await core.registry.device(box, deviceId);
      if (!device) throw new SyncProblem('not-found', { detail: 'there is no such device' });
      // Refused: another instance took its place.
      if (await core.registry.patch(device, { set: { policyId } })) return;
    }
    throw changedMeanwhile();
  });
