import type { OperationOf } from '../../../protocol/operation.js';
import type { StoredMessage } from '../../model/items.js';
import type { Draft, Found } from '../draft.js';
import { gone, notFound, type Outcome, parentNotFound } from '../outcome.js';

/** The live message that an operation names, or the outcome where there is none. */
export function findMessage(
  draft: Draft,
  { conversationId, id }: Pick<OperationOf<'delete message'>, 'conversationId' | 'id'>,
): { message: StoredMessage } | { outcome: Outcome } {
  const conversation = draft.conversation(conversationId);
  if (conversation === undefined) return { outcome: parentNotFound };
  if (conversation === 'gone') return { outcome: gone };
  const message: Found<StoredMessage> = draft.message(conversation, id);
  if (message === undefined) return { outcome: notFound };
  return message === 'gone' ? { outcome: gone } : { message };
}
