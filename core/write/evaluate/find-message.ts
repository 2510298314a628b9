import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf, stateElementOf } from '../../model/element.js';
import type { StoredMessage } from '../../model/items.js';
import { conflict, gone, notFound, type Outcome, parentNotFound } from '../outcome.js';
import type { Found, UnitOfWork } from '../unit-of-work.js';

type ChangeOfMessage = OperationOf<'modify message' | 'delete message' | 'modify messageState'>;

/** The live message that an operation changes, if it has the `ifModSeq` of the operation. */
export async function findMessage(
  work: UnitOfWork,
  { type, conversationId, id, ifModSeq }: ChangeOfMessage,
): Promise<StoredMessage | Outcome> {
  const conversation = await work.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const message: Found<StoredMessage> = await work.message(conversation, id);
  if (message === undefined) return notFound;
  if (message === 'gone') return gone;
  if (work.isAsExpected(message.sk, type, ifModSeq)) return message;
  return conflict(type === 'messageState' ? stateElementOf(message) : elementOf(await work.whole(message)));
}
