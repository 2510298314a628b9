import type { StoredDevice } from '../model/items.js';
import type { Core } from '../ports/core.js';
import { readScopes, SCOPES_KEPT, type ScopedDevice } from '../scope/scoped-device.js';
import { type SyncScope, syncScopeOf } from '../scope/sync-scope.js';
import type { ScopeRef, ScopeSpan } from './position.js';

/** The elements that a device is to hold, and those that it may hold already. */
export interface DeviceScope {
  readonly ref: ScopeRef; // of `now`
  readonly now: SyncScope;
  /** Scopes since its last complete synchronization, without `now`. The device may hold elements of each. */
  readonly held: readonly SyncScope[];
  /** The device completed a synchronization, so it holds everything that all of `held` contain. */
  readonly hasCompleted: boolean;
}

/** The present scope of a device. A registered device always has one. */
const scopeRefOf = ({ scopeVersion, scopeNonces }: StoredDevice): ScopeRef => ({
  version: scopeVersion,
  nonce: scopeNonces[0] as string,
});

/** The scope of a device that holds nothing. */
export const firstScope = (device: ScopedDevice): DeviceScope => ({
  ref: scopeRefOf(device),
  now: syncScopeOf(device.effective),
  held: [],
  hasCompleted: false,
});

/** The scopes since a position; undefined if the box no longer keeps one of them, or has another one of that version. */
export async function scopeSince(
  core: Core,
  device: ScopedDevice,
  { from, to, isFirst }: ScopeSpan,
): Promise<DeviceScope | undefined> {
  const { scopeVersion: version, scopeNonces } = device;
  if (from.version > version || version - from.version >= SCOPES_KEPT) return undefined;
  const isSame = (asked: ScopeRef) => scopeNonces[version - asked.version] === asked.nonce;
  if (!isSame(from) || !isSame(to)) return undefined;
  const versions = Array.from({ length: version - from.version }, (_, i) => from.version + i);
  const kept = await readScopes(core, device.box, device, versions);
  const held = versions.flatMap((each) => kept.get(each) ?? []).map(syncScopeOf);
  return held.length === versions.length
    ? { ...firstScope(device), held, hasCompleted: !isFirst }
    : undefined;
}
