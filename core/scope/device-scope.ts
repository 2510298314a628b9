import { createHash } from 'node:crypto';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { canonicalJson, isSameJson } from '../../protocol/json.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import { changedMeanwhile } from '../model/device-access.js';
import { newNonce, newScopeNonce } from '../model/ids.js';
import type {
  BoxId,
  Registration,
  StoredDevice,
  StoredItem,
  StoredPreferences,
  StoredScope,
} from '../model/items.js';
import { endOf, preferencesKey, preferencesPrefix, scopeKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { effectiveOf, scopePart } from './effective.js';
import { policyOf } from './policies.js';

/** So many scopes of a device are known, the present one among them; one with older ones to tell from starts over. */
export const SCOPES_KEPT = 4;
const DIGEST_CHARACTERS = 8;
const CACHED_MAX = 2000;
const PREFERENCES_EXPECTED = 2; // the present ones, and former ones that are about to be removed

/** A device with what it asks for and what it gets, by the policies of now. */
export interface ScopedDevice extends StoredDevice {
  readonly box: BoxId;
  readonly name?: string;
  readonly preferences: Preferences;
  readonly effective: Effective;
}

/** Policies that a device stands under: its box's, and its own where it was assigned one. */
export const policiesOf = (
  core: Pick<Core, 'registry' | 'clock'>,
  boxPolicyId: PolicyId | undefined,
  policyId: PolicyId | undefined,
): Promise<Policy[]> =>
  Promise.all([policyOf(core, boxPolicyId), ...(policyId === undefined ? [] : [policyOf(core, policyId)])]);

/** Tells whether a scope was computed from these policies, without reading it. */
export const digestOfPolicies = (policies: readonly Policy[]): string =>
  createHash('sha256').update(canonicalJson(policies)).digest('base64url').slice(0, DIGEST_CHARACTERS);

/** Items that never change once they are written. */
type Unchanging = StoredScope | StoredPreferences;

const caches = new WeakMap<Core['store'], Map<string, Unchanging>>();

/** Scopes and preferences by key. They never change, so each process reads one once. What is not kept is not in the map. */
async function readUnchanging(
  { store }: Pick<Core, 'store'>,
  box: BoxId,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Unchanging>> {
  const cache = cacheOf(store);
  const known = new Map(
    keys.flatMap((sk) => {
      const item = cache.get(nameOf(box, sk));
      return item ? [[sk, item]] : [];
    }),
  );
  const missing = keys.filter((sk) => !known.has(sk));
  if (missing.length === 0) return known;
  const read = await store.get(box, missing);
  for (const item of keep(store, box, read.values())) known.set(item.sk, item);
  return known;
}

function keep(store: Core['store'], box: BoxId, items: Iterable<StoredItem>): readonly Unchanging[] {
  const cache = cacheOf(store);
  const kept = [...items].filter((item) => item.kind === 'scope' || item.kind === 'preferences');
  for (const item of kept) cache.set(nameOf(box, item.sk), item);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHED_MAX) break;
    cache.delete(oldest);
  }
  return kept;
}

function cacheOf(store: Core['store']): Map<string, Unchanging> {
  const cache = caches.get(store) ?? new Map<string, Unchanging>();
  caches.set(store, cache);
  return cache;
}

const nameOf = (box: BoxId, sk: string): string => JSON.stringify([box, sk]);

/**
 * Reads what a device asks for before the device is read, which says where that stands. Only the present preferences are
 * kept, so this mostly costs what reading them costs.
 */
export async function expectPreferences(
  { store }: Pick<Core, 'store'>,
  box: BoxId,
  deviceId: DeviceId,
): Promise<void> {
  const from = preferencesPrefix(deviceId);
  const { items } = await store.query(box, { from, to: endOf(from), limit: PREFERENCES_EXPECTED });
  keep(store, box, items);
}

/** Scopes that a device has had, by version, as far as they are known. */
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
  const found = await readUnchanging(
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

/** The device with its preferences and with what is effective by the policies of now. */
export async function scoped(
  core: Core,
  box: BoxId,
  device: StoredDevice,
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice> {
  const [found] = await allScoped(core, box, [device], boxPolicyId);
  // It was read before other preferences took the place of these, or before it was revoked.
  if (!found) throw changedMeanwhile();
  return found;
}

/** The same for several devices; one that was revoked meanwhile, so that its preferences are gone, is left out. */
export async function allScoped(
  core: Core,
  box: BoxId,
  devices: readonly StoredDevice[],
  boxPolicyId: PolicyId | undefined,
): Promise<ScopedDevice[]> {
  const keyOf = ({ deviceId, preferencesNonce }: StoredDevice) => preferencesKey(deviceId, preferencesNonce);
  const found = await readUnchanging(core, box, devices.map(keyOf));
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

/** What a device asks for. */
export interface Asked {
  readonly name?: string | undefined;
  readonly preferences: Preferences;
}

/** The part of a registration that says what is kept synchronized, and the items that it names. */
export interface NextScope {
  readonly registration: Pick<
    Registration,
    'scopeVersion' | 'scopeNonces' | 'preferencesNonce' | 'policiesDigest'
  >;
  readonly aside: readonly StoredItem[];
}

/**
 * What is kept synchronized with a device that asks for this, by these policies. Where that is not what it has already, it
 * is a new scope.
 * @param before the device as it was, with what it asked for and the scope that it had; its scopes count on
 * @param version of the entry that will name the items
 */
export function nextScope(
  deviceId: DeviceId,
  before:
    | {
        readonly device: Pick<StoredDevice, 'scopeVersion' | 'scopeNonces'> & Partial<StoredDevice>;
        readonly asked?: Asked;
        readonly scope?: Effective;
      }
    | undefined,
  asked: Asked,
  policies: readonly Policy[],
  version: number,
): NextScope {
  const effective = effectiveOf(asked.preferences, policies);
  const { scopeVersion = 0, scopeNonces = [], preferencesNonce } = before?.device ?? {};
  const isSameScope =
    before?.scope !== undefined && isSameJson(scopePart(before.scope), scopePart(effective));
  const isAskedBefore =
    preferencesNonce !== undefined && before?.asked !== undefined && isSameAsked(before.asked, asked);
  const next = isSameScope ? scopeVersion : scopeVersion + 1;
  const nonces = isSameScope ? scopeNonces : [newScopeNonce(), ...scopeNonces].slice(0, SCOPES_KEPT);
  const nonce = isAskedBefore ? preferencesNonce : newNonce();
  const { name, preferences } = asked;
  return {
    registration: {
      scopeVersion: next,
      scopeNonces: nonces,
      preferencesNonce: nonce,
      policiesDigest: digestOfPolicies(policies),
    },
    aside: [
      ...(isSameScope
        ? []
        : [
            { kind: 'scope' as const, sk: scopeKey(deviceId, next, nonces[0] as string), version, effective },
          ]),
      ...(isAskedBefore
        ? []
        : [
            {
              kind: 'preferences' as const,
              sk: preferencesKey(deviceId, nonce),
              version,
              ...(name !== undefined && { name }),
              preferences,
            },
          ]),
    ],
  };
}

const isSameAsked = (a: Asked, b: Asked): boolean =>
  isSameJson({ name: a.name, preferences: a.preferences }, { name: b.name, preferences: b.preferences });
