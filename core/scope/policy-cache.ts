import type { PolicyId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import { POLICY_CACHE_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { Registry } from '../ports/registry.js';

const UNLIMITED: Policy = {};

interface Cached {
  readonly policy: Promise<Policy>;
  readonly untilMs: number;
}

const caches = new WeakMap<Registry, Map<PolicyId, Cached>>();

/**
 * The policy with this id, at most POLICY_CACHE_MS old. Concurrent callers share one read. A policy that does not exist,
 * as `default` at first, limits nothing.
 */
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
