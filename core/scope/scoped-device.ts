import { createHash } from 'node:crypto';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { canonicalJson } from '../../protocol/json.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import { changedMeanwhile } from '../model/device-access.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import { endOf, preferencesKey, preferencesPrefix, scopeKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { effectiveOf } from './effective-scope.js';
import { cacheItems, readImmutable } from './immutable-items.js';
import { policyOf } from './policy-cache.js';

/** A box keeps this many scopes of a device, the present one included. A device that needs an older one starts over. */
export const SCOPES_KEPT = 4;
const DIGEST_CHARACTERS = 8;
const PREFERENCES_EXPECTED = 2; // the present ones, and former ones that will be deleted soon

/** A device with its preferences, and its effective scope by the policies of now. */
export interface ScopedDevice extends StoredDevice {
  readonly box: BoxId;
  readonly name?: string;
  readonly preferences: Preferences;
  readonly effective: Effective;
}

/** The policies that apply to a device: that of its box, and its own if it was assigned one. */
export const policiesOf = (
  core: Pick<Core, 'registry' | 'clock'>,
  boxPolicyId: PolicyId | undefined,
  policyId: PolicyId | undefined,
): Promise<Policy[]> =>
  Promise.all([policyOf(core, boxPolicyId), ...(policyId === undefined ? [] : [policyOf(core, policyId)])]);

/** A digest that says whether a scope was computed from these policies, without a read of the scope. Shape: base64url. */
export const digestOfPolicies = (policies: readonly Policy[]): string =>
  createHash('sha256').update(canonicalJson(policies)).digest('base64url').slice(0, DIGEST_CHARACTERS);

/**
 * Caches the preferences of a device before the device itself is read, which names them. A box keeps only the present
 * ones, so this usually costs no more than a read of them.
 */
export async function prefetchPreferences(
  { store }: Pick<Core, 'store'>,
  box: BoxId,
  deviceId: DeviceId,
): Promise<void> {
  const from = preferencesPrefix(deviceId);
  const { items } = await store.query(box, { from, to: endOf(from), limit: PREFERENCES_EXPECTED });
  cacheItems(store, box, items);
}

/** Former and present scopes of a device by version. A scope that the box no longer keeps is missing. */
export async function readScopes(
  core: Pick<Core, 'store'>,
  box: BoxId,
  { deviceId, scopeVersion, scopeNonces }: Pick<StoredDevice, 'deviceId' | 'scopeVersion' | 'scopeNonces'>,
  versions: readonly number[],
): Promise<ReadonlyMap<number, Effective>> {
  const keys = versions.flatMap((version) => {
    const nonce = scopeNonces[scopeVersion - version];
    return nonce === undefined ? [] : [[version, scopeKey(deviceId, version, nonce)] as const];
  });
  const found = await readImmutable(
    core,
    box,
    keys.map(([, key]) => key),
  );
  return new Map(
    keys.flatMap(([version, key]) => {
      const item = found.get(key);
      return item?.kind === 'scope' ? [[version, item.effective]] : [];
    }),
  );
}

/**
 * The device with its preferences and its effective scope by the policies of now.
 * @throws SyncProblem `busy` if its preferences were replaced, or it was revoked, after it was read.
 */
export async function scoped(
  core: Core,
  box: BoxId,
  device: StoredDevice,
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice> {
  const [found] = await allScoped(core, box, [device], boxPolicyId);
  if (!found) throw changedMeanwhile();
  return found;
}

/** The same for several devices. It omits a device whose preferences were replaced or that was revoked after the read. */
export async function allScoped(
  core: Core,
  box: BoxId,
  devices: readonly StoredDevice[],
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice[]> {
  const keyOf = ({ deviceId, preferencesNonce }: StoredDevice) => preferencesKey(deviceId, preferencesNonce);
  const found = await readImmutable(core, box, devices.map(keyOf));
  const all = await Promise.all(
    devices.map(async (device): Promise<ScopedDevice | undefined> => {
      const item = found.get(keyOf(device));
      if (item?.kind !== 'preferences') return undefined;
      const policies = await policiesOf(core, boxPolicyId, device.policyId);
      const { name, preferences } = item;
      const effective = effectiveOf(preferences, policies);
      return { ...device, box, ...(name !== undefined && { name }), preferences, effective };
    }),
  );
  return all.filter((device) => device !== undefined);
}
