import type { ConversationSeed } from '../../../protocol/elements/conversation-history.js';
import { conversationDataSchema } from '../../../protocol/elements/conversation-history.js';
import { type ConversationId, type FolderId, folderIdSchema, type ModSeq } from '../../../protocol/ids.js';
import { DEFAULT_FOLDER } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf } from '../../model/element.js';
import type { StoredConversation } from '../../model/items.js';
import { conversationKey } from '../../model/keys.js';
import {
  applied,
  conflict,
  exists,
  gone,
  notFound,
  type Outcome,
  parentNotFound,
  unchanged,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { patched, tooLarge } from './patched.js';

export const defaultFolder = folderIdSchema.parse(DEFAULT_FOLDER);

/** A conversation history that the commit creates; under the id of a deleted one it is another, later one. */
export function newConversation(
  work: UnitOfWork,
  id: ConversationId,
  { folderId, ...seed }: ConversationSeed & { folderId: FolderId },
): StoredConversation {
  work.deleteContents(id);
  const data = { ...seed, folderId, createdModSeq: work.modSeq as ModSeq };
  return {
    kind: 'conversationHistory',
    sk: conversationKey(id),
    version: work.version,
    modSeq: work.modSeq,
    id,
    data,
  };
}

export function createConversation(
  work: UnitOfWork,
  operation: OperationOf<'create conversationHistory'>,
): Outcome {
  const found = work.conversation(operation.id);
  if (found !== undefined && found !== 'gone') return exists(elementOf(found));
  const outcome = folderOutcome(work, operation.data.folderId);
  if (outcome) return outcome;
  const conversation = newConversation(work, operation.id, operation.data);
  const faulty = tooLarge(elementOf(conversation));
  if (faulty) return faulty;
  work.put(conversation, 'conversationHistory');
  return applied;
}

export function modifyConversation(
  work: UnitOfWork,
  operation: OperationOf<'modify conversationHistory'>,
): Outcome {
  const found = work.conversation(operation.id);
  if (found === undefined) return notFound;
  if (found === 'gone') return gone;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== work.modSeqBefore(found.sk, 'conversationHistory')
  ) {
    return conflict(elementOf(found));
  }
  const patch = patched(found, work.modSeq, operation.data, conversationDataSchema);
  if ('outcome' in patch) return patch.outcome;
  const outcome = folderOutcome(work, patch.item.data.folderId);
  if (outcome) return outcome;
  work.put(patch.item, 'conversationHistory');
  return applied;
}

/** Its contents count as gone from here on; they are cleared away afterwards. */
export function deleteConversation(
  work: UnitOfWork,
  operation: OperationOf<'delete conversationHistory'>,
): Outcome {
  const found = work.conversation(operation.id);
  if (found === undefined) return notFound;
  if (found === 'gone') return unchanged;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== work.modSeqBefore(found.sk, 'conversationHistory')
  ) {
    return conflict(elementOf(found));
  }
  work.deleteElement(found);
  return applied;
}

/** What stands against a conversation history in this folder; undefined: nothing. */
function folderOutcome(work: UnitOfWork, folderId: FolderId): Outcome | undefined {
  const folder = work.folder(folderId);
  if (folder === 'gone') return gone;
  return folder === undefined ? parentNotFound : undefined;
}
