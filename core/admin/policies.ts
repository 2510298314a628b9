import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import type { BoxId } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import { POLICY_CACHE_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { commitAndProject } from '../write/commit.js';
import { registrationEffect } from '../write/registration.js';

const origin = { by: 'server' } as const;

/** The policy with this id. `default` always exists, and limits nothing until it is put. @throws SyncProblem `not-found`. */
export async function showPolicy(core: Core, id: PolicyId): Promise<Policy> {
  const policy = (await core.registry.policy(id)) ?? (id === DEFAULT_POLICY ? {} : undefined);
  if (!policy) throw new SyncProblem('not-found', { detail: 'there is no such policy' });
  return policy;
}

/** Creates or replaces a policy. It returns when every process has stopped using the former policy. */
export async function putPolicy(core: Core, id: PolicyId, policy: Policy): Promise<Policy> {
  await core.registry.putPolicy(id, policy);
  await core.clock.sleep(POLICY_CACHE_MS);
  return policy;
}

/** Assigns a policy to a box; the box is created if it does not exist. @throws SyncProblem `not-found`, `busy`. */
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

/** Assigns a policy to one device, which can only narrow that of its box. @throws SyncProblem `not-found`, `busy`. */
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
    async decide({ work }) {
      const device = await work.read(key);
      if (device?.kind !== 'device') return { answer: false, origin };
      if (device.policyId === policyId) return { answer: true, origin };
      return { answer: true, origin, effects: [registrationEffect({ ...device, policyId })] };
    },
  });
  if (!isFound) throw new SyncProblem('not-found', { detail: 'there is no such device' });
}
