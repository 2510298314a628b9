import type { OperationInput } from '../../protocol/operation.js';
import type { MessageStorageClient } from '../api/message-storage-client.js';
import type { ConversationItem, MessageItem } from '../local-state/queries.js';

/** Identifies an item that a client shows. Messages have a `conversationId`. */
export interface Ref {
  id: string;
  conversationId?: string;
}

/** One kind of items that a client shows, for stores that hold one record per item. */
export interface Source<Item> {
  /** Yields all items. */
  all(client: MessageStorageClient): AsyncIterable<Item>;
  one(client: MessageStorageClient, ref: Ref): Promise<Item | undefined>;
  /** Reports items that other devices changed, and items with a refused operation. @returns the function that ends it. */
  watch(client: MessageStorageClient, onChange: (refs: Ref[]) => void): () => void;
  /** The operation that deletes an item. */
  deletion(ref: Ref): OperationInput;
  /** The modSeq that a change is based on; undefined while operations on the item are pending. */
  modSeqOf(item: Item): number | undefined;
}

/** Maps items of a client to records of another store, one to one. */
export interface Mapping<Item, Rec> {
  source: Source<Item>;
  /** The record of an item; undefined if this store holds none of it. A record may omit attributes. */
  recordOf(item: Item): Rec | undefined;
  /** Uses the key of the record only, because some stores keep only the key of a deleted record. */
  refOf(record: Rec): Ref;
  /** The operations that change the box to match the record. `current`: the item that the client shows now. */
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

const inSequence =
  (...ends: (() => void)[]) =>
  () => {
    for (const end of ends) end();
  };

/** Messages with their flags and dispositions. */
export const messages: Source<MessageItem> = {
  all: allMessages,
  one: (client, { conversationId = '', id }) => client.message(conversationId, id),
  watch(client, onChange) {
    const report = (elements: readonly { type: string; id: string; conversationId?: string }[]) => {
      const refs = elements.filter(({ type }) => type === 'message' || type === 'messageState');
      if (refs.length > 0) onChange(refs.map(({ id, conversationId = '' }) => ({ id, conversationId })));
    };
    return inSequence(
      client.on('received', ({ received, dropped }) =>
        report([...received, ...dropped.flatMap(({ elements }) => elements)]),
      ),
      client.on('refused', ({ operation }) => report([operation])),
    );
  },
  deletion: ({ id, conversationId = '' }) =>
    ({ op: 'delete', type: 'message', id, conversationId }) as OperationInput,
  modSeqOf: ({ message, isPending }) => (isPending ? undefined : message.modSeq),
};

/** Conversation histories with their newest message and unread count. */
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
