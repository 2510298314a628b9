import { type Change, ELEMENT_TYPES, type Element, isRemoval } from '../../protocol/elements/element.js';

/** The room of a response. Units: elements, bytes of their JSON. */
export interface Budget {
  readonly elements: number;
  readonly bytes: number;
}

interface Named {
  readonly type: string;
  readonly id: string;
  readonly conversationId?: string;
}

const DELIMITER = '\u0000'; // ids contain no control characters

/** The unique name of an element in its box. An id is unique only within its type and conversation history. */
export const elementKey = ({ type, id, conversationId = '' }: Named): string =>
  type + DELIMITER + conversationId + DELIMITER + id;

/** The unit by which `limit` counts: a message and its state are one unit, and so is a state without its message. */
export const unitOf = ({ type, id, conversationId = '' }: Named): string =>
  elementKey({ type: type === 'messageState' ? 'message' : type, id, conversationId });

/** Sorts changes as clients apply them: elements by type, folders with parents first, then removals. */
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
    byId.delete(folder.id); // ends the recursion even if the stored folders form a cycle
    if (folder.parentFolderId !== null) place(byId.get(folder.parentFolderId));
    ordered.add(folder);
  };
  for (const folder of folders) place(folder);
  return [...ordered];
}
