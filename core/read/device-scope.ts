import { createHash } from 'node:crypto';
import type { Effective } from '../../protocol/preferences.js';
import { backOff } from '../ports/back-off.js';
import type { Core } from '../core.js';
import { authorized, changedMeanwhile } from '../model/device-access.js';
import { isSameJson } from '../model/json.js';
import { type DeviceRecord, SCOPES_KEPT } from '../ports/registry.js';
import { scopePart } from '../scope/effective.js';
import { currentEffective } from '../scope/policies.js';
import { type Scope, scopeOf } from '../scope/scope.js';
import type { ScopeMark, ScopeSpan } from './position.js';

const ATTEMPTS_MAX = 5;
const DIGEST_CHARACTERS = 4; // 24 bits, and the version has to be the same too
const NO_SCOPES: ReadonlyMap<number, Effective> = new Map();

/** What a device is to hold, and what it may hold already. */
export interface DeviceScope {
  readonly mark: ScopeMark; // of the one now
  readonly now: Scope;
  /** Scopes since its last complete synchronization, without the one now: it may hold something of each. */
  readonly held: readonly Scope[];
  /** Whether it completed a synchronization: what is in all of `held` it has. Else it surely has nothing. */
  readonly hasCompleted: boolean;
}

/**
 * The device record with what is effective as of now: where policies have changed it, that is a new scope.
 * @throws SyncProblem `busy` when the record kept changing, `device-not-registered` or `instance-replaced` when it went.
 */
export async function withCurrentScope(core: Core, read: DeviceRecord): Promise<DeviceRecord> {
  let record = read;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await backOff(core.clock, attempt);
    const next = await asOfNow(core, record);
    if (isSameJson(next.effective, record.effective)) return record;
    if ((await core.registry.register(next, record, [])) === 'written') return next;
    record = authorized(await core.registry.device(read.box, read.deviceId), read);
  }
  throw changedMeanwhile();
}

/** The record with the scope by the policies as they are; it is stored when the device synchronizes. */
export async function asOfNow(core: Core, record: DeviceRecord): Promise<DeviceRecord> {
  const effective = await currentEffective(core, record);
  return { ...record, effective, scopeVersion: versionAfter(record, effective) };
}

/** A device that is told at other times but keeps the same has the same scope. */
export const versionAfter = ({ scopeVersion, effective }: DeviceRecord, next: Effective): number =>
  scopeVersion + (isSameJson(scopePart(effective), scopePart(next)) ? 0 : 1);

/** The scopes that matter for a position; undefined where one of them is no longer kept, or is another one by now. */
export async function deviceScope(
  core: Core,
  { box, deviceId, effective, scopeVersion: version }: DeviceRecord,
  span?: ScopeSpan,
): Promise<DeviceScope | undefined> {
  const mark = markOf(version, effective);
  const now = scopeOf(effective);
  if (!span) return { mark, now, held: [], hasCompleted: false };
  const { from, to, isFirst } = span;
  if (from.version > version || version - from.version >= SCOPES_KEPT) return undefined;
  const versions = Array.from({ length: version - from.version }, (_, i) => from.version + i);
  const kept = versions.length > 0 ? await core.registry.scopes(box, deviceId, versions) : NO_SCOPES;
  const isSame = (asked: ScopeMark) => {
    const found = asked.version === version ? effective : kept.get(asked.version);
    return found !== undefined && markOf(asked.version, found).digest === asked.digest;
  };
  const held = versions.flatMap((each) => kept.get(each) ?? []).map(scopeOf);
  if (held.length !== versions.length || !isSame(from) || !isSame(to)) return undefined;
  return { mark, now, held, hasCompleted: !isFirst };
}

const markOf = (version: number, effective: Effective): ScopeMark => ({
  version,
  digest: createHash('sha256')
    .update(JSON.stringify(scopePart(effective)))
    .digest('base64url')
    .slice(0, DIGEST_CHARACTERS),
});
