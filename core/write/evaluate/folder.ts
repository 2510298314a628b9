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
  deferred,
  exists,
  forbidden,
  gone,
  invalid,
  notFound,
  type Outcome,
  parentNotFound,
  quotaExceeded,
  unchanged,
} from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';

const BUILT_IN = new Set<string>([DEFAULT_FOLDER, USER_ROOT_FOLDER]);
const EMPTYING_MAX = 20; // the head names them, and is written with every commit

export function createFolder(work: UnitOfWork, { id, data: given }: OperationOf<'create folder'>): Outcome {
  const found = work.folder(id);
  if (found === 'gone') return gone;
  if (found) return exists(elementOf(found));
  const data: FolderData = { ...given, name: keptName(given.name) };
  const against = againstPlace(work, data.parentFolderId, id, 1) ?? againstName(work, data, id);
  if (against) return against;
  if (countAfter(work, 'folder') - BUILT_IN.size >= USER_FOLDERS_MAX) return quotaExceeded;
  const { modSeq } = work;
  work.put(
    { kind: 'folder', sk: folderKey(id), version: work.version, modSeq, id, data, subFolders: 0 },
    'folder',
    { implied: data.name !== given.name },
  );
  work.setName(folderNameKey(data.parentFolderId, data.name), id);
  countSubFolder(work, data.parentFolderId, 1);
  return applied;
}

export function modifyFolder(work: UnitOfWork, operation: OperationOf<'modify folder'>): Outcome {
  const found = findFolder(work, operation);
  if ('outcome' in found) return found.outcome;
  const { folder } = found;
  const { name = folder.data.name } = operation.data;
  const data: FolderData = {
    name: keptName(name),
    // Null is a place: the top of the box.
    parentFolderId:
      operation.data.parentFolderId === undefined
        ? folder.data.parentFolderId
        : operation.data.parentFolderId,
  };
  if (isSameJson(data, folder.data)) return unchanged;
  const from = folder.data.parentFolderId;
  const isMoved = data.parentFolderId !== from;
  const against =
    (isMoved ? againstPlace(work, data.parentFolderId, folder.id, work.heightOf(folder)) : undefined) ??
    againstName(work, data, folder.id);
  if (against) return against;
  work.setName(folderNameKey(from, folder.data.name), undefined);
  work.setName(folderNameKey(data.parentFolderId, data.name), folder.id);
  work.put({ ...folder, modSeq: work.modSeq, data }, 'folder', { implied: data.name !== name });
  if (isMoved) {
    countSubFolder(work, from, -1);
    countSubFolder(work, data.parentFolderId, 1);
  }
  return applied;
}

/** A name as it compares, and as it is kept: whoever gave it otherwise is told, as of an implied change. */
const keptName = (name: string): string => name.normalize('NFC');

/** The conversation histories in it count as gone from here on; they are cleared away afterwards. */
export function deleteFolder(work: UnitOfWork, operation: OperationOf<'delete folder'>): Outcome {
  const found = findFolder(work, operation);
  if ('outcome' in found) return found.outcome.status === 'gone' ? unchanged : found.outcome;
  const { folder } = found;
  if (folder.subFolders > 0) return forbidden;
  if (work.pendingPurges.length >= EMPTYING_MAX) return deferred;
  work.setName(folderNameKey(folder.data.parentFolderId, folder.data.name), undefined);
  work.deleteElement(folder);
  countSubFolder(work, folder.data.parentFolderId, -1);
  return applied;
}

function findFolder(
  work: UnitOfWork,
  { id, ifModSeq }: { id: FolderId; ifModSeq?: number | undefined },
): { folder: StoredFolder } | { outcome: Outcome } {
  if (BUILT_IN.has(id)) return { outcome: forbidden };
  const folder = work.folder(id);
  if (folder === undefined) return { outcome: notFound };
  if (folder === 'gone') return { outcome: gone };
  if (ifModSeq !== undefined && ifModSeq !== work.modSeqBefore(folder.sk, 'folder')) {
    return { outcome: conflict(elementOf(folder)) };
  }
  return { folder };
}

/** What stands against a folder of some height below this parent: that it is not there, or a cycle, or the depth. */
function againstPlace(
  work: UnitOfWork,
  parentId: FolderId | null,
  id: FolderId,
  height: number,
): Outcome | undefined {
  let depth = height;
  for (let ancestorId = parentId; ancestorId !== null; ) {
    if (ancestorId === id) return misplaced('would put the folder into itself');
    const ancestor = work.folder(ancestorId);
    if (ancestor === undefined) return parentNotFound;
    if (ancestor === 'gone') return gone;
    if (!BUILT_IN.has(ancestorId)) depth++;
    if (depth > FOLDER_DEPTH_MAX) return misplaced(`would nest folders more than ${FOLDER_DEPTH_MAX} deep`);
    ancestorId = ancestor.data.parentFolderId;
  }
  return undefined;
}

const misplaced = (detail: string) => invalid({ pointer: '/data/parentFolderId', detail });

function againstName(
  work: UnitOfWork,
  { name, parentFolderId }: FolderData,
  id: FolderId,
): Outcome | undefined {
  const holder = work.holderOfName(folderNameKey(parentFolderId, name));
  if (holder === undefined || holder === id) return undefined;
  const folder = work.folder(holder);
  return folder === undefined || folder === 'gone' ? undefined : exists(elementOf(folder));
}

function countSubFolder(work: UnitOfWork, parentId: FolderId | null, by: 1 | -1): void {
  const parent = parentId === null ? undefined : work.folder(parentId);
  if (parent === undefined || parent === 'gone') return;
  work.put({ ...parent, subFolders: parent.subFolders + by });
}
