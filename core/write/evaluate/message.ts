import { messageDataSchema } from '../../../protocol/elements/message.js';
import { ANSWERED } from '../../../protocol/elements/message-state.js';
import { FLAGS_MAX } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf, stateElementOf } from '../../model/element.js';
import { expiryFrom, keptAsLongAs } from '../../model/expiry.js';
import type { StoredConversation, StoredMessage } from '../../model/items.js';
import { messageKey } from '../../model/keys.js';
import { countAfter } from '../log-rows.js';
import {
  applied,
  exists,
  gone,
  isOutcome,
  type Outcome,
  ofDeletion,
  parentNotFound,
  quotaExceeded,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { defaultFolder, newConversation } from './conversation.js';
import { findMessage } from './find-message.js';
import { withFlags } from './message-state.js';
import { patched, tooLarge } from './patched.js';

/** Deposits a message, and creates its conversation history if the operation contains one. */
export async function createMessage(
  work: UnitOfWork,
  operation: OperationOf<'create message'>,
): Promise<Outcome> {
  const { id, conversationId, data, flags = [] } = operation;
  const conversation = await conversationFor(work, operation);
  if (isOutcome(conversation)) return conversation;
  const { history, isNew } = conversation;

  const session = data.sessionId === undefined ? null : await work.session(history, data.sessionId);
  if (session === undefined) return parentNotFound;
  if (session === 'gone') return gone;
  const found = await work.message(history, id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(await work.whole(found)));

  const message: StoredMessage = {
    kind: 'message',
    sk: messageKey(conversationId, id),
    version: work.version,
    ...expiryFrom(work.policy, work.nowMs),
    id,
    conversationId,
    modSeq: work.modSeq,
    data,
  };
  const faulty = tooLarge(elementOf(message));
  if (faulty) return faulty;
  if (isFull(work)) return quotaExceeded;

  if (isNew) work.put(history, 'conversationHistory', { implied: true });
  work.put(message, 'message');
  const kept = session && keptAsLongAs(session, message);
  if (kept && kept !== session) work.put(kept);
  if (flags.length > 0) work.put(withFlags(message, work.modSeq, { add: flags }), 'messageState');
  await markAnswered(work, history, operation);
  return applied;
}

/** Deleted messages count until their purge has subtracted them. */
const isFull = (work: UnitOfWork): boolean =>
  countAfter(work, 'message') >= (work.policy.maxMessages ?? Number.POSITIVE_INFINITY);

/** The conversation history of a new message; created if it does not exist and the operation contains one. */
async function conversationFor(
  work: UnitOfWork,
  { conversationId, conversation: seed }: OperationOf<'create message'>,
): Promise<{ history: StoredConversation; isNew: boolean } | Outcome> {
  const found = await work.conversation(conversationId);
  if (found !== undefined && found !== 'gone') return { history: found, isNew: false };
  if (seed) {
    const history = newConversation(work, conversationId, { ...seed, folderId: defaultFolder });
    return tooLarge(elementOf(history), '/conversation') ?? { history, isNew: true };
  }
  return found === 'gone' ? gone : parentNotFound;
}

/** Sets `\Answered` on the message that a new message replies to, in the same commit. */
async function markAnswered(
  work: UnitOfWork,
  history: StoredConversation,
  { id, data }: OperationOf<'create message'>,
): Promise<void> {
  if (data.inReplyToMessageId === undefined || data.inReplyToMessageId === id) return;
  const answered = await work.message(history, data.inReplyToMessageId);
  if (answered === undefined || answered === 'gone') return;
  const flags = answered.state?.flags ?? [];
  if (flags.includes(ANSWERED) || flags.length >= FLAGS_MAX) return;
  const next = withFlags(answered, work.modSeq, { add: [ANSWERED] });
  if (!tooLarge(stateElementOf(next))) work.put(next, 'messageState', { implied: true });
}

export async function modifyMessage(
  work: UnitOfWork,
  operation: OperationOf<'modify message'>,
): Promise<Outcome> {
  const message = await findMessage(work, operation);
  if (isOutcome(message)) return message;
  const next = patched(await work.whole(message), work.modSeq, operation.data, messageDataSchema);
  if (isOutcome(next)) return next;
  work.put(next, 'message');
  return applied;
}

export async function deleteMessage(
  work: UnitOfWork,
  operation: OperationOf<'delete message'>,
): Promise<Outcome> {
  const message = await findMessage(work, operation);
  if (isOutcome(message)) return ofDeletion(message);
  work.deleteElement(message);
  return applied;
}
