import { ELEMENT_TYPES, type ElementType } from '../../protocol/elements/element.js';
import { elementOf, stateElementOf } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { StoredConversation, StoredElement, StoredItem } from '../model/items.js';
import { isGoneFrom } from '../model/liveness.js';
import type { Head } from '../model/log-entry.js';
import type { Range } from '../ports/store.js';
import {
  coversAnything,
  elementsInScope,
  holdsConversation,
  lacksConversations,
  type SyncScope,
} from '../scope/sync-scope.js';
import { truncated } from '../scope/truncate.js';
import type { DeviceScope } from './device-scope.js';
import type { Page } from './page.js';
import { Holding } from './placement.js';
import { type BackfillCursor, type ContentsCursor, type Cursor, STAGES, type Stage } from './position.js';
import { outOfScope } from './rules/change-in-scope.js';
import { rangesAhead, readStretch, type Source, type Stretch } from './stretch.js';
import { READINGS_MAX, type Walk } from './walk.js';

/** The start of a backfill: of everything in the scope, or of its difference to what the device holds. */
export function startOfBackfill(head: Pick<Head, 'counts'>, { held }: DeviceScope): BackfillCursor {
  return { stage: held.length > 0 ? 'leaving' : 'folders', sent: 0, total: elementsIn(head) };
}

/** An estimate of the elements that a device is sent that has nothing; a message and its state count as one. */
export const elementsIn = ({ counts }: Pick<Head, 'counts'>): number =>
  ELEMENT_TYPES.reduce((sum, type) => sum + (type === 'messageState' ? 0 : counts[type]), 0);

/** Puts as much of the backfill on the page as there is room. Undefined: all was sent. */
export async function backfill(
  walk: Walk,
  start: BackfillCursor,
  page: Page,
): Promise<BackfillCursor | undefined> {
  const before = page.size;
  let cursor: BackfillCursor | undefined = start;
  for (let readings = 0; cursor && !page.isFull && readings < READINGS_MAX; readings++) {
    const stage: Stage = cursor.stage;
    const source: Source = {
      stage,
      isWanted: (history) => isContentWanted(walk, history),
      isAll: isAllWanted(walk.scope),
    };
    const next: Advanced = await advance(walk, source, cursor, page, 'difference');
    cursor = next.kind === 'at' ? { ...cursor, ...next.cursor } : firstOf(stageAfter(walk, stage), cursor);
    if (next.kind === 'at' && next.isFull) break;
  }
  const sent = start.sent + page.size - before;
  return cursor && { ...cursor, sent, total: Math.max(sent, start.total) };
}

const firstOf = (stage: Stage | undefined, { sent, total }: BackfillCursor): BackfillCursor | undefined =>
  stage && { stage, sent, total };

/** Contents need not be walked through for a device that wants none. */
function stageAfter({ scope }: Walk, stage: Stage): Stage | undefined {
  const next = STAGES[STAGES.indexOf(stage) + 1];
  const isIdle = next === 'contents' && !CONTENTS.some((type) => scope.now.types.has(type));
  return isIdle ? undefined : next;
}

const CONTENTS: readonly ElementType[] = ['sessionHistory', 'message', 'messageState'];

/** What a backfill will read in the response that it begins or goes on in. */
export const readsAhead = (
  head: Head,
  scope: DeviceScope,
  at: BackfillCursor,
  page: Page,
): readonly Range[] => (isAllWanted(scope) ? rangesAhead(head, at, page.room.elements) : []);

const isAllWanted = ({ now, hasCompleted }: DeviceScope): boolean => !hasCompleted && holdsEverything(now);

const holdsEverything = ({ folders, excluded }: SyncScope): boolean => folders === '*' && excluded.size === 0;

/** Puts the contents of a conversation history on the page that was moved into the scope. */
export async function contentsOf(
  walk: Walk,
  start: ContentsCursor,
  page: Page,
): Promise<ContentsCursor | undefined> {
  const { conversationId } = start;
  let cursor: ContentsCursor | undefined = start;
  for (let readings = 0; cursor && !page.isFull && readings < READINGS_MAX; readings++) {
    const source: Source = {
      stage: 'contents',
      conversationId,
      isWanted: ({ data }) => holdsConversation(walk.scope.now, conversationId, data.folderId),
      isAll: false,
    };
    const next: Advanced = await advance(walk, source, cursor, page, 'all');
    cursor = next.kind === 'at' ? { conversationId, ...next.cursor } : undefined;
    if (next.kind === 'at' && next.isFull) break;
  }
  return cursor;
}

type Advanced =
  | { readonly kind: 'at'; readonly cursor: Cursor; readonly isFull: boolean }
  | { readonly kind: 'done' };

/** Reads one stretch and puts it on the page as far as there is room. */
async function advance(
  walk: Walk,
  source: Source,
  cursor: Cursor,
  page: Page,
  what: 'difference' | 'all',
): Promise<Advanced> {
  const stretch = await readStretch(walk.view, source, cursor, page.room.elements);
  noteSeen(walk, stretch);
  let after = cursor.after;
  for (const item of stretch.items) {
    const owed = cursor.stateOwed === true && item.sk === cursor.after;
    const full = put(walk, source.stage, item, stretch, page, what, owed);
    if (full === 'element') return { kind: 'at', cursor: cursorAt(after), isFull: true };
    after = item.sk;
    if (full === 'state') return { kind: 'at', cursor: { after, stateOwed: true }, isFull: true };
  }
  return stretch.next === undefined
    ? { kind: 'done' }
    : { kind: 'at', cursor: cursorAt(stretch.next), isFull: false };
}

/** What was read decides on what is sent, and also on what is not. */
function noteSeen({ sight, view }: Walk, { items, histories }: Stretch): void {
  for (const item of items) sight.note(item);
  for (const item of histories.values()) sight.note(item);
  for (const { index } of view.head.pendingPurges ?? []) sight.noteIndex(index);
}

const cursorAt = (after: string | undefined): Cursor => ({
  ...(after !== undefined && { after }),
  stateOwed: false,
});

/** Puts what the device is to be told of an item on the page; says for what there was no room. */
function put(
  walk: Walk,
  stage: Stage,
  item: StoredItem,
  stretch: Stretch,
  page: Page,
  what: 'difference' | 'all',
  onlyState: boolean,
): 'element' | 'state' | undefined {
  if (!isAlive(item, stretch, walk)) return undefined;
  if (stage === 'leaving') {
    if (!hasLeft(walk, item)) return undefined;
    const modSeq = lacksConversations(walk.scope.now) ? item.data.createdModSeq : item.modSeq;
    return page.add(outOfScope(item.id, modSeq)) ? undefined : 'element';
  }
  const types = wanted(walk, item, stretch, what);
  const { maxTextBytes } = walk.scope.now;
  if (!onlyState && types.includes(item.kind) && !page.add(truncated(elementOf(item), maxTextBytes))) {
    return 'element';
  }
  const state = item.kind === 'message' && types.includes('messageState') ? stateElementOf(item) : undefined;
  const isEmpty = !state || ((state.flags ?? []).length === 0 && (state.dispositions ?? []).length === 0);
  return !isEmpty && !page.add(state) ? 'state' : undefined;
}

/** Puts one element on the page, if it lives, is in the scope and finds room. `beside`: its containers and the head. */
export function putOne(
  walk: Walk,
  type: ElementType,
  item: StoredItem,
  beside: ReadonlyMap<string, StoredItem>,
  page: Page,
): void {
  const known = [...beside.values()].filter((each) => each.kind === 'conversationHistory');
  const stretch: Stretch = {
    items: [item],
    histories: new Map(known.map((history) => [history.id, history])),
    next: undefined,
  };
  noteSeen(walk, stretch);
  if (!isAlive(item, stretch, walk) || !wanted(walk, item, stretch, 'all').includes(type)) return;
  const element =
    item.kind === 'message' && type === 'messageState'
      ? stateElementOf(item) // none: the message has the empty state
      : truncated(elementOf(item), walk.scope.now.maxTextBytes);
  if (element) page.add(element);
}

/** Not deleted, nor expired, nor in a container that is deleted, nor of an earlier life of its conversation history. */
function isAlive(item: StoredItem, { histories }: Stretch, walk: Walk): item is StoredElement {
  switch (item.kind) {
    case 'folder':
      return true;
    case 'conversationHistory':
      return !isInDeletedFolder(walk.view.head, item);
    case 'sessionHistory':
    case 'message': {
      const history = histories.get(item.conversationId);
      if (history?.kind !== 'conversationHistory' || hasExpired(item, walk.nowMs)) return false;
      return !isGoneFrom(history, item) && !isInDeletedFolder(walk.view.head, history);
    }
    default:
      return false;
  }
}

/**
 * Whether a conversation history went with its folder. The view is not older than the head, so it shows where the same
 * commit has moved a conversation history before.
 */
const isInDeletedFolder = (
  { pendingPurges }: Pick<Head, 'pendingPurges'>,
  { data }: StoredConversation,
): boolean => pendingPurges?.some(({ id }) => id === data.folderId) ?? false;

/**
 * In some scope that the device has had, and not in the one that it has. What goes with its folder is told to be deleted, or
 * where it has moved, by the log.
 */
function hasLeft({ scope, view }: Walk, item: StoredElement): item is StoredConversation {
  if (item.kind !== 'conversationHistory' || isInDeletedFolder(view.head, item)) return false;
  const holding = new Holding(scope);
  const { folderId } = item.data;
  return (
    !holding.isIn(item.id, folderId) &&
    holding.maybe(item.id, folderId) &&
    scope.held.some((held) => coversAnything(held, 'conversationHistory'))
  );
}

/** Elements of an item that are in the scope and, of the difference, that the device does not hold already. */
function wanted(
  { scope, nowMs }: Walk,
  item: StoredElement,
  { histories }: Stretch,
  what: 'difference' | 'all',
): readonly ElementType[] {
  const inScope = (of: SyncScope) => elementsInScope(of, item, isConversationIn(of, item, histories), nowMs);
  const types = inScope(scope.now);
  if (what === 'all' || !scope.hasCompleted) return types;
  const isHeld = (type: ElementType) => (held: SyncScope) =>
    inScope(held).includes(type) && (type !== 'message' || isTextHeld(held, scope.now, item));
  return types.filter((type) => !scope.held.every(isHeld(type)));
}

function isConversationIn(of: SyncScope, item: StoredElement, histories: Stretch['histories']): boolean {
  if (item.kind === 'folder') return false;
  if (item.kind === 'conversationHistory') return holdsConversation(of, item.id, item.data.folderId);
  const history = histories.get(item.conversationId);
  return history?.kind === 'conversationHistory' && holdsConversation(of, history.id, history.data.folderId);
}

/** Rule: a text that may be longer now is sent again; what is to be shorter the client cuts by itself. */
function isTextHeld(held: SyncScope, now: SyncScope, item: StoredElement): boolean {
  if (now.maxTextBytes <= held.maxTextBytes) return true;
  if (item.kind !== 'message' || item.data.textContent === undefined) return true;
  return Buffer.byteLength(item.data.textContent) <= held.maxTextBytes;
}

/** Whether the contents of a conversation history have to be walked through for the difference of scopes. */
function isContentWanted({ scope, view }: Walk, history: StoredConversation): boolean {
  const { id, data } = history;
  if (isInDeletedFolder(view.head, history)) return false;
  if (!holdsConversation(scope.now, id, data.folderId)) return false;
  if (!scope.hasCompleted) return true;
  return scope.held.some((held) => !holdsConversation(held, id, data.folderId) || isWider(scope.now, held));
}

/** Whether a scope may hold more of a conversation history than another does: types, ages, lengths of texts. */
function isWider(now: SyncScope, held: SyncScope): boolean {
  const contexts = Object.keys({
    ...now.maxAgeDays,
    ...held.maxAgeDays,
  }) as (keyof SyncScope['maxAgeDays'])[];
  return (
    CONTENTS.some((type) => now.types.has(type) && !held.types.has(type)) ||
    now.maxTextBytes > held.maxTextBytes ||
    contexts.some((context) => (now.maxAgeDays[context] ?? Infinity) > (held.maxAgeDays[context] ?? Infinity))
  );
}
