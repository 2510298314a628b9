import type { FolderData } from '../../../protocol/elements/folder.js';
import type { FolderId } from '../../../protocol/ids.js';
import { isSameJson } from '../../../protocol/json.js';
import {
  DEFAULT_FOLDER,
  FOLDER_DEPTH_MAX,
  USER_FOLDERS_MAX,
  USER_ROOT_FOLDER,
} from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { elementOf } from '../../model/element.js';
import type { StoredFolder } from '../../model/items.js';
import { folderKey, folderNameKey } from '../../model/keys.js';
import { countAfter } from '../log-rows.js';
import {
  applied,
  conflict,
  type Evaluation,
  exists,
  forbidden,
  gone,
  invalid,
  isOutcome,
  notFound,
  type Outcome,
  ofDeletion,
  parentNotFound,
  quotaExceeded,
  unchanged,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';

const BUILT_IN = new Set<string>([DEFAULT_FOLDER, USER_ROOT_FOLDER]);
const PENDING_PURGES_MAX = 20; // of one box: every log entry names them

export async function createFolder(
  work: UnitOfWork,
  { id, data: given }: OperationOf<'create folder'>,
): Promise<Outcome> {
  const found = await work.folder(id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(found));
  const data: FolderData = { ...given, name: normalizedName(given.name) };
  const refusal =
    (await placeOutcome(work, data.parentFolderId, { id, height: 1 })) ?? (await nameOutcome(work, data, id));
  if (refusal) return refusal;
  if (countAfter(work, 'folder') - BUILT_IN.size >= USER_FOLDERS_MAX) return quotaExceeded;
  const { modSeq } = work;
  work.put(
    { kind: 'folder', sk: folderKey(id), version: work.version, modSeq, id, data, subFolders: 0 },
    'folder',
    { implied: data.name !== given.name },
  );
  await work.setName(folderNameKey(data.parentFolderId, data.name), id);
  await countSubFolder(work, data.parentFolderId, 1);
  return applied;
}

export async function modifyFolder(
  work: UnitOfWork,
  operation: OperationOf<'modify folder'>,
): Promise<Outcome> {
  const folder = await findFolder(work, operation);
  if (isOutcome(folder)) return folder;
  const { name = folder.data.name } = operation.data;
  const data: FolderData = {
    name: normalizedName(name),
    // Null is a value: it moves the folder to the top of the box.
    parentFolderId:
      operation.data.parentFolderId === undefined
        ? folder.data.parentFolderId
        : operation.data.parentFolderId,
  };
  if (isSameJson(data, folder.data)) return unchanged;
  const from = folder.data.parentFolderId;
  const isMoved = data.parentFolderId !== from;
  const refusal =
    (isMoved
      ? await placeOutcome(work, data.parentFolderId, { id: folder.id, height: await work.heightOf(folder) })
      : undefined) ?? (await nameOutcome(work, data, folder.id));
  if (refusal) return refusal;
  await work.setName(folderNameKey(from, folder.data.name), undefined);
  await work.setName(folderNameKey(data.parentFolderId, data.name), folder.id);
  work.put({ ...folder, modSeq: work.modSeq, data }, 'folder', { implied: data.name !== name });
  if (isMoved) {
    await countSubFolder(work, from, -1);
    await countSubFolder(work, data.parentFolderId, 1);
  }
  return applied;
}

/** A name as it is compared and stored. A client that sent another form gets the folder, as after an implied change. */
const normalizedName = (name: string): string => name.normalize('NFC');

/** Deletes a folder. Its conversation histories are gone from this commit on; a purge removes them later. */
export async function deleteFolder(
  work: UnitOfWork,
  operation: OperationOf<'delete folder'>,
): Promise<Evaluation> {
  const folder = await findFolder(work, operation);
  if (isOutcome(folder)) return ofDeletion(folder);
  if (folder.subFolders > 0) return forbidden;
  if (work.pendingPurges.length >= PENDING_PURGES_MAX) return 'deferred';
  await work.setName(folderNameKey(folder.data.parentFolderId, folder.data.name), undefined);
  work.deleteElement(folder);
  await countSubFolder(work, folder.data.parentFolderId, -1);
  return applied;
}

/** The live folder that an operation changes, if it has the `ifModSeq` of the operation. */
async function findFolder(
  work: UnitOfWork,
  { id, ifModSeq }: { id: FolderId; ifModSeq?: number | undefined },
): Promise<StoredFolder | Outcome> {
  if (BUILT_IN.has(id)) return forbidden;
  const folder = await work.folder(id);
  if (folder === undefined) return notFound;
  if (folder === 'gone') return gone;
  return work.isAsExpected(folder.sk, 'folder', ifModSeq) ? folder : conflict(elementOf(folder));
}

/** The outcome where a parent cannot take a folder: it does not exist, or there would be a cycle or too many levels. */
async function placeOutcome(
  work: UnitOfWork,
  parentId: FolderId | null,
  { id, height }: { readonly id: FolderId; readonly height: number },
): Promise<Outcome | undefined> {
  let depth = height;
  for (let ancestorId = parentId; ancestorId !== null; ) {
    if (ancestorId === id) return misplaced('would put the folder into itself');
    const ancestor = await work.folder(ancestorId);
    if (ancestor === undefined) return parentNotFound;
    if (ancestor === 'gone') return gone;
    if (!BUILT_IN.has(ancestorId)) depth++;
    if (depth > FOLDER_DEPTH_MAX) return misplaced(`would nest folders more than ${FOLDER_DEPTH_MAX} deep`);
    ancestorId = ancestor.data.parentFolderId;
  }
  return undefined;
}

const misplaced = (detail: string) => invalid({ pointer: '/data/parentFolderId', detail });

/** The outcome where a sibling has the name already. */
async function nameOutcome(
  work: UnitOfWork,
  { name, parentFolderId }: FolderData,
  id: FolderId,
): Promise<Outcome | undefined> {
  const siblingId = await work.folderWithName(folderNameKey(parentFolderId, name));
  if (siblingId === undefined || siblingId === id) return undefined;
  const folder = await work.folder(siblingId);
  return folder === undefined || folder === 'gone' ? undefined : exists(elementOf(folder));
}

async function countSubFolder(work: UnitOfWork, parentId: FolderId | null, by: 1 | -1): Promise<void> {
  const parent = parentId === null ? undefined : await work.folder(parentId);
  if (parent === undefined || parent === 'gone') return;
  work.put({ ...parent, subFolders: parent.subFolders + by });
}
