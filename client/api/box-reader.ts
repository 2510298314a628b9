import { ELEMENT_TYPES, type Element } from '../../protocol/elements/element.js';
import type { HistoryResponse } from '../../protocol/history.js';
import { addCounts, type Counts, countsByType } from '../local-state/counts.js';
import type { ViewChange } from '../local-state/derive.js';
import { KINDS, keyOf } from '../local-state/keys.js';
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

/** A reading that fails is its author's to see. */
const thrown = (error: unknown): void => {
  throw error;
};

/** What a Message Storage Client shows of the box: confirmed by the server, with what the user did since laid over it. */
export abstract class BoxReader {
  protected abstract readonly box: LocalBox;
  protected abstract askHistory(asked: HistoryRequest, signal?: AbortSignal): Promise<HistoryResponse>;
  abstract on(name: 'changed', listener: (change: ViewChange) => void): () => void;

  /** Calls after each change of what is shown, as stores of frameworks want it. Returns the function that ends it. */
  subscribe(listener: (change: ViewChange) => void): () => void {
    return this.on('changed', listener);
  }

  /** All folders, by name. */
  folders(): Promise<FolderItem[]> {
    return this.box.read(foldersIn);
  }

  /** Conversation histories, the one with the latest message first, with unread counts. `after`: `next` of the part before. */
  conversations(options?: {
    folderId?: string;
    after?: string;
    limit?: number;
  }): Promise<Paged<ConversationItem>> {
    return this.box.read((view) => conversationsIn(view, options));
  }

  conversation(id: string): Promise<ConversationItem | undefined> {
    return this.box.read((view) => conversationIn(view, id));
  }

  sessions(conversationId: string): Promise<SessionItem[]> {
    return this.box.read((view) => sessionsIn(view, conversationId));
  }

  /** Messages that this device holds, newest first. `before`: `next` of the part before. */
  messages(
    conversationId: string,
    options?: { before?: string; limit?: number },
  ): Promise<Paged<MessageItem>> {
    return this.box.read((view) => messagesIn(view, conversationId, options));
  }

  message(conversationId: string, id: string): Promise<MessageItem | undefined> {
    return this.box.read((view) => messageIn(view, conversationId, id));
  }

  /** Messages as the server has them, newest first, with whole texts, and older than this device keeps them. Nothing is stored. */
  history(
    conversationId: string,
    options: { before?: string; limit?: number; signal?: AbortSignal } = {},
  ): Promise<HistoryResponse> {
    const { signal, ...asked } = options;
    return this.askHistory({ conversationId, ...asked }, signal);
  }

  /**
   * Messages of a conversation history, newest first: those that are held here, and behind them those of the server's
   * history, where this device does not keep all. Ids have to sort by time, as the recommended ones do.
   * @throws what Transport throws, where there is nothing held to give.
   */
  async messagesAndHistory(
    conversationId: string,
    { before, limit = LIMIT, signal }: { before?: string; limit?: number; signal?: AbortSignal } = {},
  ): Promise<Paged<MessageItem>> {
    const held = await this.messages(conversationId, { before, limit });
    if (held.next !== undefined || (await this.#keepsAllMessages())) return held;
    const from = held.items.at(-1)?.message.id ?? before;
    const rest = limit - held.items.length;
    if (rest === 0) return { ...held, next: from as string };
    try {
      const { elements, next } = await this.history(conversationId, { before: from, limit: rest, signal });
      const older = await this.box.read((view) => historyItems(view, elements));
      return { items: [...held.items, ...older], ...(next !== undefined && { next }) };
    } catch (error) {
      if (error instanceof ServerProblem && error.status === 404) return held; // it is not there, or not yet
      if (from === before) throw error;
      return { ...held, next: from as string };
    }
  }

  async #keepsAllMessages(): Promise<boolean> {
    const { effective } = await this.box.state();
    if (!effective?.elementTypes.includes('message')) return false;
    return Object.keys(effective.maxMessageAgeDays).length === 0;
  }

  /**
   * Tells what `read` gives, now and each time when something else is shown than before, be it in one conversation
   * alone. Changes while it reads become one more reading. Returns the function that ends it.
   */
  watch<T>(
    read: () => Promise<T>,
    listener: (value: T) => void,
    { conversationId, failed = thrown }: { conversationId?: string; failed?: (error: unknown) => void } = {},
  ): () => void {
    let wanted = 0;
    let reading = false;
    let ended = false;
    const again = async () => {
      wanted += 1;
      if (reading) return;
      reading = true;
      for (let seen = 0; seen < wanted && !ended; ) {
        seen = wanted;
        await read().then((value) => ended || listener(value), failed);
      }
      reading = false;
    };
    const off = this.on('changed', ({ conversations }) => {
      if (conversationId === undefined || conversations.includes(conversationId)) void again();
    });
    void again();
    return () => {
      ended = true;
      off();
    };
  }

  /** What the user did that the server has not answered yet, in the order in which it is sent. */
  pending(): Promise<Numbered[]> {
    return this.box.pending();
  }

  /** Everything that is shown, folders first. It reads all there is, a part at a time. */
  async *elements(): AsyncGenerator<Element> {
    for (const type of ELEMENT_TYPES) {
      const kind = keyOf(KINDS[type]);
      for (let from = `${kind}\n`; ; ) {
        const part = await this.box.read(({ tx }) => tx.scan({ from, to: `${kind}\n\u007f`, limit: CHUNK }));
        for (const [, row] of part) {
          const element = shown((row as Row)[type] as Slot | undefined);
          if (element) yield element;
        }
        const last = part.at(-1);
        if (!last) break;
        from = `${last[0]}\u0001`;
      }
    }
  }

  /** How many elements are shown, by type. It reads all there is. */
  async counts(): Promise<Counts> {
    let counts = countsByType();
    for await (const element of this.elements()) counts = addCounts(counts, countsByType([element]));
    return counts;
  }
}
