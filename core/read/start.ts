import type { Effective } from '../../protocol/preferences.js';
import type { Tail } from '../log/tail.js';
import { isRestoredSince, timelineNow } from '../log/timeline.js';
import type { LogEntry } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import { lacksConversations } from '../scope/sync-scope.js';
import { startOfBackfill } from './backfill.js';
import { type DeviceScope, firstScope, scopeSince } from './device-scope.js';
import { isSameTimeline } from './high-water-mark.js';
import type { Position } from './position.js';
import type { LogContinuation, LossReason } from './read-log.js';

/** Where a response starts to send. */
export type Start = Resume | Restart;

/** The synchronization continues from the token. */
export interface Resume {
  readonly kind: 'resume';
  readonly position: Position;
  readonly scope: DeviceScope;
  readonly entries: readonly LogEntry[]; // the entries after the position, as far as they were read
  readonly effective?: Effective; // present if the scope changed after the token
}

/** The synchronization starts from nothing. */
export interface Restart {
  readonly kind: 'restart';
  readonly why: RestartReason;
  readonly position: Position;
  readonly scope: DeviceScope;
  readonly effective: Effective;
}

/** `initial`: the request has no token. In all other cases the device receives `reset`. */
export type RestartReason = 'initial' | LossReason | 'unknownToken' | 'scopesForgotten' | 'typesDropped';

/** A position from a token, and the log after it. */
export interface TokenPosition {
  readonly position: Position;
  readonly log: LogContinuation;
}

/** Resumes from a token if that is possible. If the scope changed, a backfill sends the difference. */
export async function resumeOrRestart(
  core: Core,
  device: ScopedDevice,
  tail: Tail,
  { position: given, log }: TokenPosition,
): Promise<Start> {
  if (log.kind === 'lost') return restart(core, device, tail, log.why);
  if (!(await isSameTimeline(core, device.box, given))) return restart(core, device, tail, 'otherTimeline');
  const scope = await scopeSince(core, device, given.scope);
  if (!scope) return restart(core, device, tail, 'scopesForgotten');
  if (isCoveredByRemovals(given, scope)) return restart(core, device, tail, 'typesDropped');
  if (given.scope.to.version === scope.ref.version)
    return { kind: 'resume', position: given, scope, entries: log.entries };
  const position: Position = {
    ...given,
    scope: { ...given.scope, to: scope.ref },
    backfill: startOfBackfill(tail.head, scope),
  };
  return { kind: 'resume', position, scope, entries: log.entries, effective: device.effective };
}

/**
 * Rule: a device starts over if it begins to keep contents without conversation histories while a synchronization is
 * incomplete. In the scope before, the server may have removed some of these with numbers above those of their contents.
 * The device remembers these removals until its synchronization ends. If such a conversation history came back, no
 * element would cancel the removal, and the device would ignore the contents as older.
 */
function isCoveredByRemovals(
  { incomplete, scope: { from, to } }: Position,
  { now, held }: DeviceScope,
): boolean {
  const filled = held[to.version - from.version]; // undefined: the scope now
  return incomplete && lacksConversations(now) && filled !== undefined && !lacksConversations(filled);
}

/** Starts at the head of the log, with a backfill of everything in the scope. */
export function restart(core: Core, device: ScopedDevice, { head }: Tail, why: RestartReason): Restart {
  const scope = firstScope(device);
  const position: Position = {
    index: head.index,
    timeline: timelineNow(core, head),
    modSeq: head.modSeq,
    nonce: head.nonce,
    projected: isRestoredSince(core, head) ? head.firstIndex - 1 : Math.min(head.projected, head.index),
    rowsSent: 0,
    incomplete: true,
    pageNo: 0,
    scope: { from: scope.ref, to: scope.ref, isFirst: true },
    backfill: startOfBackfill(head, scope),
  };
  return { kind: 'restart', why, position, scope, effective: device.effective };
}
