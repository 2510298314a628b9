import { authorized } from '../model/device-access.js';
import type { StoredDevice } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { Head } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import {
  digestOfPolicies,
  nextScope,
  policiesOf,
  readScopes,
  SCOPES_KEPT,
  type ScopedDevice,
  scoped,
} from '../scope/device-scope.js';
import { type SyncScope, syncScopeOf } from '../scope/sync-scope.js';
import { commitAndProject } from '../write/commit.js';
import type { Caller } from '../write/device-operations.js';
import { registrationEffect } from '../write/registration.js';
import type { ScopeMark, ScopeSpan } from './position.js';

/** What a device is to hold, and what it may hold already. */
export interface DeviceScope {
  readonly mark: ScopeMark; // of the one now
  readonly now: SyncScope;
  /** Scopes since its last complete synchronization, without the one now: it may hold something of each. */
  readonly held: readonly SyncScope[];
  /** Whether it completed a synchronization: what is in all of `held` it has. Else it surely has nothing. */
  readonly hasCompleted: boolean;
}

/**
 * The device with what is effective as of now: where policies have changed that, it is a new scope, which a log entry says.
 * @throws SyncProblem `busy` when others were faster each time, `device-not-registered` or `instance-replaced` when it went.
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
      const { registration, aside } = nextScope(read.deviceId, before, asked, policies, work.version);
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

export const markOf = ({ scopeVersion, scopeNonces }: StoredDevice): ScopeMark => ({
  version: scopeVersion,
  nonce: scopeNonces[0] ?? '',
});

/** The scopes that matter for a position; undefined where one of them is no longer kept, or is another one by now. */
export async function deviceScope(
  core: Core,
  device: ScopedDevice,
  span?: ScopeSpan,
): Promise<DeviceScope | undefined> {
  const { effective, scopeVersion: version, scopeNonces } = device;
  const mark = markOf(device);
  const now = syncScopeOf(effective);
  if (!span) return { mark, now, held: [], hasCompleted: false };
  const { from, to, isFirst } = span;
  if (from.version > version || version - from.version >= SCOPES_KEPT) return undefined;
  const isSame = (asked: ScopeMark) => scopeNonces[version - asked.version] === asked.nonce;
  if (!isSame(from) || !isSame(to)) return undefined;
  const versions = Array.from({ length: version - from.version }, (_, i) => from.version + i);
  const kept = await readScopes(core, device.box, device, versions);
  const held = versions.flatMap((each) => kept.get(each) ?? []).map(syncScopeOf);
  return held.length === versions.length ? { mark, now, held, hasCompleted: !isFirst } : undefined;
}
