import { SEEN } from '../../protocol/elements/message-state.js';
import { USER_ROOT_FOLDER } from '../../protocol/limits.js';
import { messageIdOf } from '../../protocol/message-id.js';
import type { Operation, OperationInput } from '../../protocol/operation.js';
import type { LocalView } from '../local-state/local-view.js';
import { unreadIn } from '../local-state/queries.js';
import { portable } from '../outbox/invalid-operation.js';
import type { Numbered } from '../outbox/queued-operation.js';
import { BoxReader } from './box-reader.js';
import { randomId } from './random-id.js';

type Input<Op, Type> = Extract<OperationInput, { op: Op; type: Type }>;
type Data<Op, Type> = Input<Op, Type> extends { data: infer D } ? D : never;

/** A message as it is written. What is left out is that of a text message that the user sends now. */
export type MessageDraft = Pick<Data<'create', 'message'>, 'from' | 'to'> &
  Partial<Data<'create', 'message'>>;

export interface MessageOptions {
  id?: string; // else the recommended one, of `date` and `imdnMessageId`
  flags?: string[];
  /** The conversation history to make in `default` if there is none yet. */
  conversation?: Input<'create', 'message'>['conversation'];
}

/** Refuses an operation with `conflict` if the element has changed since. */
export interface Condition {
  ifModSeq?: number;
}

/**
 * What the user does. Each method takes effect here at once, survives a crash from when it resolves, and is sent with
 * the next synchronization. What the server refuses is undone and told by the event `refused`.
 * @throws from each: InvalidOperation, when `check` of the client's options refuses it; nothing is done then.
 */
export abstract class BoxWriter extends BoxReader {
  /** Any operations, in this order: the methods below are shorter. They carry their numbers when it resolves. */
  perform(...operations: OperationInput[]): Promise<Numbered[]> {
    return this.performOn(async () => operations);
  }

  protected async performOn(
    operationsOn: (view: LocalView) => Promise<readonly OperationInput[]>,
  ): Promise<Numbered[]> {
    const numbered = await this.box.perform(async (view) =>
      (await operationsOn(view)).map((each) => this.check(portable(each))),
    );
    if (numbered.length > 0) this.performed();
    return numbered;
  }

  protected abstract check(operation: Operation): Operation;

  /** There is something to send. */
  protected abstract performed(): void;

  /** @returns the operation, with the id of the message. */
  createMessage(
    conversationId: string,
    draft: MessageDraft,
    options: MessageOptions = {},
  ): Promise<Numbered> {
    const date = draft.date ?? new Date(this.nowMs()).toISOString();
    const imdnMessageId = draft.imdnMessageId ?? randomId();
    const { id = idOrNothing(date, imdnMessageId), ...more } = options;
    return this.#one({
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
  }

  modifyMessage(conversationId: string, id: string, data: Data<'modify', 'message'>, condition?: Condition) {
    return this.#one({ op: 'modify', type: 'message', id, conversationId, data, ...condition });
  }

  deleteMessage(conversationId: string, id: string, condition?: Condition) {
    return this.#one({ op: 'delete', type: 'message', id, conversationId, ...condition });
  }

  /** Adds and removes flags of a message, whatever others do to its other flags meanwhile. */
  setFlags(conversationId: string, id: string, { add, remove }: { add?: string[]; remove?: string[] }) {
    return this.#state(conversationId, id, {
      ...(add && { addFlags: add }),
      ...(remove && { removeFlags: remove }),
    });
  }

  /** Notes what participants have reported of a message. */
  addDispositions(
    conversationId: string,
    id: string,
    dispositions: Data<'modify', 'messageState'>['dispositions'],
  ) {
    return this.#state(conversationId, id, { dispositions });
  }

  /** Sets `\Seen` on what is not read in a conversation history: all of it, or messages with an id up to `upTo`. */
  markRead(conversationId: string, { upTo }: { upTo?: string } = {}): Promise<Numbered[]> {
    return this.performOn(async (view) => {
      const unread = await unreadIn(view, conversationId, upTo);
      return unread.map(({ message: { id } }) => stateOperation(conversationId, id, { addFlags: [SEEN] }));
    });
  }

  createConversation(id: string, data: Data<'create', 'conversationHistory'>) {
    return this.#one({ op: 'create', type: 'conversationHistory', id, data });
  }

  modifyConversation(id: string, data: Data<'modify', 'conversationHistory'>, condition?: Condition) {
    return this.#one({ op: 'modify', type: 'conversationHistory', id, data, ...condition });
  }

  /** Moves a conversation history into another folder, as a whole. */
  moveConversation(id: string, folderId: string, condition?: Condition) {
    return this.modifyConversation(id, { folderId }, condition);
  }

  /** Deletes a conversation history with all that is in it. */
  deleteConversation(id: string, condition?: Condition) {
    return this.#one({ op: 'delete', type: 'conversationHistory', id, ...condition });
  }

  createSession(conversationId: string, id: string, data: Data<'create', 'sessionHistory'>) {
    return this.#one({ op: 'create', type: 'sessionHistory', id, conversationId, data });
  }

  modifySession(
    conversationId: string,
    id: string,
    data: Data<'modify', 'sessionHistory'>,
    condition?: Condition,
  ) {
    return this.#one({ op: 'modify', type: 'sessionHistory', id, conversationId, data, ...condition });
  }

  /** Deletes a session history with its messages. */
  deleteSession(conversationId: string, id: string, condition?: Condition) {
    return this.#one({ op: 'delete', type: 'sessionHistory', id, conversationId, ...condition });
  }

  /** @returns the operation, with the id of the folder. Without `parentFolderId` it is one of the user's own. */
  createFolder(name: string, { id = randomId(), parentFolderId = USER_ROOT_FOLDER as string | null } = {}) {
    return this.#one({ op: 'create', type: 'folder', id, data: { name, parentFolderId } });
  }

  renameFolder(id: string, name: string, condition?: Condition) {
    return this.#one({ op: 'modify', type: 'folder', id, data: { name }, ...condition });
  }

  /** Moves a folder into another one, or with null to the top. */
  moveFolder(id: string, parentFolderId: string | null, condition?: Condition) {
    return this.#one({ op: 'modify', type: 'folder', id, data: { parentFolderId }, ...condition });
  }

  /** Deletes a folder with the conversation histories in it. One that has sub-folders is refused. */
  deleteFolder(id: string, condition?: Condition) {
    return this.#one({ op: 'delete', type: 'folder', id, ...condition });
  }

  protected abstract nowMs(): number;

  #state(conversationId: string, id: string, data: Data<'modify', 'messageState'>): Promise<Numbered> {
    return this.#one(stateOperation(conversationId, id, data));
  }

  async #one(operation: OperationInput): Promise<Numbered> {
    const [numbered] = await this.perform(operation);
    return numbered as Numbered;
  }
}

const stateOperation = (
  conversationId: string,
  id: string,
  data: Data<'modify', 'messageState'>,
): OperationInput => ({ op: 'modify', type: 'messageState', id, conversationId, data });

/** A date that is none is told with all other faults of the operation. */
function idOrNothing(date: string, name: string): string {
  try {
    return messageIdOf(date, name);
  } catch {
    return randomId();
  }
}
