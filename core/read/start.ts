import type { Effective } from '../../protocol/preferences.js';
import type { Tail } from '../log/tail.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import type { ScopedDevice } from '../scope/device-scope.js';
import { lacksConversations } from '../scope/sync-scope.js';
import { startOfBackfill } from './backfill.js';
import { type DeviceScope, deviceScope } from './device-scope.js';
import type { Position } from './position.js';
import type { LogReading, LossReason } from './read-log.js';
import { isOfThisTimeline } from './seen.js';

/** Where a request begins to send. */
export type Start = Resume | Restart;

interface Resume {
  readonly kind: 'resume';
  readonly position: Position;
  readonly scope: DeviceScope;
  readonly log: LogReading; // what was read behind the position
  readonly effective?: Effective; // the scope has changed since the token
}

interface Restart {
  readonly kind: 'restart';
  readonly why: LossReason | 'unknownToken' | 'scopesForgotten' | 'typesDropped';
  readonly position: Position;
  readonly scope: DeviceScope;
  readonly effective: Effective;
}

/** Goes on from the token where that can be done, with a backfill of the difference where the scope has changed. */
export async function startFor(
  core: Core,
  device: ScopedDevice,
  tail: Tail,
  given: Position | undefined,
  log: LogReading | undefined,
): Promise<Start> {
  if (!given || !log) return restart(core, device, tail, 'unknownToken');
  if (log.kind === 'lost') return restart(core, device, tail, log.why);
  if (!(await isOfThisTimeline(core, device.box, given))) return restart(core, device, tail, 'otherTimeline');
  const scope = await deviceScope(core, device, given.scope);
  if (!scope) return restart(core, device, tail, 'scopesForgotten');
  if (isCoveredByRemovals(given, scope)) return restart(core, device, tail, 'typesDropped');
  if (given.scope.to.version === scope.mark.version) return { kind: 'resume', position: given, scope, log };
  const position: Position = {
    ...given,
    scope: { ...given.scope, to: scope.mark },
    backfill: startOfBackfill(tail.head, scope),
  };
  return { kind: 'resume', position, scope, log, effective: device.effective };
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

async function restart(
  core: Core,
  device: ScopedDevice,
  { head }: Tail,
  why: Restart['why'],
): Promise<Restart> {
  const scope = await deviceScope(core, device);
  if (!scope) throw new SyncProblem('device-not-registered');
  const position: Position = {
    index: head.index,
    timeline: Math.max(head.timeline, core.timeline ?? 0),
    modSeq: head.modSeq,
    nonce: head.nonce,
    projected:
      (core.timeline ?? 0) > head.timeline ? head.firstIndex - 1 : Math.min(head.projected, head.index),
    rows: 0,
    midway: true,
    step: 0,
    scope: { from: scope.mark, to: scope.mark, isFirst: true },
    backfill: startOfBackfill(head, scope),
  };
  return { kind: 'restart', why, position, scope, effective: device.effective };
}
