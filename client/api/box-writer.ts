import { SEEN } from '../../protocol/elements/message-state.js';
import { USER_ROOT_FOLDER } from '../../protocol/limits.js';
import { messageIdOf } from '../../protocol/message-id.js';
import type { Operation, OperationInput } from '../../protocol/operation.js';
import type { LocalView } from '../local-state/local-view.js';
import { unreadIn } from '../local-state/queries.js';
import { portable } from '../outbox/invalid-operation.js';
import type { Numbered } from '../outbox/queued-operation.js';
import type { LocalBox } from '../sync/local-box.js';
import { randomId } from './random-id.js';

type Input<Op, Type> = Extract<OperationInput, { op: Op; type: Type }>;
type Data<Op, Type> = Input<Op, Type> extends { data: infer D } ? D : never;

/**
 * Attributes of a new message. `from` and each entry of `to` are URIs, such as `tel:+15550100`. Default of the others: a
 * chat message with plain text that the user sends now.
 */
export type MessageDraft = Pick<Data<'create', 'message'>, 'from' | 'to'> &
  Partial<Data<'create', 'message'>>;

export interface MessageOptions {
  /** Default: the recommended id, made of `date` and `imdnMessageId`. It sorts by time. */
  id?: string;
  /** The first flags of the message. */
  flags?: string[];
  /**
   * Creates the conversation history in the folder `default` if it does not exist. An existing conversation history
   * stays unchanged.
   */
  conversation?: Input<'create', 'message'>['conversation'];
}

/** The server refuses the operation with `conflict` if the `modSeq` of the element differs. */
export interface Condition {
  ifModSeq?: number;
}

/**
 * The operations of the user. Each method updates the local store optimistically and queues an operation. The operation
 * survives a crash once the promise resolves. The next synchronization sends it, and its effect happens once. If the
 * server refuses it, the client undoes it and emits `refused`.
 * @returns from each: the queued operation with its number `n`. Its `id` is the id of the element.
 * @throws from each: InvalidOperation if `check` of the client's options rejects the operation, or if the operation is too
 * large for any request. Nothing is queued then. Else the error of the local store.
 */
export interface BoxWriter {
  /**
   * Queues any operations, in this order and in one transaction. The other methods are short forms.
   * @returns the operations with their numbers, in the same order.
   */
  perform(...operations: OperationInput[]): Promise<Numbered[]>;

  /**
   * Creates a message. The server refuses it with `parentNotFound` if the conversation history does not exist and
   * `options.conversation` is absent.
   * @param draft its attributes. If `inReplyToMessageId` names a message of this conversation history, that message gets
   * `\Answered`.
   * @returns the operation; its `id` is `options.id` or the recommended id.
   */
  createMessage(conversationId: string, draft: MessageDraft, options?: MessageOptions): Promise<Numbered>;

  /**
   * Changes a message.
   * @param data a merge patch of `subject`, `textContent` and `payloadParts`; null removes an attribute.
   */
  modifyMessage(
    conversationId: string,
    id: string,
    data: Data<'modify', 'message'>,
    condition?: Condition,
  ): Promise<Numbered>;

  /** Deletes a message and its state. Its id cannot be used again. */
  deleteMessage(conversationId: string, id: string, condition?: Condition): Promise<Numbered>;

  /**
   * Adds flags to a message, then removes flags. Its other flags stay as other devices set them.
   * @param changes.add system flags such as `\Seen`, or keywords such as `$Forwarded`.
   */
  setFlags(
    conversationId: string,
    id: string,
    changes: { add?: string[]; remove?: string[] },
  ): Promise<Numbered>;

  /**
   * Adds disposition notifications to a message.
   * @param dispositions one entry per participant and disposition. An existing entry keeps its first `at`.
   */
  addDispositions(
    conversationId: string,
    id: string,
    dispositions: Data<'modify', 'messageState'>['dispositions'],
  ): Promise<Numbered>;

  /**
   * Adds `\Seen` to the unread messages of a conversation history that this device holds.
   * @param options.upTo leaves messages with an id above this one unread.
   * @returns one operation per unread message, newest first.
   */
  markRead(conversationId: string, options?: { upTo?: string }): Promise<Numbered[]>;

  /**
   * Creates a conversation history. An existing one stays unchanged: the client emits `acknowledged` if it has the same
   * attributes, else `refused` with `exists`.
   * @param id the Conversation-ID. It may be the id of a deleted conversation history.
   * @param data its attributes; `folderId` is `default` if absent.
   */
  createConversation(id: string, data: Data<'create', 'conversationHistory'>): Promise<Numbered>;

  /**
   * Changes a conversation history.
   * @param data a merge patch of `folderId`, `subject` and `participants`.
   */
  modifyConversation(
    id: string,
    data: Data<'modify', 'conversationHistory'>,
    condition?: Condition,
  ): Promise<Numbered>;

  /** Moves a conversation history with its contents into another folder. */
  moveConversation(id: string, folderId: string, condition?: Condition): Promise<Numbered>;

  /** Deletes a conversation history with its contents. */
  deleteConversation(id: string, condition?: Condition): Promise<Numbered>;

  /**
   * Creates a session history in an existing conversation history.
   * @param id unique within the conversation history. The id of a deleted session history cannot be used again.
   */
  createSession(
    conversationId: string,
    id: string,
    data: Data<'create', 'sessionHistory'>,
  ): Promise<Numbered>;

  /**
   * Changes a session history.
   * @param data a merge patch of `subject`, `participants`, `endedAt` and `groupState`.
   */
  modifySession(
    conversationId: string,
    id: string,
    data: Data<'modify', 'sessionHistory'>,
    condition?: Condition,
  ): Promise<Numbered>;

  /** Deletes a session history and the messages with its `sessionId`. */
  deleteSession(conversationId: string, id: string, condition?: Condition): Promise<Numbered>;

  /**
   * Creates a folder. The server refuses it with `exists` if a sibling has the same name.
   * @param options.id default: a random id.
   * @param options.parentFolderId default: the root of the user's folders. Null: the top of the box.
   * @returns the operation; its `id` is the id of the folder.
   */
  createFolder(name: string, options?: { id?: string; parentFolderId?: string | null }): Promise<Numbered>;

  /** Renames a folder. The server refuses it with `exists` if a sibling has the same name. */
  renameFolder(id: string, name: string, condition?: Condition): Promise<Numbered>;

  /**
   * Moves a folder with its contents into another folder.
   * @param parentFolderId the other folder. Null: the top of the box.
   */
  moveFolder(id: string, parentFolderId: string | null, condition?: Condition): Promise<Numbered>;

  /** Deletes a folder and its conversation histories. The server refuses it with `forbidden` if it has sub-folders. */
  deleteFolder(id: string, condition?: Condition): Promise<Numbered>;
}

export interface BoxWriterOptions {
  box: LocalBox;
  nowMs: () => number;
  /** @throws InvalidOperation if the operation must not be queued. */
  check: (operation: Operation) => Operation;
  /** Runs after operations were queued. */
  onQueued: () => void;
}

/** The operations on one local box. */
export function createBoxWriter({ box, nowMs, check, onQueued }: BoxWriterOptions): BoxWriter {
  async function performOn(
    operationsOn: (view: LocalView) => Promise<readonly OperationInput[]>,
  ): Promise<Numbered[]> {
    const numbered = await box.perform(async (view) =>
      (await operationsOn(view)).map((each) => check(portable(each))),
    );
    if (numbered.length > 0) onQueued();
    return numbered;
  }
  const perform: BoxWriter['perform'] = (...operations) => performOn(async () => operations);
  const one = async (operation: OperationInput): Promise<Numbered> =>
    (await perform(operation))[0] as Numbered;
  const modifyConversation: BoxWriter['modifyConversation'] = (id, data, condition) =>
    one({ op: 'modify', type: 'conversationHistory', id, data, ...condition });

  return {
    perform,

    createMessage(conversationId, draft, options = {}) {
      const date = draft.date ?? new Date(nowMs()).toISOString();
      const imdnMessageId = draft.imdnMessageId ?? randomId();
      const { id = recommendedId(date, imdnMessageId), ...more } = options;
      return one({
        op: 'create',
        type: 'message',
        id,
        conversationId,
        data: {
          direction: 'Out',
          messageContext: 'chat-message',
          contentType: 'text/plain',
          ...draft,
          date,
          imdnMessageId,
        },
        ...more,
      });
    },
    modifyMessage: (conversationId, id, data, condition) =>
      one({ op: 'modify', type: 'message', id, conversationId, data, ...condition }),
    deleteMessage: (conversationId, id, condition) =>
      one({ op: 'delete', type: 'message', id, conversationId, ...condition }),
    setFlags: (conversationId, id, { add, remove }) =>
      one(
        stateOperation(conversationId, id, {
          ...(add && { addFlags: add }),
          ...(remove && { removeFlags: remove }),
        }),
      ),
    addDispositions: (conversationId, id, dispositions) =>
      one(stateOperation(conversationId, id, { dispositions })),
    markRead: (conversationId, { upTo } = {}) =>
      performOn(async (view) => {
        const unread = await unreadIn(view, conversationId, upTo);
        return unread.map(({ message: { id } }) => stateOperation(conversationId, id, { addFlags: [SEEN] }));
      }),

    createConversation: (id, data) => one({ op: 'create', type: 'conversationHistory', id, data }),
    modifyConversation,
    moveConversation: (id, folderId, condition) => modifyConversation(id, { folderId }, condition),
    deleteConversation: (id, condition) =>
      one({ op: 'delete', type: 'conversationHistory', id, ...condition }),

    createSession: (conversationId, id, data) =>
      one({ op: 'create', type: 'sessionHistory', id, conversationId, data }),
    modifySession: (conversationId, id, data, condition) =>
      one({ op: 'modify', type: 'sessionHistory', id, conversationId, data, ...condition }),
    deleteSession: (conversationId, id, condition) =>
      one({ op: 'delete', type: 'sessionHistory', id, conversationId, ...condition }),

    createFolder: (name, { id = randomId(), parentFolderId = USER_ROOT_FOLDER } = {}) =>
      one({ op: 'create', type: 'folder', id, data: { name, parentFolderId } }),
    renameFolder: (id, name, condition) =>
      one({ op: 'modify', type: 'folder', id, data: { name }, ...condition }),
    moveFolder: (id, parentFolderId, condition) =>
      one({ op: 'modify', type: 'folder', id, data: { parentFolderId }, ...condition }),
    deleteFolder: (id, condition) => one({ op: 'delete', type: 'folder', id, ...condition }),
  };
}

const stateOperation = (
  conversationId: string,
  id: string,
  data: Data<'modify', 'messageState'>,
): OperationInput => ({ op: 'modify', type: 'messageState', id, conversationId, data });

/** A malformed date is reported with the other faults of the operation, so it must not throw here. */
function recommendedId(date: string, imdnMessageId: string): string {
  try {
    return messageIdOf(date, imdnMessageId);
  } catch {
    return randomId();
  }
}
