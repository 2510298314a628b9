import { sessionDataSchema } from '../../../protocol/elements/session-history.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf } from '../../model/element.js';
import { expiryFrom } from '../../model/expiry.js';
import type { StoredConversation, StoredSession } from '../../model/items.js';
import { sessionKey } from '../../model/keys.js';
import { indexOf } from '../../model/version.js';
import {
  applied,
  conflict,
  deferred,
  exists,
  gone,
  notFound,
  type Outcome,
  parentNotFound,
  unchanged,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { patched, tooLarge } from './patched.js';

const EMPTYING_MAX = 20; // their conversation history names them

export function createSession(work: UnitOfWork, operation: OperationOf<'create sessionHistory'>): Outcome {
  const { id, conversationId, data } = operation;
  const conversation = work.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const found = work.session(conversation, id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(found));
  const session: StoredSession = {
    kind: 'sessionHistory',
    sk: sessionKey(conversationId, id),
    version: work.version,
    ...expiryFrom(work.policy, work.nowMs),
    modSeq: work.modSeq,
    id,
    conversationId,
    data,
  };
  const faulty = tooLarge(elementOf(session));
  if (faulty) return faulty;
  work.put(session, 'sessionHistory');
  return applied;
}

export function modifySession(work: UnitOfWork, operation: OperationOf<'modify sessionHistory'>): Outcome {
  const found = findSession(work, operation);
  if ('outcome' in found) return found.outcome;
  const { session } = found;
  const patch = patched(session, work.modSeq, operation.data, sessionDataSchema);
  if ('outcome' in patch) return patch.outcome;
  work.put(patch.item, 'sessionHistory');
  return applied;
}

/** The messages of the session count as gone from here on; they are cleared away afterwards. */
export function deleteSession(work: UnitOfWork, operation: OperationOf<'delete sessionHistory'>): Outcome {
  const found = findSession(work, operation);
  if ('outcome' in found) return found.outcome.status === 'gone' ? unchanged : found.outcome;
  const { session, conversation } = found;
  const pendingPurges = conversation.pendingPurges ?? [];
  if (pendingPurges.length >= EMPTYING_MAX) return deferred;
  work.deleteElement(session);
  work.put({
    ...conversation,
    pendingPurges: [...pendingPurges, { id: session.id, modSeq: work.modSeq, index: indexOf(work.version) }],
  });
  return applied;
}

function findSession(
  work: UnitOfWork,
  { conversationId, id, ifModSeq }: OperationOf<'delete sessionHistory' | 'modify sessionHistory'>,
): { session: StoredSession; conversation: StoredConversation } | { outcome: Outcome } {
  const conversation = work.conversation(conversationId);
  if (conversation === undefined) return { outcome: parentNotFound };
  if (conversation === 'gone') return { outcome: gone };
  const session = work.session(conversation, id);
  if (session === undefined) return { outcome: notFound };
  if (session === 'gone') return { outcome: gone };
  if (ifModSeq !== undefined && ifModSeq !== work.modSeqBefore(session.sk, 'sessionHistory')) {
    return { outcome: conflict(elementOf(session)) };
  }
  return { session, conversation };
}
