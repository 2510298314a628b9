import { authorized } from '../model/device-access.js';
import type { StoredDevice } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { Head } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import { nextScope } from '../scope/next-scope.js';
import {
  digestOfPolicies,
  policiesOf,
  readScopes,
  type ScopedDevice,
  scoped,
} from '../scope/scoped-device.js';
import { commitAndProject } from '../write/commit.js';
import type { Caller } from '../write/device-operations.js';
import { registrationEffect } from '../write/registration.js';

/**
 * The device with its effective scope as of now. If policies changed, a log entry records the new scope.
 * @throws SyncProblem `busy` if other writers won every attempt; `device-not-registered` or `instance-replaced` if
 * the device was revoked or replaced meanwhile.
 */
export async function withCurrentScope(
  core: Core,
  caller: Caller,
  device: StoredDevice,
  { policyId: boxPolicyId }: Pick<Head, 'policyId'>,
): Promise<ScopedDevice> {
  if (await isCurrent(core, device, boxPolicyId)) return scoped(core, caller.box, device, boxPolicyId);
  const key = deviceKey(caller.deviceId);
  const next = await commitAndProject(core, caller.box, {
    keys: [key],
    onMissingBox: 'refuse',
    async decide({ work }) {
      const item = await work.read(key);
      const read = authorized(item?.kind === 'device' ? item : undefined, caller);
      const { policyId } = work.head;
      const origin = { by: 'server' } as const;
      if (await isCurrent(core, read, policyId)) return { answer: { device: read, policyId }, origin };
      const { preferences, name } = await scoped(core, caller.box, read, policyId);
      const scope = (await readScopes(core, caller.box, read, [read.scopeVersion])).get(read.scopeVersion);
      const asked = { name, preferences };
      const policies = await policiesOf(core, policyId, read.policyId);
      const before = { device: read, asked, ...(scope && { scope }) };
      const { registration, aside } = nextScope(read.deviceId, before, {
        asked,
        policies,
        version: work.version,
      });
      const answer = { device: { ...read, ...registration }, policyId };
      return { answer, origin, aside, effects: [registrationEffect({ ...read, ...registration })] };
    },
  });
  return scoped(core, caller.box, next.device, next.policyId);
}

const isCurrent = async (
  core: Core,
  { policiesDigest, policyId }: StoredDevice,
  boxPolicyId: Head['policyId'],
): Promise<boolean> => policiesDigest === digestOfPolicies(await policiesOf(core, boxPolicyId, policyId));
