import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import { SETTLE_SECONDS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { DeletedContainer } from '../ports/purge-queue.js';

/**
 * Schedules the purge of the containers that a commit has deleted, or created again. A purge that is scheduled twice is
 * harmless.
 * @throws Error when the queue did not take all of them: the stream retries its record.
 */
export async function schedulePurge(core: Core, box: BoxId, { index, modSeq, rows }: Commit): Promise<void> {
  // An expired session history needs no purge: its messages always expire before it.
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
