import { sessionDataSchema } from '../../../protocol/elements/session-history.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf } from '../../model/element.js';
import { expiryFrom } from '../../model/expiry.js';
import type { StoredConversation, StoredSession } from '../../model/items.js';
import { sessionKey } from '../../model/keys.js';
import { indexOf } from '../../model/version.js';
import type { Draft } from '../draft.js';
import {
  applied,
  conflict,
  exists,
  gone,
  later,
  notFound,
  type Outcome,
  parentNotFound,
  unchanged,
} from '../outcome.js';
import { patched, tooLarge } from './patched.js';

const EMPTYING_MAX = 20; // their conversation history names them

export function createSession(draft: Draft, operation: OperationOf<'create sessionHistory'>): Outcome {
  const { id, conversationId, data } = operation;
  const conversation = draft.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const found = draft.session(conversation, id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(found));
  const session: StoredSession = {
    kind: 'sessionHistory',
    sk: sessionKey(conversationId, id),
    version: draft.version,
    ...expiryFrom(draft.policy, draft.nowMs),
    modSeq: draft.modSeq,
    id,
    conversationId,
    data,
  };
  const faulty = tooLarge(elementOf(session));
  if (faulty) return faulty;
  draft.stage(session, 'sessionHistory');
  return applied;
}

export function modifySession(draft: Draft, operation: OperationOf<'modify sessionHistory'>): Outcome {
  const found = findSession(draft, operation);
  if ('outcome' in found) return found.outcome;
  const { session } = found;
  const patch = patched(session, draft.modSeq, operation.data, sessionDataSchema);
  if ('outcome' in patch) return patch.outcome;
  draft.stage(patch.item, 'sessionHistory');
  return applied;
}

/** The messages of the session count as gone from here on; they are cleared away afterwards. */
export function deleteSession(draft: Draft, operation: OperationOf<'delete sessionHistory'>): Outcome {
  const found = findSession(draft, operation);
  if ('outcome' in found) return found.outcome.status === 'gone' ? unchanged : found.outcome;
  const { session, conversation } = found;
  const emptying = conversation.emptying ?? [];
  if (emptying.length >= EMPTYING_MAX) return later;
  draft.bury(session);
  draft.stage({
    ...conversation,
    emptying: [...emptying, { id: session.id, modSeq: draft.modSeq, index: indexOf(draft.version) }],
  });
  return applied;
}

function findSession(
  draft: Draft,
  { conversationId, id, ifModSeq }: OperationOf<'delete sessionHistory' | 'modify sessionHistory'>,
): { session: StoredSession; conversation: StoredConversation } | { outcome: Outcome } {
  const conversation = draft.conversation(conversationId);
  if (conversation === undefined) return { outcome: parentNotFound };
  if (conversation === 'gone') return { outcome: gone };
  const session = draft.session(conversation, id);
  if (session === undefined) return { outcome: notFound };
  if (session === 'gone') return { outcome: gone };
  if (ifModSeq !== undefined && ifModSeq !== draft.modSeqBefore(session.sk, 'sessionHistory')) {
    return { outcome: conflict(elementOf(session)) };
  }
  return { session, conversation };
}
