import { type Change, ELEMENT_TYPES, type Element, isRemoval } from '../../protocol/elements/element.js';

/** What a response may hold. Units: elements, bytes of their JSON. */
export interface Budget {
  readonly elements: number;
  readonly bytes: number;
}

interface Named {
  readonly type: string;
  readonly id: string;
  readonly conversationId?: string;
}

const DELIMITER = '\u0000'; // no id holds a control character

/** One name for each element of a box: ids are unique within type and conversation alone. */
export const elementKey = ({ type, id, conversationId = '' }: Named): string =>
  type + DELIMITER + conversationId + DELIMITER + id;

/** A message and its state count as one element of a response, and so does a state without its message. */
export const unitOf = ({ type, id, conversationId = '' }: Named): string =>
  elementKey({ type: type === 'messageState' ? 'message' : type, id, conversationId });

/** In the order in which changes are to be applied: elements by type, folders with parents first, then removals. */
export function inOrder(changes: readonly Change[]): Change[] {
  const elements = changes.filter((change): change is Element => !isRemoval(change));
  return [
    ...parentsFirst(elements.filter((element) => element.type === 'folder')),
    ...ELEMENT_TYPES.slice(1).flatMap((type) => elements.filter((element) => element.type === type)),
    ...changes.filter(isRemoval),
  ];
}

function parentsFirst<F extends { id: string; parentFolderId: string | null }>(folders: readonly F[]): F[] {
  const byId = new Map<string, F>(folders.map((folder) => [folder.id, folder]));
  const ordered = new Set<F>();
  const place = (folder: F | undefined): void => {
    if (!folder || ordered.has(folder)) return;
    byId.delete(folder.id); // no folder is placed from itself, even if a cycle were stored
    if (folder.parentFolderId !== null) place(byId.get(folder.parentFolderId));
    ordered.add(folder);
  };
  for (const folder of folders) place(folder);
  return [...ordered];
}
