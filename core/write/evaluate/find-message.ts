import type { OperationOf } from '../../../protocol/operation.js';
import type { StoredMessage } from '../../model/items.js';
import { gone, notFound, type Outcome, parentNotFound } from '../outcome.js';
import type { Found, UnitOfWork } from '../unit-of-work.js';

/** The live message that an operation names, or the outcome where there is none. */
export function findMessage(
  work: UnitOfWork,
  { conversationId, id }: Pick<OperationOf<'delete message'>, 'conversationId' | 'id'>,
): { message: StoredMessage } | { outcome: Outcome } {
  const conversation = work.conversation(conversationId);
  if (conversation === undefined) return { outcome: parentNotFound };
  if (conversation === 'gone') return { outcome: gone };
  const message: Found<StoredMessage> = work.message(conversation, id);
  if (message === undefined) return { outcome: notFound };
  return message === 'gone' ? { outcome: gone } : { message };
}
