import type {
  ConversationElement,
  FolderElement,
  MessageElement,
  MessageStateElement,
  SessionElement,
} from '../../protocol/elements/element.js';
import { type Disposition, SEEN } from '../../protocol/elements/message-state.js';
import type { Holdings } from './holdings.js';
import { entriesBelow, keyOf, rowKey } from './keys.js';
import { type Row, type Slot, shown } from './rows.js';

/** What an application is shown: what is confirmed, with the operations laid over it that are not settled. */
interface Item {
  isPending: boolean; // an operation on it is not settled
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
  isHeld: boolean; // on this device; else it comes from the server's history, as whole text
}

/** A part of a list. `next` asks for what follows; absent: there is no more. */
export interface Listed<T> {
  items: T[];
  next?: string;
}

export const LIMIT = 50;

const isLaid = (slot: Slot | undefined): boolean => slot?.laid !== undefined;

export function messageItemOf({ message: slot, messageState }: Row): MessageItem | undefined {
  const message = shown(slot);
  if (!message) return undefined;
  const { flags = [], dispositions = [] } = shown(messageState) ?? {};
  const isUnread = message.direction === 'In' && !flags.includes(SEEN);
  const isPending = isLaid(slot) || isLaid(messageState);
  return { message, flags, dispositions, isUnread, isPending, isHeld: true };
}

/** Messages of the server's history, each with its state, but for those that are held here or taken away from sight. */
export async function historyItems(
  holdings: Holdings,
  elements: readonly (MessageElement | MessageStateElement)[],
): Promise<MessageItem[]> {
  const items: MessageItem[] = [];
  for (const message of elements) {
    if (message.type !== 'message') continue;
    const { message: held, messageState } = await holdings.row(rowKey(message));
    if (held) continue;
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
  holdings: Holdings,
  { conversationHistory, summary }: Row,
): Promise<ConversationItem | undefined> {
  const conversation = shown(conversationHistory);
  if (!conversation) return undefined;
  const newest = summary?.newest && (await messageIn(holdings, conversation.id, summary.newest.id));
  return {
    conversation,
    unread: summary?.unread ?? 0,
    ...(newest && { newest }),
    isPending: isLaid(conversationHistory),
  };
}

/** All folders, by name. A box has a few hundred at most. */
export async function foldersIn(holdings: Holdings): Promise<FolderItem[]> {
  const items: FolderItem[] = [];
  for await (const { folder: slot } of holdings.rowsBelow('F')) {
    const folder = shown(slot);
    if (folder) items.push({ folder, isPending: isLaid(slot) });
  }
  return items.sort((a, b) => (a.folder.name < b.folder.name ? -1 : 1));
}

/** Conversation histories, of one folder or of all, those with the latest message first. */
export async function conversationsIn(
  holdings: Holdings,
  { folderId, after, limit = LIMIT }: { folderId?: string; after?: string; limit?: number } = {},
): Promise<Listed<ConversationItem>> {
  const prefix = folderId === undefined ? 'A' : keyOf('B', folderId);
  const items: ConversationItem[] = [];
  let next: string | undefined;
  for await (const [key, id] of entriesBelow(holdings.tx, prefix, {
    descending: true,
    before: after,
    chunk: limit + 1,
  })) {
    if (items.length === limit) return { items, ...(next !== undefined && { next }) };
    const item = await conversationIn(holdings, id as string);
    if (item) items.push(item);
    next = key;
  }
  return { items };
}

export const conversationIn = async (holdings: Holdings, id: string): Promise<ConversationItem | undefined> =>
  conversationItemOf(holdings, await holdings.row(keyOf('C', id)));

export async function sessionsIn(holdings: Holdings, conversationId: string): Promise<SessionItem[]> {
  const items: SessionItem[] = [];
  for await (const { sessionHistory: slot } of holdings.rowsBelow(keyOf('S', conversationId))) {
    const session = shown(slot);
    if (session) items.push({ session, isPending: isLaid(slot) });
  }
  return items;
}

/** Messages of a conversation history, newest first: those whose id is before `before`. */
export async function messagesIn(
  holdings: Holdings,
  conversationId: string,
  { before, limit = LIMIT }: { before?: string; limit?: number } = {},
): Promise<Listed<MessageItem>> {
  const items: MessageItem[] = [];
  const reading = {
    descending: true,
    chunk: limit + 1,
    ...(before !== undefined && { before: keyOf('M', conversationId, before) }),
  };
  for await (const row of holdings.rowsBelow(keyOf('M', conversationId), reading)) {
    const item = messageItemOf(row);
    if (!item) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.message.id as string };
    items.push(item);
  }
  return { items };
}

export const messageIn = async (
  holdings: Holdings,
  conversationId: string,
  id: string,
): Promise<MessageItem | undefined> => messageItemOf(await holdings.row(keyOf('M', conversationId, id)));

/** Messages that are not read, all or as far as an id, newest first. */
export async function unreadIn(
  holdings: Holdings,
  conversationId: string,
  upTo: string | undefined,
): Promise<MessageItem[]> {
  let { unread = 0 } = (await holdings.row(keyOf('C', conversationId))).summary ?? {};
  const items: MessageItem[] = [];
  for await (const row of holdings.rowsBelow(keyOf('M', conversationId), { descending: true })) {
    if (unread === 0) break;
    const item = messageItemOf(row);
    if (!item?.isUnread) continue;
    unread -= 1;
    if (upTo === undefined || keyOf('M', item.message.id) <= keyOf('M', upTo)) items.push(item);
  }
  return items;
}
