import { isDeepStrictEqual } from 'node:util';
import type { Effective } from '../../protocol/preferences.js';
import type { Core } from '../core.js';
import { type DeviceRecord, SCOPES_KEPT } from '../registry.js';
import { scopePart } from '../scope/effective.js';
import { currentEffective } from '../scope/policies.js';
import { type Scope, scopeOf } from '../scope/scope.js';
import { SyncProblem } from '../sync-problem.js';

const ATTEMPTS_MAX = 5;
const NO_SCOPES: ReadonlyMap<number, Effective> = new Map();

/** What a device is to hold, and what it may hold already. */
export interface DeviceScope {
  readonly version: number;
  readonly now: Scope;
  /** Scopes since its last complete synchronization, without the one now: it may hold something of each. */
  readonly held: readonly Scope[];
  /** Whether it completed a synchronization: what is in all of `held` it has. Else it surely has nothing. */
  readonly hasCompleted: boolean;
}

/**
 * The device record with what is effective as of now: where policies have changed it, that is a new scope.
 * @throws SyncProblem `busy` when the record kept changing, `device-not-registered` when it went.
 */
export async function withCurrentScope(core: Core, read: DeviceRecord): Promise<DeviceRecord> {
  let record: DeviceRecord | undefined = read;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && record; attempt++) {
    const effective = await currentEffective(core, record);
    if (isDeepStrictEqual(effective, record.effective)) return record;
    const next: DeviceRecord = { ...record, effective, scopeVersion: versionAfter(record, effective) };
    if ((await core.registry.register(next, record, [])) === 'written') return next;
    record = await core.registry.device(read.box, read.deviceId);
  }
  if (!record) throw new SyncProblem('device-not-registered');
  throw new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
}

/** A device that is told at other times but keeps the same has the same scope. */
export const versionAfter = ({ scopeVersion, effective }: DeviceRecord, next: Effective): number =>
  scopeVersion + (isDeepStrictEqual(scopePart(effective), scopePart(next)) ? 0 : 1);

/** The scopes that matter for a position; undefined where one of them is no longer kept. */
export async function deviceScope(
  core: Core,
  { box, deviceId, effective, scopeVersion: version }: DeviceRecord,
  { from }: { readonly from: number },
): Promise<DeviceScope | undefined> {
  const now = scopeOf(effective);
  const first = Math.abs(from);
  if (first > version || version - first >= SCOPES_KEPT) return undefined;
  const versions = Array.from({ length: version - first }, (_, i) => first + i);
  const kept = versions.length > 0 ? await core.registry.scopes(box, deviceId, versions) : NO_SCOPES;
  const held = versions.flatMap((each) => kept.get(each) ?? []).map(scopeOf);
  return held.length === versions.length ? { version, now, held, hasCompleted: from > 0 } : undefined;
}
