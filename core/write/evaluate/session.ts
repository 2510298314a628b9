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
  type Evaluation,
  exists,
  gone,
  isOutcome,
  notFound,
  type Outcome,
  ofDeletion,
  parentNotFound,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { patched, tooLarge } from './patched.js';

const PENDING_PURGES_MAX = 20; // of one conversation history, whose item names them

export async function createSession(
  work: UnitOfWork,
  operation: OperationOf<'create sessionHistory'>,
): Promise<Outcome> {
  const { id, conversationId, data } = operation;
  const conversation = await work.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const found = await work.session(conversation, id);
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

export async function modifySession(
  work: UnitOfWork,
  operation: OperationOf<'modify sessionHistory'>,
): Promise<Outcome> {
  const found = await findSession(work, operation);
  if (isOutcome(found)) return found;
  const next = patched(found.session, work.modSeq, operation.data, sessionDataSchema);
  if (isOutcome(next)) return next;
  work.put(next, 'sessionHistory');
  return applied;
}

/** Deletes a session history. Its messages are gone from this commit on; a purge removes them later. */
export async function deleteSession(
  work: UnitOfWork,
  operation: OperationOf<'delete sessionHistory'>,
): Promise<Evaluation> {
  const found = await findSession(work, operation);
  if (isOutcome(found)) return ofDeletion(found);
  const { session, conversation } = found;
  const pendingPurges = conversation.pendingPurges ?? [];
  if (pendingPurges.length >= PENDING_PURGES_MAX) return 'deferred';
  work.deleteElement(session);
  work.put({
    ...conversation,
    pendingPurges: [...pendingPurges, { id: session.id, modSeq: work.modSeq, index: indexOf(work.version) }],
  });
  return applied;
}

/** The live session history that an operation changes, if it has the `ifModSeq` of the operation. */
async function findSession(
  work: UnitOfWork,
  { conversationId, id, ifModSeq }: OperationOf<'delete sessionHistory' | 'modify sessionHistory'>,
): Promise<{ session: StoredSession; conversation: StoredConversation } | Outcome> {
  const conversation = await work.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const session = await work.session(conversation, id);
  if (session === undefined) return notFound;
  if (session === 'gone') return gone;
  return work.isAsExpected(session.sk, 'sessionHistory', ifModSeq)
    ? { session, conversation }
    : conflict(elementOf(session));
}
