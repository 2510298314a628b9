import type { StoredDevice } from '../model/items.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import { OPENING_MS, OVERDUE_MS } from '../model/timing.js';
import { conversationOf } from '../read/placement.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import {
  concerns,
  coversAnything,
  holdsConversation,
  type SyncScope,
  syncScopeOf,
} from '../scope/sync-scope.js';

/** Why a device gets no synchronization request. */
export type Suppression =
  | 'ownChange'
  | 'outOfScope'
  | 'notConnected'
  | 'switchedOff'
  | 'synchronizedPast'
  | 'scheduled'
  | 'announced'
  | 'boxErased';

/** `modSeq`: of the commit that schedules the push. Unit of `dueMs`: ms since 1970. */
export type PushDecision =
  | { readonly kind: 'none'; readonly why: Suppression }
  | { readonly kind: 'schedule'; readonly modSeq: number; readonly dueMs: number };

const none = (why: Suppression): PushDecision => ({ kind: 'none', why });

/** Whether this device instance made a commit, and so does not have to be notified of it. */
export const isOwnCommit = (
  { origin }: Pick<Commit, 'origin'>,
  { deviceId, instanceId }: StoredDevice,
): boolean => origin.by === 'device' && origin.deviceId === deviceId && origin.instanceId === instanceId;

/**
 * Decides whether and when commits are announced to a device: at once after a quiet time, else at the end of its push
 * window. A push that another commit has scheduled covers these commits too, since it reads the log after its record is
 * cleared. If one of these commits has the pending push, an earlier delivery failed before it sent the message. Then it is
 * sent whatever else has changed, since the pending push holds back all others until its message arrives.
 */
export function decidePush(device: ScopedDevice, commits: readonly Commit[], nowMs: number): PushDecision {
  const { pendingPushModSeq, pendingPushDueMs = 0 } = device;
  if (pendingPushModSeq !== undefined && commits.some(({ modSeq }) => modSeq === pendingPushModSeq))
    return { kind: 'schedule', modSeq: pendingPushModSeq, dueMs: pendingPushDueMs };
  const others = commits.filter((commit) => !isOwnCommit(commit, device));
  if (others.length === 0) return none('ownChange');
  if (!device.connectionId) return none('notConnected');
  if (!device.effective.serverInitiated) return none('switchedOff');
  const missed = others.filter(({ modSeq }) => modSeq > device.syncedModSeq);
  if (missed.length === 0) return none('synchronizedPast');
  const unannounced = missed.filter(({ modSeq }) => !isAnnounced(device, modSeq));
  if (unannounced.length === 0) return none('announced');
  if (isScheduled(device, nowMs)) return none('scheduled');
  const scope = syncScopeOf(device.effective);
  const first = unannounced.find(({ rows }) => rows.some((row) => concernsScope(scope, row, nowMs)));
  if (!first) return none('outOfScope');
  // The connection may still be opening; the server cannot send over it before that ends.
  const openMs = (device.connectedAtMs ?? 0) + OPENING_MS;
  return { kind: 'schedule', modSeq: first.modSeq, dueMs: Math.max(nowMs, openMs, windowEndMs(device)) };
}

/**
 * Whether a pending push will announce the latest commits. A pending push whose commit was already announced is ignored:
 * a stream may give a commit to two readers. The second reader may have recorded it after the first one announced the
 * commit, and may have died before it sent its message.
 */
export const isScheduled = (device: StoredDevice, nowMs: number): boolean =>
  device.pendingPushModSeq !== undefined &&
  !isAnnounced(device, device.pendingPushModSeq) &&
  nowMs <= (device.pendingPushDueMs ?? 0) + OVERDUE_MS;

/** Whether a device has synchronized a commit, or it was announced on the present connection. */
export const isAnnounced = ({ syncedModSeq, announcedModSeq = 0 }: StoredDevice, modSeq: number): boolean =>
  modSeq <= Math.max(syncedModSeq, announcedModSeq);

/** End of the push window that the last push started. Unit: ms since 1970; about 0 where there was no push. */
export const windowEndMs = ({ lastPushAtMs = 0, effective }: ScopedDevice): number =>
  lastPushAtMs + effective.pushWindowMs;

/** Whether a row concerns a device: its element is in the scope of the device, enters it or leaves it. */
export function concernsScope(scope: SyncScope, row: ChangeRow, nowMs: number): boolean {
  const id = conversationOf(row);
  if (id === undefined) return concerns(scope, row, true, nowMs);
  const isIn = holdsConversation(scope, id, row.folderId);
  const wasIn = row.previousFolderId !== undefined && holdsConversation(scope, id, row.previousFolderId);
  if (wasIn && !isIn) return coversAnything(scope, row.type);
  return concerns(scope, row, isIn, nowMs) || (isIn && row.previousFolderId !== undefined && !wasIn);
}
