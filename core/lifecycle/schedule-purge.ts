import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { DeletedContainer } from '../ports/purge-queue.js';

/** Longer than a reader takes that may have seen contents of the container before it was deleted. */
export const SETTLE_SECONDS = 90;

/**
 * Orders the containers to be emptied that a commit has deleted, or begun anew. Doubled, it does no harm.
 * @throws Error when the queue did not take all of them: the record of the stream is to be retried.
 */
export async function schedulePurge(core: Core, box: BoxId, { index, modSeq, rows }: Commit): Promise<void> {
  // What a session history held that has expired has expired before it.
  const containers = rows.flatMap((row) =>
    row.removed === 'deleted' || row.previousLifeFolderId !== undefined ? (containerOf(row) ?? []) : [],
  );
  if (containers.length === 0) return;
  await core.purgeQueue.send(
    containers.map((container) => ({ box, container, index, modSeq })),
    SETTLE_SECONDS,
  );
}

function containerOf({ type, id, conversationId }: ChangeRow): DeletedContainer | undefined {
  if (type === 'folder') return { type, id: id as FolderId };
  if (type === 'conversationHistory') return { type, id: id as ConversationId };
  if (type === 'sessionHistory' && conversationId !== undefined) {
    return { type, id: id as SessionId, conversationId };
  }
  return undefined;
}
