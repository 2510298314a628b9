import type { ConversationSeed } from '../../../protocol/elements/conversation-history.js';
import { conversationDataSchema } from '../../../protocol/elements/conversation-history.js';
import { type ConversationId, type FolderId, folderIdSchema, type ModSeq } from '../../../protocol/ids.js';
import { DEFAULT_FOLDER } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf } from '../../model/element.js';
import type { StoredConversation } from '../../model/items.js';
import { conversationKey } from '../../model/keys.js';
import type { Draft } from '../draft.js';
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
import { patched, tooLarge } from './patched.js';

export const defaultFolder = folderIdSchema.parse(DEFAULT_FOLDER);

/** A conversation history that the commit creates; under the id of a deleted one it is another, later one. */
export function newConversation(
  draft: Draft,
  id: ConversationId,
  { folderId, ...seed }: ConversationSeed & { folderId: FolderId },
): StoredConversation {
  draft.buryContents(id);
  const data = { ...seed, folderId, createdModSeq: draft.modSeq as ModSeq };
  return {
    kind: 'conversationHistory',
    sk: conversationKey(id),
    version: draft.version,
    modSeq: draft.modSeq,
    id,
    data,
  };
}

export function createConversation(
  draft: Draft,
  operation: OperationOf<'create conversationHistory'>,
): Outcome {
  const found = draft.conversation(operation.id);
  if (found !== undefined && found !== 'gone') return exists(elementOf(found));
  const outcome = folderOutcome(draft, operation.data.folderId);
  if (outcome) return outcome;
  const conversation = newConversation(draft, operation.id, operation.data);
  const faulty = tooLarge(elementOf(conversation));
  if (faulty) return faulty;
  draft.stage(conversation, 'conversationHistory');
  return applied;
}

export function modifyConversation(
  draft: Draft,
  operation: OperationOf<'modify conversationHistory'>,
): Outcome {
  const found = draft.conversation(operation.id);
  if (found === undefined) return notFound;
  if (found === 'gone') return gone;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== draft.modSeqBefore(found.sk, 'conversationHistory')
  ) {
    return conflict(elementOf(found));
  }
  const patch = patched(found, draft.modSeq, operation.data, conversationDataSchema);
  if ('outcome' in patch) return patch.outcome;
  const outcome = folderOutcome(draft, patch.item.data.folderId);
  if (outcome) return outcome;
  draft.stage(patch.item, 'conversationHistory');
  return applied;
}

/** Its contents count as gone from here on; they are cleared away afterwards. */
export function deleteConversation(
  draft: Draft,
  operation: OperationOf<'delete conversationHistory'>,
): Outcome {
  const found = draft.conversation(operation.id);
  if (found === undefined) return notFound;
  if (found === 'gone') return unchanged;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== draft.modSeqBefore(found.sk, 'conversationHistory')
  ) {
    return conflict(elementOf(found));
  }
  draft.bury(found);
  return applied;
}

/** What stands against a conversation history in this folder; undefined: nothing. */
function folderOutcome(draft: Draft, folderId: FolderId): Outcome | undefined {
  const folder = draft.folder(folderId);
  if (folder === 'gone') return gone;
  return folder === undefined ? parentNotFound : undefined;
}
