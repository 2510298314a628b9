import { ELEMENT_TYPES, type Element } from '../../protocol/elements/element.js';
import type { HistoryResponse } from '../../protocol/history.js';
import { addCounts, type Counts, countsByType } from '../local-state/counts.js';
import type { ViewChange } from '../local-state/derive.js';
import { keyOf, kindOf } from '../local-state/keys.js';
import {
  type ConversationItem,
  conversationIn,
  conversationsIn,
  type FolderItem,
  foldersIn,
  historyItems,
  LIMIT,
  type MessageItem,
  messageIn,
  messagesIn,
  type Paged,
  type SessionItem,
  sessionsIn,
} from '../local-state/queries.js';
import { type Row, type Slot, shown } from '../local-state/rows.js';
import type { Numbered } from '../outbox/queued-operation.js';
import type { LocalBox } from '../sync/local-box.js';
import { ServerProblem } from '../sync/server-problem.js';
import type { HistoryRequest } from '../sync/transport.js';

const CHUNK = 500; // rows

/**
 * The queries of a Message Storage Client. Each reads the local store: the elements that the server confirmed, with the
 * pending operations of this device applied optimistically. Only `history` and `messagesAndHistory` ask the server.
 * @throws from each: the error of the local store.
 */
export interface BoxReader {
  /**
   * Calls the listener after each change of what the queries return. Suits stores of frameworks.
   * @returns the function that removes the listener.
   */
  subscribe(listener: (change: ViewChange) => void): () => void;

  /** @returns all folders, sorted by name. */
  folders(): Promise<FolderItem[]>;

  /**
   * Lists conversation histories with their unread counts, the one with the latest message first.
   * @param options.folderId lists the conversation histories of this folder only.
   * @param options.after `next` of the previous page.
   * @param options.limit conversation histories per page, 50 by default.
   */
  conversations(options?: {
    folderId?: string;
    after?: string;
    limit?: number;
  }): Promise<Paged<ConversationItem>>;

  /** @returns the conversation history of this id, or undefined if this device does not hold it. */
  conversation(id: string): Promise<ConversationItem | undefined>;

  /** @returns the session histories of a conversation history, sorted by id. */
  sessions(conversationId: string): Promise<SessionItem[]>;

  /**
   * Lists the messages of a conversation history that this device holds, newest first (descending by id).
   * @param options.before lists messages with an id below this one: `next` of the previous page.
   * @param options.limit messages per page, 50 by default.
   */
  messages(
    conversationId: string,
    options?: { before?: string; limit?: number },
  ): Promise<Paged<MessageItem>>;

  /** @returns the message, or undefined if this device does not hold it. */
  message(conversationId: string, id: string): Promise<MessageItem | undefined>;

  /**
   * Asks the server for messages of a conversation history, newest first. They have whole texts and include messages that
   * are outside the scope of this device. The client does not store them.
   * @param options.before asks for messages with an id below this one: `next` of the previous page.
   * @param options.signal aborts the request. Default: `stop` of the client aborts it.
   * @throws ServerProblem, Unreachable or UnexpectedAnswer, or the reason of the signal.
   */
  history(
    conversationId: string,
    options?: { before?: string; limit?: number; signal?: AbortSignal },
  ): Promise<HistoryResponse>;

  /**
   * Lists messages newest first: those that this device holds, then older ones from the server's history. It asks the
   * server only if the scope of this device leaves out messages. The ids of messages must sort by time, as the
   * recommended ids do.
   * @param options as for `history`; `limit` is 50 by default.
   * @throws as `history`, but only if this device holds no message of the page.
   */
  messagesAndHistory(
    conversationId: string,
    options?: { before?: string; limit?: number; signal?: AbortSignal },
  ): Promise<Paged<MessageItem>>;

  /**
   * Runs a query now and after each change, and passes each result to the listener. Changes during a query cause one
   * more query.
   * @param read the query, for example `() => client.conversations()`.
   * @param options.conversationId ignores changes outside this conversation history.
   * @param options.failed receives the errors of the query. Default: they stay unhandled rejections.
   * @returns the function that ends the watch.
   */
  watch<T>(
    read: () => Promise<T>,
    listener: (value: T) => void,
    options?: { conversationId?: string; failed?: (error: unknown) => void },
  ): () => void;

  /** @returns the operations that the server has not answered, in the order in which the client sends them. */
  pending(): Promise<Numbered[]>;

  /** Yields every element that the queries show, folders first. It reads the whole store in chunks. */
  elements(): AsyncGenerator<Element>;

  /** Counts every element that the queries show, by type. It reads the whole store. */
  counts(): Promise<Counts>;
}

export interface BoxReaderOptions {
  box: LocalBox;
  onChanged: (listener: (change: ViewChange) => void) => () => void;
  requestHistory: (request: HistoryRequest, signal?: AbortSignal) => Promise<HistoryResponse>;
}

/** The queries over one local box. */
export function createBoxReader({ box, onChanged, requestHistory }: BoxReaderOptions): BoxReader {
  const history: BoxReader['history'] = (conversationId, { signal, ...page } = {}) =>
    requestHistory({ conversationId, ...page }, signal);

  async function* elements(): AsyncGenerator<Element> {
    for (const type of ELEMENT_TYPES) {
      const kind = keyOf(kindOf(type));
      for (let from = `${kind}\n`; ; ) {
        const chunk = await box.read(({ tx }) => tx.scan({ from, to: `${kind}\n\u007f`, limit: CHUNK }));
        for (const [, row] of chunk) {
          const element = shown((row as Row)[type] as Slot | undefined);
          if (element) yield element;
        }
        const last = chunk.at(-1);
        if (!last) break;
        from = `${last[0]}\u0001`;
      }
    }
  }

  return {
    subscribe: onChanged,
    folders: () => box.read(foldersIn),
    conversations: (options) => box.read((view) => conversationsIn(view, options)),
    conversation: (id) => box.read((view) => conversationIn(view, id)),
    sessions: (conversationId) => box.read((view) => sessionsIn(view, conversationId)),
    messages: (conversationId, options) => box.read((view) => messagesIn(view, conversationId, options)),
    message: (conversationId, id) => box.read((view) => messageIn(view, conversationId, id)),
    history,

    async messagesAndHistory(conversationId, { before, limit = LIMIT, signal } = {}) {
      const local = await box.read((view) => messagesIn(view, conversationId, { before, limit }));
      if (local.next !== undefined || (await holdsAllMessages(box))) return local;
      const from = local.items.at(-1)?.message.id ?? before;
      const rest = limit - local.items.length;
      if (rest === 0) return { ...local, next: from as string };
      try {
        const { elements, next } = await history(conversationId, { before: from, limit: rest, signal });
        const older = await box.read((view) => historyItems(view, elements));
        return { items: [...local.items, ...older], ...(next !== undefined && { next }) };
      } catch (error) {
        // The server does not have the conversation history, or does not have it yet.
        if (error instanceof ServerProblem && error.status === 404) return local;
        if (from === before) throw error;
        return { ...local, next: from as string };
      }
    },

    watch(read, listener, { conversationId, failed = rethrow } = {}) {
      let wanted = 0;
      let isReading = false;
      let isEnded = false;
      const readAgain = async () => {
        wanted += 1;
        if (isReading) return;
        isReading = true;
        for (let seen = 0; seen < wanted && !isEnded; ) {
          seen = wanted;
          await read().then((value) => isEnded || listener(value), failed);
        }
        isReading = false;
      };
      const off = onChanged(({ conversations }) => {
        if (conversationId === undefined || conversations.includes(conversationId)) void readAgain();
      });
      void readAgain();
      return () => {
        isEnded = true;
        off();
      };
    },

    pending: () => box.pending(),
    elements,

    async counts() {
      let counts = countsByType();
      for await (const element of elements()) counts = addCounts(counts, countsByType([element]));
      return counts;
    },
  };
}

/** Whether the scope leaves out no message of the conversation histories that this device holds. */
async function holdsAllMessages(box: LocalBox): Promise<boolean> {
  const { effective } = await box.state();
  if (!effective?.elementTypes.includes('message')) return false;
  return Object.keys(effective.maxMessageAgeDays).length === 0;
}

/** The error of a query is for the author of the query, so it stays an unhandled rejection. */
function rethrow(error: unknown): void {
  throw error;
}
