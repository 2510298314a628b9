import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import type { BoxId } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { POLICY_CACHE_MS } from '../scope/policy-cache.js';
import { commitAndProject } from '../write/commit.js';
import { registrationEffect } from '../write/registration.js';

const origin = { by: 'server' } as const;

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
  await commitAndProject(core, box, {
    keys: [],
    onMissingBox: 'create',
    decide: ({ work }) => ({
      answer: undefined,
      origin,
      ...(work.head.policyId !== policyId && { box: { policyId } }),
    }),
  });
}

/** Assigns a policy to one device beside its box's: it can only narrow. @throws SyncProblem `not-found`, `busy`. */
export async function assignToDevice(
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
  policyId: PolicyId,
): Promise<void> {
  await showPolicy(core, policyId);
  const key = deviceKey(deviceId);
  const isFound = await commitAndProject(core, box, {
    keys: [key],
    onMissingBox: { answer: false },
    decide({ work }) {
      const device = work.read(key);
      if (device?.kind !== 'device') return { answer: false, origin };
      if (device.policyId === policyId) return { answer: true, origin };
      return { answer: true, origin, effects: [registrationEffect({ ...device, policyId })] };
    },
  });
  if (!isFound) throw new SyncProblem('not-found', { detail: 'there is no such device' });
}
