import { ELEMENT_TYPES, type Element } from '../protocol/elements/element.js';
import { addCounts, type Counts, countsByType } from './counts.js';
import { KINDS, keyOf } from './held/keys.js';
import {
  type ConversationItem,
  conversationIn,
  conversationsIn,
  type FolderItem,
  foldersIn,
  type Listed,
  type MessageItem,
  messageIn,
  messagesIn,
  type SessionItem,
  sessionsIn,
} from './held/queries.js';
import { type Row, type Slot, shown } from './held/rows.js';
import type { LocalBox } from './local-box.js';
import type { Numbered } from './write/queue.js';

const CHUNK = 500; // rows

/** What a Message Storage Client shows of the box: confirmed by the server, with what the user did since laid over it. */
export abstract class BoxReader {
  protected abstract readonly box: LocalBox;

  /** All folders, by name. */
  folders(): Promise<FolderItem[]> {
    return this.box.read(foldersIn);
  }

  /** Conversation histories, the one with the latest message first, with unread counts. `after`: `next` of the part before. */
  conversations(options?: {
    folderId?: string;
    after?: string;
    limit?: number;
  }): Promise<Listed<ConversationItem>> {
    return this.box.read((holdings) => conversationsIn(holdings, options));
  }

  conversation(id: string): Promise<ConversationItem | undefined> {
    return this.box.read((holdings) => conversationIn(holdings, id));
  }

  sessions(conversationId: string): Promise<SessionItem[]> {
    return this.box.read((holdings) => sessionsIn(holdings, conversationId));
  }

  /** Messages that this device holds, newest first. `before`: `next` of the part before. */
  messages(
    conversationId: string,
    options?: { before?: string; limit?: number },
  ): Promise<Listed<MessageItem>> {
    return this.box.read((holdings) => messagesIn(holdings, conversationId, options));
  }

  message(conversationId: string, id: string): Promise<MessageItem | undefined> {
    return this.box.read((holdings) => messageIn(holdings, conversationId, id));
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
