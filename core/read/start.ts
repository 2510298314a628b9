import type { Effective } from '../../protocol/preferences.js';
import type { Core } from '../core.js';
import type { DeviceRecord } from '../ports/registry.js';
import { lacksConversations } from '../scope/scope.js';
import { SyncProblem } from '../model/sync-problem.js';
import { elementsIn, startOfBackfill } from './backfill.js';
import { type DeviceScope, deviceScope } from './device-scope.js';
import type { Position } from './position.js';
import { type LogReading, type LossReason, readHead } from './read-log.js';
import { isOfThisTimeline } from './seen.js';

/** Where a request begins to tell. */
export interface Start {
  readonly kind: 'on' | 'anew';
  readonly why: LossReason | 'unknownToken' | 'scopesForgotten' | 'typesDropped';
  readonly position: Position;
  readonly scope: DeviceScope;
  readonly log: LogReading | undefined; // what was read behind the position
  readonly effective?: Effective; // the scope has changed since the token, or starts with it
}

/** Goes on from the token where that can be done, with a backfill of the difference where the scope has changed. */
export async function startFor(
  core: Core,
  record: DeviceRecord,
  given: Position | undefined,
  log: LogReading | undefined,
): Promise<Start> {
  if (!given || !log) return anew(core, record, 'unknownToken');
  if (log.kind === 'lost') return anew(core, record, log.why);
  if (!(await isOfThisTimeline(core, record.box, given, log.commits))) {
    return anew(core, record, 'otherTimeline');
  }
  const scope = await deviceScope(core, record, given.scope);
  if (!scope) return anew(core, record, 'scopesForgotten');
  const why = 'unknownToken';
  if (isCoveredByRemovals(given, scope)) return anew(core, record, 'typesDropped');
  if (given.scope.to.version === scope.mark.version) return { kind: 'on', why, position: given, scope, log };
  const head = await readHead(core, record.box);
  const position: Position = {
    ...given,
    scope: { ...given.scope, to: scope.mark },
    backfill: startOfBackfill(head ? elementsIn(head) : 0),
  };
  return { kind: 'on', why, position, scope, log, effective: record.effective };
}

/**
 * Rule: a device that begins, midway, to keep contents without the conversation histories they are in starts over. In the
 * scope before, it may have been told that some of these left, by numbers above those of what they hold, which it remembers
 * until its synchronization ends; should one come back, no element of its own would lift that, and the contents would be
 * ignored as older.
 */
function isCoveredByRemovals({ midway, scope: { from, to } }: Position, { now, held }: DeviceScope): boolean {
  const filled = held[to.version - from.version]; // none: it is the one now
  return midway && lacksConversations(now) && filled !== undefined && !lacksConversations(filled);
}

async function anew(core: Core, record: DeviceRecord, why: Start['why']): Promise<Start> {
  const scope = await deviceScope(core, record);
  const head = await readHead(core, record.box);
  if (!head || !scope) throw new SyncProblem('device-not-registered');
  const position: Position = {
    modSeq: head.modSeq,
    nonce: head.nonce,
    rows: 0,
    midway: true,
    step: 0,
    scope: { from: scope.mark, to: scope.mark, isFirst: true },
    backfill: startOfBackfill(elementsIn(head)),
  };
  return { kind: 'anew', why, position, scope, log: undefined, effective: record.effective };
}
