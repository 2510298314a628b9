import type { PolicyId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import type { Effective } from '../../protocol/preferences.js';
import type { Core } from '../core.js';
import type { DeviceRecord, Registry } from '../ports/registry.js';
import { effectiveOf } from './effective.js';

/** Unit: ms. Whoever changes a policy answers only after it, so that nobody works by the former one any more. */
export const POLICY_CACHE_MS = 1000;

const UNLIMITED: Policy = {};

interface Cached {
  readonly policy: Promise<Policy>;
  readonly untilMs: number;
}

const caches = new WeakMap<Registry, Map<PolicyId, Cached>>();

/** The policy of this id, at most POLICY_CACHE_MS old; those who ask meanwhile share one read. One that is not there, as `default` at first, limits nothing. */
export async function policyOf(
  core: Pick<Core, 'registry' | 'clock'>,
  id: PolicyId = DEFAULT_POLICY,
): Promise<Policy> {
  const cache = caches.get(core.registry) ?? new Map<PolicyId, Cached>();
  caches.set(core.registry, cache);
  const nowMs = core.clock.now();
  const cached = cache.get(id);
  if (cached && nowMs < cached.untilMs) return cached.policy;
  const policy = core.registry.policy(id).then((found) => found ?? UNLIMITED);
  const entry = { policy, untilMs: nowMs + POLICY_CACHE_MS };
  cache.set(id, entry);
  policy.catch(() => cache.get(id) === entry && cache.delete(id));
  return policy;
}

/** Policies that a device stands under: its box's, and its own where it was assigned one. */
export const policiesOf = (
  core: Core,
  { boxPolicyId, policyId }: Pick<DeviceRecord, 'boxPolicyId' | 'policyId'>,
): Promise<Policy[]> =>
  Promise.all([policyOf(core, boxPolicyId), ...(policyId === undefined ? [] : [policyOf(core, policyId)])]);

/** What is kept synchronized with a device as of now. */
export const currentEffective = async (
  core: Core,
  device: Pick<DeviceRecord, 'preferences' | 'boxPolicyId' | 'policyId'>,
): Promise<Effective> => effectiveOf(device.preferences, await policiesOf(core, device));

/** The record with what is effective as of now, which it is not given anew before its device synchronizes. */
export const withCurrentPolicies = async (core: Core, device: DeviceRecord): Promise<DeviceRecord> => ({
  ...device,
  effective: await currentEffective(core, device),
});
