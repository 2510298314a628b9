import { sessionDataSchema } from '../../../protocol/elements/session-history.js';
import type { OperationOf } from '../../../protocol/operation.js';
import type { StoredSession } from '../../store/items.js';
import { sessionKey } from '../../store/keys.js';
import { elementOf } from '../../store/wire.js';
import type { Draft } from '../draft.js';
import { applied, conflict, exists, gone, notFound, type Outcome, parentNotFound } from '../outcome.js';
import { patched, tooLarge } from './patched.js';

export function createSession(draft: Draft, operation: OperationOf<'create sessionHistory'>): Outcome {
  const { id, conversationId, data } = operation;
  const conversation = draft.conversation(conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const sk = sessionKey(conversationId, id);
  const found = draft.content(conversation, sk, 'sessionHistory');
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(found));
  const session: StoredSession = {
    kind: 'sessionHistory',
    sk,
    version: draft.modSeq,
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
  const conversation = draft.conversation(operation.conversationId);
  if (conversation === undefined) return parentNotFound;
  if (conversation === 'gone') return gone;
  const found = draft.content(
    conversation,
    sessionKey(operation.conversationId, operation.id),
    'sessionHistory',
  );
  if (found === undefined) return notFound;
  if (found === 'gone') return gone;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== draft.modSeqBefore(found.sk, 'sessionHistory')
  ) {
    return conflict(elementOf(found));
  }
  const patch = patched(found.data, operation.data, sessionDataSchema);
  if ('outcome' in patch) return patch.outcome;
  draft.stage({ ...found, version: draft.modSeq, data: patch.data }, 'sessionHistory');
  return applied;
}
