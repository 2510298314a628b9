import { lacksConversations } from '../scope/sync-scope.js';
import { backfill } from './backfill.js';
import type { Budget } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { type Emitted, emitFromLog } from './log-pager.js';
import { type Exchange, putOmittedCurrents } from './omitted-currents.js';
import type { BackfillCursor, Position } from './position.js';
import type { Start } from './start.js';
import type { SyncContext } from './sync-context.js';
import { hasRoomForCursors } from './token.js';

/** A response with less room than one element of the largest size has only results. */
const LEAST_ROOM_BYTES = 66 * 1024;

/** The state of the synchronization after a page. */
export interface BuiltPage {
  readonly position: Position;
  readonly hasMore: boolean;
  readonly backfill?: BackfillProgress;
}

/** Unit: elements. `total` is an estimate. */
interface BackfillProgress {
  readonly sent: number;
  readonly total: number;
}

/**
 * Fills the page of the context: first changes from the log, then the backfill. Contents of a conversation history that
 * moved into the scope follow its change. A running backfill has at least half of the page.
 */
export async function buildPage(context: SyncContext, start: Start, exchange: Exchange): Promise<BuiltPage> {
  const { page, scope } = context;
  const { position: first } = start;
  if (page.room.bytes < LEAST_ROOM_BYTES || (start.effective && losesConversations(scope)))
    return unchanged(first);

  await putOmittedCurrents(context, exchange);
  // The token must have room for both cursors. If it has not, the backfill waits for the log's own cursor.
  const isShared = first.backfill !== undefined && !first.backfill.isWaiting && hasRoomForCursors(first);
  page.limitTo(isShared ? halfOf(page.room) : undefined);
  const live: Emitted =
    start.kind === 'resume' ? await emitFromLog(context, start) : { position: first, isComplete: true };
  page.limitTo(undefined);
  return sendBackfill(context, live);
}

/** Continues the backfill, if one is running, on the rest of the page. */
async function sendBackfill(context: SyncContext, live: Emitted): Promise<BuiltPage> {
  const { page } = context;
  const { backfill: cursor, ...position } = live.position;
  if (!cursor) return { position, hasMore: !live.isComplete };
  const { isWaiting, ...active } = cursor;
  const hasLogCursor = position.contents !== undefined || position.expandedUpTo !== undefined;
  if (hasLogCursor && (isWaiting || !hasRoomForCursors(live.position))) return unchanged(live.position);

  const before = page.size;
  const next = await backfill(context, active);
  return {
    position: next ? { ...position, backfill: next } : position,
    hasMore: next !== undefined || !live.isComplete,
    backfill: progressOf(next ?? { sent: cursor.sent + page.size - before, total: 0 }),
  };
}

const unchanged = (position: Position): BuiltPage => ({
  position,
  hasMore: true,
  ...(position.backfill && { backfill: progressOf(position.backfill) }),
});

/**
 * Rule: a device that stops to keep conversation histories first receives only its new scope, and drops them. The changes
 * after that are for a device that holds none: removals with a `modSeq` lower than theirs.
 */
const losesConversations = ({ now, held }: DeviceScope): boolean =>
  lacksConversations(now) && held.some(({ types }) => types.has('conversationHistory'));

const progressOf = ({ sent, total }: Pick<BackfillCursor, 'sent' | 'total'>): BackfillProgress => ({
  sent,
  total: Math.max(sent, total),
});

const halfOf = ({ elements, bytes }: Budget): Budget => ({
  elements: Math.floor(elements / 2),
  bytes: Math.floor(bytes / 2),
});
