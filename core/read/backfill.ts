import {
  ELEMENT_TYPES,
  type ElementType,
  hasOwnItem,
  isContentType,
} from '../../protocol/elements/element-types.js';
import { elementOf, stateElementOf } from '../model/element.js';
import type { Head } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import type { Range } from '../ports/store.js';
import { holdsConversation, lacksConversations } from '../scope/sync-scope.js';
import { truncated } from '../scope/truncate.js';
import { hasLeft, isAlive, isContentWanted, type Selection, selectedTypes } from './backfill-filter.js';
import { rangesAhead, readBatch, type ScanBatch, type ScanSource } from './backfill-scan.js';
import type { DeviceScope } from './device-scope.js';
import {
  BACKFILL_PHASES,
  type BackfillCursor,
  type BackfillPhase,
  type ContentsCursor,
  type Cursor,
} from './position.js';
import { outOfScope } from './rules/change-in-scope.js';
import { READS_MAX, type SyncContext } from './sync-context.js';

/** The start of a backfill: of the whole scope, or of its difference to the scopes that the device held. */
export function startOfBackfill(head: Pick<Head, 'counts'>, { held }: DeviceScope): BackfillCursor {
  return { phase: held.length > 0 ? 'leaving' : 'folders', sent: 0, total: elementsIn(head) };
}

/** An estimate of the elements that the server sends a device that has none. A message and its state count as one. */
export const elementsIn = ({ counts }: Pick<Head, 'counts'>): number =>
  ELEMENT_TYPES.reduce((sum, type) => sum + (hasOwnItem(type) ? counts[type] : 0), 0);

/** Puts as much of the backfill on the page as there is room for. @returns undefined if all was sent */
export async function backfill(
  context: SyncContext,
  start: BackfillCursor,
): Promise<BackfillCursor | undefined> {
  const { page, scope } = context;
  const before = page.size;
  let cursor: BackfillCursor | undefined = start;
  for (let reads = 0; cursor && !page.isFull && reads < READS_MAX; reads++) {
    const phase: BackfillPhase = cursor.phase;
    const source: ScanSource = {
      phase,
      isWanted: (history) => isContentWanted(context, history),
      isAll: isAllWanted(scope),
    };
    const next: Advanced = await advance(context, { source, selection: 'difference' }, cursor);
    cursor =
      next.kind === 'at' ? { ...cursor, ...next.cursor } : startOfPhase(phaseAfter(scope, phase), cursor);
    if (next.kind === 'at' && next.isFull) break;
  }
  const sent = start.sent + page.size - before;
  return cursor && { ...cursor, sent, total: Math.max(sent, start.total) };
}

const startOfPhase = (
  phase: BackfillPhase | undefined,
  { sent, total }: BackfillCursor,
): BackfillCursor | undefined => phase && { phase, sent, total };

/** The next phase; contents are skipped for a device that keeps none. */
function phaseAfter({ now }: DeviceScope, phase: BackfillPhase): BackfillPhase | undefined {
  const next = BACKFILL_PHASES[BACKFILL_PHASES.indexOf(phase) + 1];
  const isIdle = next === 'contents' && ![...now.types].some(isContentType);
  return isIdle ? undefined : next;
}

/**
 * The ranges that a backfill will read for this response, so that they can be read at the same time.
 * @param room elements that the page takes
 */
export const backfillRanges = (
  head: Head,
  scope: DeviceScope,
  cursor: BackfillCursor,
  room: number,
): readonly Range[] => (isAllWanted(scope) ? rangesAhead(head, cursor, room) : []);

const isAllWanted = ({ now, hasCompleted }: DeviceScope): boolean =>
  !hasCompleted && now.folders === '*' && now.excluded.size === 0;

/**
 * Puts the contents of a conversation history that moved into the scope on the page.
 * @returns undefined if all were sent
 */
export async function sendContents(
  context: SyncContext,
  start: ContentsCursor,
): Promise<ContentsCursor | undefined> {
  const { page } = context;
  const { conversationId } = start;
  const source: ScanSource = {
    phase: 'contents',
    conversationId,
    isWanted: isInScopeOf(context),
    isAll: false,
  };
  let cursor: ContentsCursor | undefined = start;
  for (let reads = 0; cursor && !page.isFull && reads < READS_MAX; reads++) {
    const next: Advanced = await advance(context, { source, selection: 'all' }, cursor);
    cursor = next.kind === 'at' ? { conversationId, ...next.cursor } : undefined;
    if (next.kind === 'at' && next.isFull) break;
  }
  return cursor;
}

const isInScopeOf =
  ({ scope }: SyncContext): ScanSource['isWanted'] =>
  ({ id, data }) =>
    holdsConversation(scope.now, id, data.folderId);

type Advanced =
  | { readonly kind: 'at'; readonly cursor: Cursor; readonly isFull: boolean }
  | { readonly kind: 'done' };

/** A scan, and which of the elements that it finds are sent. */
interface Scan {
  readonly source: ScanSource;
  readonly selection: Selection;
}

/** Reads one batch and puts it on the page as far as there is room. */
async function advance(context: SyncContext, scan: Scan, cursor: Cursor): Promise<Advanced> {
  const start = { cursor, room: context.page.room.elements };
  const batch = await readBatch(await context.view(), scan.source, start);
  noteBatch(context, batch);
  let after = cursor.after;
  for (const item of batch.items) {
    const isStateOnly = cursor.isStatePending === true && item.sk === cursor.after;
    const full = put(context, { ...scan, batch, isStateOnly }, item);
    if (full === 'element') return { kind: 'at', cursor: cursorAt(after), isFull: true };
    after = item.sk;
    if (full === 'state') return { kind: 'at', cursor: { after, isStatePending: true }, isFull: true };
  }
  return batch.next === undefined
    ? { kind: 'done' }
    : { kind: 'at', cursor: cursorAt(batch.next), isFull: false };
}

/** Every item that was read decides what is sent, and what is not. */
function noteBatch({ highWater, tail }: SyncContext, { items, histories }: ScanBatch): void {
  for (const item of items) highWater.noteItem(item);
  for (const item of histories.values()) highWater.noteItem(item);
  for (const { index } of tail.head.pendingPurges ?? []) highWater.noteIndex(index);
}

const cursorAt = (after: string | undefined): Cursor => ({
  ...(after !== undefined && { after }),
  isStatePending: false,
});

/** Puts the changes of one item on the page. @returns the part for which there was no room */
function put(
  context: SyncContext,
  {
    source,
    selection,
    batch,
    isStateOnly,
  }: Scan & { readonly batch: ScanBatch; readonly isStateOnly: boolean },
  item: StoredItem,
): 'element' | 'state' | undefined {
  const { page, scope } = context;
  const { histories } = batch;
  if (!isAlive(context, item, histories)) return undefined;
  if (source.phase === 'leaving') {
    if (!hasLeft(context, item)) return undefined;
    const modSeq = lacksConversations(scope.now) ? item.data.createdModSeq : item.modSeq;
    return page.add(outOfScope(item.id, modSeq)) ? undefined : 'element';
  }
  const types = selectedTypes(context, item, { histories, selection });
  const { maxTextBytes } = scope.now;
  if (!isStateOnly && types.includes(item.kind) && !page.add(truncated(elementOf(item), maxTextBytes))) {
    return 'element';
  }
  const state = item.kind === 'message' && types.includes('messageState') ? stateElementOf(item) : undefined;
  const isEmpty = !state || ((state.flags ?? []).length === 0 && (state.dispositions ?? []).length === 0);
  return !isEmpty && !page.add(state) ? 'state' : undefined;
}

/** One element to send by itself: its item, and the items of the conversation histories around it. */
export interface SingleElement {
  readonly type: ElementType;
  readonly item: StoredItem;
  readonly around: ReadonlyMap<string, StoredItem>;
}

/** Puts one element on the page if it is alive, in the scope, and the page has room. */
export function putOne(context: SyncContext, { type, item, around }: SingleElement): void {
  const known = [...around.values()].filter((each) => each.kind === 'conversationHistory');
  const histories = new Map(known.map((history) => [history.id, history]));
  noteBatch(context, { items: [item], histories, next: undefined });
  if (!isAlive(context, item, histories)) return;
  if (!selectedTypes(context, item, { histories, selection: 'all' }).includes(type)) return;
  const element =
    item.kind === 'message' && type === 'messageState'
      ? stateElementOf(item) // undefined: the message has the empty state
      : truncated(elementOf(item), context.scope.now.maxTextBytes);
  if (element) context.page.add(element);
}
