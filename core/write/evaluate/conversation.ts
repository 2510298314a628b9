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
  isOutcome,
  notFound,
  type Outcome,
  ofDeletion,
  parentNotFound,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { patched, tooLarge } from './patched.js';

export const defaultFolder = folderIdSchema.parse(DEFAULT_FOLDER);

/** A conversation history that the commit creates. Under the id of a deleted one it starts another life. */
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

export async function createConversation(
  work: UnitOfWork,
  operation: OperationOf<'create conversationHistory'>,
): Promise<Outcome> {
  const found = await work.conversation(operation.id);
  if (found !== undefined && found !== 'gone') return exists(elementOf(found));
  const outcome = await folderOutcome(work, operation.data.folderId);
  if (outcome) return outcome;
  const conversation = newConversation(work, operation.id, operation.data);
  const faulty = tooLarge(elementOf(conversation));
  if (faulty) return faulty;
  work.put(conversation, 'conversationHistory');
  return applied;
}

export async function modifyConversation(
  work: UnitOfWork,
  operation: OperationOf<'modify conversationHistory'>,
): Promise<Outcome> {
  const found = await findConversation(work, operation);
  if (isOutcome(found)) return found;
  const next = patched(found, work.modSeq, operation.data, conversationDataSchema);
  if (isOutcome(next)) return next;
  const outcome = await folderOutcome(work, next.data.folderId);
  if (outcome) return outcome;
  work.put(next, 'conversationHistory');
  return applied;
}

/** Deletes a conversation history. Its contents are gone from this commit on; a purge removes them later. */
export async function deleteConversation(
  work: UnitOfWork,
  operation: OperationOf<'delete conversationHistory'>,
): Promise<Outcome> {
  const found = await findConversation(work, operation);
  if (isOutcome(found)) return ofDeletion(found);
  work.deleteElement(found);
  return applied;
}

/** The live conversation history that an operation changes, if it has the `ifModSeq` of the operation. */
async function findConversation(
  work: UnitOfWork,
  { id, ifModSeq }: OperationOf<'delete conversationHistory' | 'modify conversationHistory'>,
): Promise<StoredConversation | Outcome> {
  const found = await work.conversation(id);
  if (found === undefined) return notFound;
  if (found === 'gone') return gone;
  return work.isAsExpected(found.sk, 'conversationHistory', ifModSeq) ? found : conflict(elementOf(found));
}

/** The outcome where a folder cannot take a conversation history; undefined where it can. */
async function folderOutcome(work: UnitOfWork, folderId: FolderId): Promise<Outcome | undefined> {
  const folder = await work.folder(folderId);
  if (folder === 'gone') return gone;
  return folder === undefined ? parentNotFound : undefined;
}
