import { overflowOf } from '../log/overflow.js';
import { appliedBefore } from '../log/tail.js';
import { newNonce } from '../model/ids.js';
import type { BoxId, Counts } from '../model/items.js';
import { entryKey, isRegistryKey } from '../model/keys.js';
import type { BoxState, ChangeRow, Effect, Head, LogEntry, LogOverflow, Origin } from '../model/log-entry.js';
import { ENTRY_MS } from '../model/timing.js';
import { TIMELINE_MAX, versionOf } from '../model/version.js';
import type { Core } from '../ports/core.js';
import { renewQuietTimer } from './quiet-timer.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Content of the next log entry. */
export interface EntryContent {
  readonly origin: Origin;
  readonly rows: readonly ChangeRow[];
  readonly effects: readonly Effect[];
  readonly counts: Counts; // of the box after the entry
  /** Changes of the state of the box, beside its counts. */
  readonly box?: { readonly [K in keyof BoxState]?: BoxState[K] | undefined } | undefined;
  readonly keysAhead: readonly string[]; // of items that were read and are newer than the head
  readonly projected: number; // up to here the reader knows that entries are applied
}

/** Makes the entry that follows the head of a unit of work, and the items that hold its effects where these are large. */
export async function nextEntry(
  core: Core,
  box: BoxId,
  work: UnitOfWork,
  { origin, rows, effects, counts, box: change, keysAhead, projected }: EntryContent,
): Promise<{ readonly entry: LogEntry; readonly overflow: readonly LogOverflow[] }> {
  const { head, nowMs } = work;
  const { timeline, resetsBefore } = timelineAfter(head, core.timeline ?? 0, keysAhead);
  const index = head.index + 1;
  const version = versionOf(timeline, index);
  const timerAtMs = await renewQuietTimer(core, box, { setAtMs: head.timerAtMs, nowMs, version });
  const { epoch, firstIndex, devices, policyId } = head;
  const entry: LogEntry = {
    kind: 'entry',
    sk: entryKey(index),
    version,
    expiresAtMs: nowMs + ENTRY_MS,
    index,
    timeline,
    modSeq: rows.length > 0 ? work.modSeq : head.modSeq,
    nonce: newNonce(),
    previous: head.nonce,
    previousAtMs: head.atMs,
    atMs: nowMs,
    origin,
    rows,
    effects,
    epoch,
    firstIndex,
    devices,
    ...(policyId !== undefined && { policyId }),
    ...(work.pendingPurges.length > 0 && { pendingPurges: work.pendingPurges }),
    counts,
    projected:
      timeline > head.timeline ? await appliedBefore(core, box, head) : Math.max(projected, head.projected),
    timerAtMs,
    resetsBefore,
    ...(change as Partial<BoxState>),
  };
  const overflow = overflowOf(entry);
  return { entry: overflow.length > 0 ? { ...entry, overflow: overflow.length } : entry, overflow };
}

/**
 * The timeline of the next entry. An item ahead of the head proves that a table was restored, if the put succeeds: nobody
 * can have written it after this head. The entry then starts another timeline, so that its effects win over the item. If
 * an element is ahead, devices may or may not hold it, so all of them start over.
 */
function timelineAfter(
  head: Head,
  configured: number,
  keysAhead: readonly string[],
): { readonly timeline: number; readonly resetsBefore: number } {
  const isAhead = keysAhead.length > 0;
  const isElementAhead = keysAhead.some((sk) => !isRegistryKey(sk));
  const timeline = Math.min(TIMELINE_MAX, Math.max(configured, head.timeline + (isAhead ? 1 : 0)));
  const isRestored = configured > head.timeline || isElementAhead;
  return { timeline, resetsBefore: isRestored ? timeline : head.resetsBefore };
}
