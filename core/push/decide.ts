import type { ElementType } from '../../protocol/elements/element.js';
import type { SyncRequestFrame } from '../../protocol/frames.js';
import type { ConversationId, DeviceId, ModSeq } from '../../protocol/ids.js';
import { SYNC_REQUEST_CONVERSATIONS_MAX } from '../../protocol/limits.js';
import type { DeviceRecord } from '../registry.js';
import { concerns, coversAnything, holdsConversation, scopeOf } from '../scope/scope.js';
import type { ChangeRow, Commit } from '../store/items.js';
import { conversationOf } from '../sync/placement.js';

/** A scheduled push that has not been done this long after its time was lost, and counts no more. Unit: ms. */
export const OVERDUE_MS = 30_000;
/** A connection younger than this may not be open yet for what the server sends. Unit: ms. */
export const YOUNG_CONNECTION_MS = 30_000;

export type Suppression =
  | 'ownChange'
  | 'outOfScope'
  | 'notConnected'
  | 'switchedOff'
  | 'synchronizedPast'
  | 'scheduled';

export type PushDecision =
  | { readonly kind: 'none'; readonly why: Suppression }
  | { readonly kind: 'schedule'; readonly dueMs: number };

const none = (why: Suppression): PushDecision => ({ kind: 'none', why });

/** Whether a commit was made by the device itself, which knows of it. */
const isOwn = ({ origin }: Commit, deviceId: DeviceId): boolean =>
  origin.by === 'device' && origin.deviceId === deviceId;

/** Whether a commit is announced to a device, and when: at once after a quiet time, else at the end of its window. */
export function decidePush(device: DeviceRecord, commit: Commit, nowMs: number): PushDecision {
  if (isOwn(commit, device.deviceId)) return none('ownChange');
  if (!device.connectionId) return none('notConnected');
  if (device.syncedModSeq >= commit.modSeq) return none('synchronizedPast');
  if (rowsInScope(device, [commit], nowMs).length === 0) return none('outOfScope');
  return decideDue(device, commit.modSeq, nowMs, nowMs);
}

/** Rows that concern a device: what is in its scope, comes in, or leaves it. */
function rowsInScope({ effective }: DeviceRecord, commits: readonly Commit[], nowMs: number): ChangeRow[] {
  const scope = scopeOf(effective);
  return commits
    .flatMap(({ rows }) => rows)
    .filter((row) => {
      const id = conversationOf(row);
      if (id === undefined) return concerns(scope, row, true, nowMs);
      const isIn = holdsConversation(scope, id, row.folderId);
      const wasIn = row.folderBefore !== undefined && holdsConversation(scope, id, row.folderBefore);
      if (wasIn && !isIn) return coversAnything(scope, row.type);
      return concerns(scope, row, isIn, nowMs) || (isIn && row.folderBefore !== undefined && !wasIn);
    });
}

/**
 * When a push that `by` asks for is due, at the earliest. A push that another commit has scheduled will tell of this
 * one too, since it reads the log after its mark is gone; one's own mark means that sending it failed midway.
 */
export function decideDue(
  { pushBy, pushDueMs = 0, lastPushAtMs = 0, effective }: DeviceRecord,
  by: number,
  nowMs: number,
  earliestMs: number,
): PushDecision {
  const { serverInitiated, pushWindowMs } = effective;
  if (!serverInitiated) return none('switchedOff');
  if (pushBy === by) return { kind: 'schedule', dueMs: pushDueMs };
  if (pushBy !== undefined && nowMs <= pushDueMs + OVERDUE_MS) return none('scheduled');
  return { kind: 'schedule', dueMs: Math.max(earliestMs, lastPushAtMs + pushWindowMs) };
}

/**
 * What a synchronization request says: everything since the device synchronized, counted by type, and up to ten
 * conversations. Undefined where nothing was added since the last request on this connection.
 */
export function aggregate(
  device: DeviceRecord,
  commits: readonly Commit[],
  nowMs: number,
): SyncRequestFrame | undefined {
  const { announcedModSeq = 0, syncedModSeq, deviceId } = device;
  const others = commits.filter((commit) => commit.modSeq > syncedModSeq && !isOwn(commit, deviceId));
  const unannounced = others.filter(({ modSeq }) => modSeq > announcedModSeq);
  const last = commits.at(-1);
  if (!last || rowsInScope(device, unannounced, nowMs).length === 0) return undefined;
  const changes: Partial<Record<ElementType, number>> = {};
  const conversations = new Set<ConversationId>();
  for (const row of rowsInScope(device, others, nowMs)) {
    changes[row.type] = (changes[row.type] ?? 0) + 1;
    const conversation = conversationOf(row);
    if (conversation !== undefined && conversations.size < SYNC_REQUEST_CONVERSATIONS_MAX) {
      conversations.add(conversation);
    }
  }
  return {
    type: 'syncRequest',
    modSeq: last.modSeq as ModSeq,
    changes,
    conversations: [...conversations],
  };
}
