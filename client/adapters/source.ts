import type { OperationInput } from '../../protocol/operation.js';
import type { MessageStorageClient } from '../api/message-storage-client.js';
import type { ConversationItem, MessageItem } from '../local-state/queries.js';

/** Names something that a client shows. `conversationId`: of a message. */
export interface Ref {
  id: string;
  conversationId?: string;
}

/** One kind of what a client shows, for stores that hold a record of each. */
export interface Source<Item> {
  all(client: MessageStorageClient): AsyncIterable<Item>;
  one(client: MessageStorageClient, ref: Ref): Promise<Item | undefined>;
  /** Tells of what others have changed, and of what was refused and so is undone. Returns the end of it. */
  watch(client: MessageStorageClient, onChange: (refs: Ref[]) => void): () => void;
  deletion(ref: Ref): OperationInput;
  /** The number that a change is based on; undefined where operations of this device are under way. */
  modSeqOf(item: Item): number | undefined;
}

/** How records of another store stand for what a client shows. Each record is of one item. */
export interface Mapping<Item, Rec> {
  source: Source<Item>;
  /** undefined: the item has no record in this store. What is left out of a record is not changed by it. */
  recordOf(item: Item): Rec | undefined;
  /** From the record's key alone: of a deleted record some stores tell no more. */
  refOf(record: Rec): Ref;
  /** What makes the record's content that of the box. `current`: what is there now. */
  operationsFor(record: Rec, current: Item | undefined): OperationInput[];
}

async function* allConversations(client: MessageStorageClient): AsyncGenerator<ConversationItem> {
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const part = await client.conversations(after === undefined ? {} : { after });
    yield* part.items;
    after = part.next;
  }
}

async function* allMessages(client: MessageStorageClient): AsyncGenerator<MessageItem> {
  for await (const { conversation } of allConversations(client)) {
    for (let before: string | undefined, more = true; more; more = before !== undefined) {
      const part = await client.messages(conversation.id, before === undefined ? {} : { before });
      yield* part.items;
      before = part.next;
    }
  }
}

const together =
  (...ends: (() => void)[]) =>
  () => {
    for (const end of ends) end();
  };

/** Messages with their flags and dispositions. */
export const messages: Source<MessageItem> = {
  all: allMessages,
  one: (client, { conversationId = '', id }) => client.message(conversationId, id),
  watch(client, onChange) {
    const tell = (elements: readonly { type: string; id: string; conversationId?: string }[]) => {
      const refs = elements.filter(({ type }) => type === 'message' || type === 'messageState');
      if (refs.length > 0) onChange(refs.map(({ id, conversationId = '' }) => ({ id, conversationId })));
    };
    return together(
      client.on('received', ({ received, dropped }) =>
        tell([...received, ...dropped.flatMap(({ elements }) => elements)]),
      ),
      client.on('refused', ({ operation }) => tell([operation])),
    );
  },
  deletion: ({ id, conversationId = '' }) =>
    ({ op: 'delete', type: 'message', id, conversationId }) as OperationInput,
  modSeqOf: ({ message, isPending }) => (isPending ? undefined : message.modSeq),
};

/** Conversation histories with their newest message and how many are unread. */
export const conversations: Source<ConversationItem> = {
  all: allConversations,
  one: (client, { id }) => client.conversation(id),
  watch: (client, onChange) =>
    client.on('changed', (change) => {
      if (change.conversations.length > 0) onChange(change.conversations.map((id) => ({ id })));
    }),
  deletion: ({ id }) => ({ op: 'delete', type: 'conversationHistory', id }) as OperationInput,
  modSeqOf: ({ conversation, isPending }) => (isPending ? undefined : conversation.modSeq),
};
