import type { StoredDevice } from '../model/items.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import { conversationOf } from '../read/placement.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import {
  concerns,
  coversAnything,
  holdsConversation,
  type SyncScope,
  syncScopeOf,
} from '../scope/sync-scope.js';

/** A scheduled push that has not been done this long after its time was lost, and counts no more. Unit: ms. */
export const OVERDUE_MS = 30_000;
/** A connection younger than this may not be open yet for what the server sends. Unit: ms. */
export const YOUNG_CONNECTION_MS = 30_000;
/** Nothing can be sent over a connection before the answer to its opening is out. Unit: ms. */
export const OPENING_MS = 1000;

export type Suppression =
  | 'ownChange'
  | 'outOfScope'
  | 'notConnected'
  | 'switchedOff'
  | 'synchronizedPast'
  | 'scheduled'
  | 'announced'
  | 'boxErased';

/** `by`: the commit for which it is scheduled. Unit of `dueMs`: ms since 1970. */
export type PushDecision =
  | { readonly kind: 'none'; readonly why: Suppression }
  | { readonly kind: 'schedule'; readonly by: number; readonly dueMs: number };

const none = (why: Suppression): PushDecision => ({ kind: 'none', why });

/** Whether a commit was made by this very device, which knows of it. */
export const isOwnCommit = (
  { origin }: Pick<Commit, 'origin'>,
  { deviceId, instanceId }: StoredDevice,
): boolean => origin.by === 'device' && origin.deviceId === deviceId && origin.instanceId === instanceId;

/**
 * Whether commits are announced to a device, and when: at once after a quiet time, else at the end of its window. A
 * push that another commit has scheduled will tell of these too, since it reads the log after its mark is gone. The mark
 * of one of them means that sending it failed midway: then it is sent whatever has changed since, for the mark holds
 * others back until its message has come.
 */
export function decidePush(device: ScopedDevice, commits: readonly Commit[], nowMs: number): PushDecision {
  const { pendingPushModSeq, pendingPushDueMs = 0 } = device;
  if (pendingPushModSeq !== undefined && commits.some(({ modSeq }) => modSeq === pendingPushModSeq))
    return { kind: 'schedule', by: pendingPushModSeq, dueMs: pendingPushDueMs };
  const others = commits.filter((commit) => !isOwnCommit(commit, device));
  if (others.length === 0) return none('ownChange');
  if (!device.connectionId) return none('notConnected');
  if (!device.effective.serverInitiated) return none('switchedOff');
  const missed = others.filter(({ modSeq }) => modSeq > device.syncedModSeq);
  if (missed.length === 0) return none('synchronizedPast');
  const untold = missed.filter(({ modSeq }) => !isAnnounced(device, modSeq));
  if (untold.length === 0) return none('announced');
  if (isScheduled(device, nowMs)) return none('scheduled');
  const scope = syncScopeOf(device.effective);
  const first = untold.find(({ rows }) => rows.some((row) => concernsScope(scope, row, nowMs)));
  if (!first) return none('outOfScope');
  // Its opening may still be under way: then nothing would be there to post to.
  const openMs = (device.connectedAtMs ?? 0) + OPENING_MS;
  return { kind: 'schedule', by: first.modSeq, dueMs: Math.max(nowMs, openMs, windowEndMs(device)) };
}

/**
 * Whether a push is on its way that tells of what has come since. A mark whose commit has been told is no sign of that any
 * more: a stream can give a commit to two readers, and the second may have marked it after the first had told of it, and
 * have ended before it sent its message.
 */
export const isScheduled = (device: StoredDevice, nowMs: number): boolean =>
  device.pendingPushModSeq !== undefined &&
  !isAnnounced(device, device.pendingPushModSeq) &&
  nowMs <= (device.pendingPushDueMs ?? 0) + OVERDUE_MS;

/** Whether a device has synchronized a commit, or was told of it on this connection. */
export const isAnnounced = ({ syncedModSeq, announcedModSeq = 0 }: StoredDevice, modSeq: number): boolean =>
  modSeq <= Math.max(syncedModSeq, announcedModSeq);

/** When the window ends that the last push began; long ago where there was none. */
export const windowEndMs = ({ lastPushAtMs = 0, effective }: ScopedDevice): number =>
  lastPushAtMs + effective.pushWindowMs;

/** Whether a row concerns a device: what is in its scope, comes in, or leaves it. */
export function concernsScope(scope: SyncScope, row: ChangeRow, nowMs: number): boolean {
  const id = conversationOf(row);
  if (id === undefined) return concerns(scope, row, true, nowMs);
  const isIn = holdsConversation(scope, id, row.folderId);
  const wasIn = row.previousFolderId !== undefined && holdsConversation(scope, id, row.previousFolderId);
  if (wasIn && !isIn) return coversAnything(scope, row.type);
  return concerns(scope, row, isIn, nowMs) || (isIn && row.previousFolderId !== undefined && !wasIn);
}
