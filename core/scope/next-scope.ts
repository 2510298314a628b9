import type { DeviceId } from '../../protocol/ids.js';
import { isSameJson } from '../../protocol/json.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import { newNonce, newScopeNonce } from '../model/ids.js';
import type { Registration, StoredDevice, StoredPreferences, StoredScope } from '../model/items.js';
import { preferencesKey, scopeKey } from '../model/keys.js';
import { effectiveOf, scopePart } from './effective-scope.js';
import { digestOfPolicies, SCOPES_KEPT } from './scoped-device.js';

/** The name and the preferences that a device sends. */
interface Asked {
  readonly name?: string | undefined;
  readonly preferences: Preferences;
}

/** A device before a change, with what it asked for and its scope. Its scope numbers continue. */
export interface ScopeBefore {
  readonly device: Pick<StoredDevice, 'scopeVersion' | 'scopeNonces'> & Partial<StoredDevice>;
  readonly asked?: Asked;
  readonly scope?: Effective;
}

/** The new preferences of a device and the policies that apply to it. `version`: of the entry that will name the items. */
export interface ScopeChange {
  readonly asked: Asked;
  readonly policies: readonly Policy[];
  readonly version: number;
}

/** The part of a registration that says what is kept synchronized, and the items that it names. */
export interface NextScope {
  readonly registration: Pick<
    Registration,
    'scopeVersion' | 'scopeNonces' | 'preferencesNonce' | 'policiesDigest'
  >;
  readonly aside: readonly (StoredScope | StoredPreferences)[];
}

/**
 * Computes the scope of a device from its preferences and policies. If it differs from the present one, the device gets a
 * new scope version.
 * @param before undefined: the box never had this device
 */
export function nextScope(
  deviceId: DeviceId,
  before: ScopeBefore | undefined,
  { asked, policies, version }: ScopeChange,
): NextScope {
  const { name, preferences } = asked;
  const effective = effectiveOf(preferences, policies);
  const { scopeVersion = 0, scopeNonces = [], preferencesNonce } = before?.device ?? {};
  const isSameScope =
    before?.scope !== undefined && isSameJson(scopePart(before.scope), scopePart(effective));
  const isAskedBefore =
    preferencesNonce !== undefined && before?.asked !== undefined && isSameAsked(before.asked, asked);
  const next = isSameScope ? scopeVersion : scopeVersion + 1;
  const scopeNonce = newScopeNonce();
  const nonce = isAskedBefore ? preferencesNonce : newNonce();
  const scopeItem: StoredScope = {
    kind: 'scope',
    sk: scopeKey(deviceId, next, scopeNonce),
    version,
    effective,
  };
  const preferencesItem: StoredPreferences = {
    kind: 'preferences',
    sk: preferencesKey(deviceId, nonce),
    version,
    ...(name !== undefined && { name }),
    preferences,
  };
  return {
    registration: {
      scopeVersion: next,
      scopeNonces: isSameScope ? scopeNonces : [scopeNonce, ...scopeNonces].slice(0, SCOPES_KEPT),
      preferencesNonce: nonce,
      policiesDigest: digestOfPolicies(policies),
    },
    aside: [...(isSameScope ? [] : [scopeItem]), ...(isAskedBefore ? [] : [preferencesItem])],
  };
}

const isSameAsked = (a: Asked, b: Asked): boolean =>
  isSameJson({ name: a.name, preferences: a.preferences }, { name: b.name, preferences: b.preferences });
