import { messageDataSchema } from '../../../protocol/elements/message.js';
import { ANSWERED } from '../../../protocol/elements/message-state.js';
import { FLAGS_MAX } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf, stateElementOf } from '../../model/element.js';
import { expiryFrom, keptAsLongAs } from '../../model/expiry.js';
import type { StoredConversation, StoredMessage } from '../../model/items.js';
import { messageKey } from '../../model/keys.js';
import type { Draft } from '../draft.js';
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
import { defaultFolder, newConversation } from './conversation.js';
import { findMessage } from './find-message.js';
import { withFlags } from './message-state.js';
import { patched, tooLarge } from './patched.js';

export function createMessage(draft: Draft, operation: OperationOf<'create message'>): Outcome {
  const { id, conversationId, data, flags = [] } = operation;
  const conversation = conversationFor(draft, operation);
  if ('outcome' in conversation) return conversation.outcome;
  const { history, isNew } = conversation;

  const session = data.sessionId === undefined ? null : draft.session(history, data.sessionId);
  if (session === undefined) return parentNotFound;
  if (session === 'gone') return gone;
  const found = draft.message(history, id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(draft.whole(found)));

  const message: StoredMessage = {
    kind: 'message',
    sk: messageKey(conversationId, id),
    version: draft.version,
    ...expiryFrom(draft.policy, draft.nowMs),
    id,
    conversationId,
    modSeq: draft.modSeq,
    data,
  };
  const faulty = tooLarge(elementOf(message));
  if (faulty) return faulty;
  if (isFull(draft)) return quotaExceeded;

  if (isNew) draft.stage(history, 'conversationHistory', { implied: true });
  draft.stage(message, 'message');
  const kept = session && keptAsLongAs(session, message);
  if (kept && kept !== session) draft.stage(kept);
  if (flags.length > 0) draft.stage(withFlags(message, draft.modSeq, { add: flags }), 'messageState');
  answer(draft, history, operation);
  return applied;
}

/** What is being cleared away counts until it is gone. */
const isFull = (draft: Draft): boolean =>
  countAfter(draft, 'message') >= (draft.policy.maxMessages ?? Number.POSITIVE_INFINITY);

/** The conversation history that the message goes into, made on the way where the operation brings it along. */
function conversationFor(
  draft: Draft,
  { conversationId, conversation: seed }: OperationOf<'create message'>,
): { history: StoredConversation; isNew: boolean } | { outcome: Outcome } {
  const found = draft.conversation(conversationId);
  if (found !== undefined && found !== 'gone') return { history: found, isNew: false };
  if (seed) {
    const history = newConversation(draft, conversationId, { ...seed, folderId: defaultFolder });
    const faulty = tooLarge(elementOf(history), '/conversation');
    return faulty ? { outcome: faulty } : { history, isNew: true };
  }
  return { outcome: found === 'gone' ? gone : parentNotFound };
}

/** A reply sets `\Answered` on what it answers, in the same commit. */
function answer(
  draft: Draft,
  history: StoredConversation,
  { id, data }: OperationOf<'create message'>,
): void {
  if (data.inReplyToMessageId === undefined || data.inReplyToMessageId === id) return;
  const answered = draft.message(history, data.inReplyToMessageId);
  if (answered === undefined || answered === 'gone') return;
  const flags = answered.state?.flags ?? [];
  if (flags.includes(ANSWERED) || flags.length >= FLAGS_MAX) return;
  const next = withFlags(answered, draft.modSeq, { add: [ANSWERED] });
  if (!tooLarge(stateElementOf(next))) draft.stage(next, 'messageState', { implied: true });
}

export function modifyMessage(draft: Draft, operation: OperationOf<'modify message'>): Outcome {
  const found = findMessage(draft, operation);
  if ('outcome' in found) return found.outcome;
  const { message } = found;
  if (operation.ifModSeq !== undefined && operation.ifModSeq !== draft.modSeqBefore(message.sk, 'message')) {
    return conflict(elementOf(draft.whole(message)));
  }
  const patch = patched(draft.whole(message), draft.modSeq, operation.data, messageDataSchema);
  if ('outcome' in patch) return patch.outcome;
  draft.stage(patch.item, 'message');
  return applied;
}

export function deleteMessage(draft: Draft, operation: OperationOf<'delete message'>): Outcome {
  const found = findMessage(draft, operation);
  if ('outcome' in found) return found.outcome.status === 'gone' ? unchanged : found.outcome;
  const { message } = found;
  if (operation.ifModSeq !== undefined && operation.ifModSeq !== draft.modSeqBefore(message.sk, 'message')) {
    return conflict(elementOf(draft.whole(message)));
  }
  draft.bury(message);
  return applied;
}
