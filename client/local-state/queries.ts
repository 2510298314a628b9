import type {
  ConversationElement,
  FolderElement,
  MessageElement,
  MessageStateElement,
  SessionElement,
} from '../../protocol/elements/element.js';
import { type Disposition, SEEN } from '../../protocol/elements/message-state.js';
import { entriesBelow, keyOf, rowKey } from './keys.js';
import type { LocalView } from './local-view.js';
import { type Row, type Slot, shown } from './rows.js';

/** A result of a query: a confirmed element, with the pending operations applied optimistically. */
interface Item {
  isPending: boolean; // an operation on it is pending
}
export interface FolderItem extends Item {
  folder: FolderElement;
}
export interface ConversationItem extends Item {
  conversation: ConversationElement;
  unread: number; // messages with direction In and without \Seen
  newest?: MessageItem;
}
export interface SessionItem extends Item {
  session: SessionElement;
}
export interface MessageItem extends Item {
  message: MessageElement;
  flags: readonly string[];
  dispositions: readonly Disposition[];
  isUnread: boolean;
  isHeld: boolean; // by this device; false: from the server's history, with whole text
}

/** One page of a list. `next` requests the following page; it is absent on the last one. */
export interface Paged<T> {
  items: T[];
  next?: string;
}

export const LIMIT = 50; // items per page

const hasOptimistic = (slot: Slot | undefined): boolean => slot?.optimistic !== undefined;

/** The message of a row with its state; undefined if the row shows no message. */
function messageItemOf({ message: slot, messageState }: Row): MessageItem | undefined {
  const message = shown(slot);
  if (!message) return undefined;
  const { flags = [], dispositions = [] } = shown(messageState) ?? {};
  const isUnread = message.direction === 'In' && !flags.includes(SEEN);
  const isPending = hasOptimistic(slot) || hasOptimistic(messageState);
  return { message, flags, dispositions, isUnread, isPending, isHeld: true };
}

/** Messages of the server's history with their states, without messages that this device holds or has deleted. */
export async function historyItems(
  view: LocalView,
  elements: readonly (MessageElement | MessageStateElement)[],
): Promise<MessageItem[]> {
  const items: MessageItem[] = [];
  for (const message of elements) {
    if (message.type !== 'message') continue;
    const { message: local, messageState } = await view.row(rowKey(message));
    if (local) continue;
    const state = elements.find(({ type, id }) => type === 'messageState' && id === message.id);
    const item = messageItemOf({
      message: { confirmed: message },
      messageState: messageState ?? { confirmed: state as MessageStateElement | undefined },
    });
    if (item) items.push({ ...item, isHeld: false });
  }
  return items;
}

async function conversationItemOf(
  view: LocalView,
  { conversationHistory, summary }: Row,
): Promise<ConversationItem | undefined> {
  const conversation = shown(conversationHistory);
  if (!conversation) return undefined;
  const newest = summary?.newest && (await messageIn(view, conversation.id, summary.newest.id));
  return {
    conversation,
    unread: summary?.unread ?? 0,
    ...(newest && { newest }),
    isPending: hasOptimistic(conversationHistory),
  };
}

/** All folders, sorted by name. A box has at most a few hundred. */
export async function foldersIn(view: LocalView): Promise<FolderItem[]> {
  const items: FolderItem[] = [];
  for await (const { folder: slot } of view.rowsBelow('F')) {
    const folder = shown(slot);
    if (folder) items.push({ folder, isPending: hasOptimistic(slot) });
  }
  return items.sort((a, b) => (a.folder.name < b.folder.name ? -1 : 1));
}

/** Conversation histories of one folder or of all, the one with the latest message first. */
export async function conversationsIn(
  view: LocalView,
  { folderId, after, limit = LIMIT }: { folderId?: string; after?: string; limit?: number } = {},
): Promise<Paged<ConversationItem>> {
  const prefix = folderId === undefined ? 'A' : keyOf('B', folderId);
  const items: ConversationItem[] = [];
  let next: string | undefined;
  for await (const [key, id] of entriesBelow(view.tx, prefix, {
    descending: true,
    before: after,
    chunk: limit + 1,
  })) {
    if (items.length === limit) return { items, ...(next !== undefined && { next }) };
    const item = await conversationIn(view, id as string);
    if (item) items.push(item);
    next = key;
  }
  return { items };
}

/** A conversation history with its newest message. */
export const conversationIn = async (view: LocalView, id: string): Promise<ConversationItem | undefined> =>
  conversationItemOf(view, await view.row(keyOf('H', id)));

/** The session histories of a conversation history, sorted by id. */
export async function sessionsIn(view: LocalView, conversationId: string): Promise<SessionItem[]> {
  const items: SessionItem[] = [];
  for await (const { sessionHistory: slot } of view.rowsBelow(keyOf('S', conversationId))) {
    const session = shown(slot);
    if (session) items.push({ session, isPending: hasOptimistic(slot) });
  }
  return items;
}

/** Messages of a conversation history with an id below `before`, newest first. */
export async function messagesIn(
  view: LocalView,
  conversationId: string,
  { before, limit = LIMIT }: { before?: string; limit?: number } = {},
): Promise<Paged<MessageItem>> {
  const items: MessageItem[] = [];
  const options = {
    descending: true,
    chunk: limit + 1,
    ...(before !== undefined && { before: keyOf('M', conversationId, before) }),
  };
  for await (const row of view.rowsBelow(keyOf('M', conversationId), options)) {
    const item = messageItemOf(row);
    if (!item) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.message.id as string };
    items.push(item);
  }
  return { items };
}

/** A message with its state. */
export const messageIn = async (
  view: LocalView,
  conversationId: string,
  id: string,
): Promise<MessageItem | undefined> => messageItemOf(await view.row(keyOf('M', conversationId, id)));

/** Unread messages of a conversation history, newest first. `upTo`: highest id; undefined: all. */
export async function unreadIn(
  view: LocalView,
  conversationId: string,
  upTo: string | undefined,
): Promise<MessageItem[]> {
  let { unread = 0 } = (await view.row(keyOf('H', conversationId))).summary ?? {};
  const items: MessageItem[] = [];
  for await (const row of view.rowsBelow(keyOf('M', conversationId), { descending: true })) {
    if (unread === 0) break;
    const item = messageItemOf(row);
    if (!item?.isUnread) continue;
    unread -= 1;
    if (upTo === undefined || keyOf('M', item.message.id) <= keyOf('M', upTo)) items.push(item);
  }
  return items;
}
