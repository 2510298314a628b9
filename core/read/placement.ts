import type { ConversationId, FolderId } from '../../protocol/ids.js';
import type { ChangeRow } from '../model/log-entry.js';

/** The conversation history that a row is about; undefined for folders. */
export const conversationOf = ({ type, id, conversationId }: ChangeRow): ConversationId | undefined =>
  type === 'conversationHistory' ? (id as string as ConversationId) : conversationId;

/** The folders that a conversation history was in during some rows of the log, and its folder after them. */
export interface Placement {
  readonly folderId: FolderId | undefined; // after the rows; undefined: the conversation history no longer exists
  readonly isCreated: boolean; // its life began in these rows, so they contain everything that it held
  readonly hasEnded: boolean; // a life of it ended in these rows
  readonly visited: readonly FolderId[]; // all its folders; a backfill ahead of the log may have sent it in any of them
}

/** The placement with one more row. */
export function placementAfter(earlier: Placement | undefined, row: ChangeRow): Placement {
  const { folderId, previousFolderId, created = false } = row;
  const isGone = row.type === 'conversationHistory' && row.removed !== undefined;
  return {
    folderId: isGone ? undefined : folderId,
    isCreated: created || (earlier?.isCreated ?? false),
    hasEnded: isGone || (earlier?.hasEnded ?? false),
    visited: withFolders(earlier?.visited ?? [], [previousFolderId, folderId]),
  };
}

/** Returns the same list if it has all of them, as for most rows. */
function withFolders(
  visited: readonly FolderId[],
  more: readonly (FolderId | undefined)[],
): readonly FolderId[] {
  const fresh = more.filter((folder) => folder !== undefined && !visited.includes(folder)) as FolderId[];
  return fresh.length > 0 ? [...visited, ...fresh] : visited;
}
