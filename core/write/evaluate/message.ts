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
  conflict,
  exists,
  gone,
  type Outcome,
  parentNotFound,
  quotaExceeded,
  unchanged,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { defaultFolder, newConversation } from './conversation.js';
import { findMessage } from './find-message.js';
import { withFlags } from './message-state.js';
import { patched, tooLarge } from './patched.js';

export function createMessage(work: UnitOfWork, operation: OperationOf<'create message'>): Outcome {
  const { id, conversationId, data, flags = [] } = operation;
  const conversation = conversationFor(work, operation);
  if ('outcome' in conversation) return conversation.outcome;
  const { history, isNew } = conversation;

  const session = data.sessionId === undefined ? null : work.session(history, data.sessionId);
  if (session === undefined) return parentNotFound;
  if (session === 'gone') return gone;
  const found = work.message(history, id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(work.whole(found)));

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
  answer(work, history, operation);
  return applied;
}

/** What is being cleared away counts until it is gone. */
const isFull = (work: UnitOfWork): boolean =>
  countAfter(work, 'message') >= (work.policy.maxMessages ?? Number.POSITIVE_INFINITY);

/** The conversation history that the message goes into, made on the way where the operation brings it along. */
function conversationFor(
  work: UnitOfWork,
  { conversationId, conversation: seed }: OperationOf<'create message'>,
): { history: StoredConversation; isNew: boolean } | { outcome: Outcome } {
  const found = work.conversation(conversationId);
  if (found !== undefined && found !== 'gone') return { history: found, isNew: false };
  if (seed) {
    const history = newConversation(work, conversationId, { ...seed, folderId: defaultFolder });
    const faulty = tooLarge(elementOf(history), '/conversation');
    return faulty ? { outcome: faulty } : { history, isNew: true };
  }
  return { outcome: found === 'gone' ? gone : parentNotFound };
}

/** A reply sets `\Answered` on what it answers, in the same commit. */
function answer(
  work: UnitOfWork,
  history: StoredConversation,
  { id, data }: OperationOf<'create message'>,
): void {
  if (data.inReplyToMessageId === undefined || data.inReplyToMessageId === id) return;
  const answered = work.message(history, data.inReplyToMessageId);
  if (answered === undefined || answered === 'gone') return;
  const flags = answered.state?.flags ?? [];
  if (flags.includes(ANSWERED) || flags.length >= FLAGS_MAX) return;
  const next = withFlags(answered, work.modSeq, { add: [ANSWERED] });
  if (!tooLarge(stateElementOf(next))) work.put(next, 'messageState', { implied: true });
}

export function modifyMessage(work: UnitOfWork, operation: OperationOf<'modify message'>): Outcome {
  const found = findMessage(work, operation);
  if ('outcome' in found) return found.outcome;
  const { message } = found;
  if (operation.ifModSeq !== undefined && operation.ifModSeq !== work.modSeqBefore(message.sk, 'message')) {
    return conflict(elementOf(work.whole(message)));
  }
  const patch = patched(work.whole(message), work.modSeq, operation.data, messageDataSchema);
  if ('outcome' in patch) return patch.outcome;
  work.put(patch.item, 'message');
  return applied;
}

export function deleteMessage(work: UnitOfWork, operation: OperationOf<'delete message'>): Outcome {
  const found = findMessage(work, operation);
  if ('outcome' in found) return found.outcome.status === 'gone' ? unchanged : found.outcome;
  const { message } = found;
  if (operation.ifModSeq !== undefined && operation.ifModSeq !== work.modSeqBefore(message.sk, 'message')) {
    return conflict(elementOf(work.whole(message)));
  }
  work.deleteElement(message);
  return applied;
}
