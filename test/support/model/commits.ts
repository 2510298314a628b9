import type { ChangeRow, Commit, StoredItem } from '../../../core/store/items.js';
import type { Device } from './device.js';
import type { Reaping } from './reaping.js';
import { type Call, type Stage, Violation } from './stage.js';

const RECEIPTS = 'R#';
const AT_ONCE = 3;

/** What is noticed as it is written: each commit goes into the ledger, and to the reaper as the stream brings it there. */
export function watchWrites(stage: Stage, reaping: Reaping, devices: readonly Device[]): void {
  const lived = new Set<string>(); // conversation histories
  stage.store.onWritten = (_, put) => {
    for (const item of put) {
      if (item.kind === 'receipt' && item.lastN === 0) stage.ledger.began(item.sk.slice(RECEIPTS.length));
      if (item.kind !== 'commit') continue;
      stage.ledger.committed(item);
      stage.note(() => `    commit ${item.modSeq}: ${item.rows.map(describeRow).join(', ')}`);
      noteHappened(stage, item, put, devices);
      for (const row of item.rows.filter(({ created }) => created)) {
        if (lived.has(row.id)) stage.hit('conversation history begun anew');
        lived.add(row.id);
      }
      stage.begin('stream', () => reaping.order(item));
    }
  };
}

const describeRow = ({ removed, type, conversationId, id }: ChangeRow): string =>
  `${removed ?? 'put'} ${type} ${conversationId ?? ''}/${id}`;

function noteHappened(
  stage: Stage,
  { rows, origin }: Commit,
  put: readonly StoredItem[],
  devices: readonly Device[],
): void {
  const by = origin.by === 'device' ? origin.deviceId : origin.by;
  const others = [...stage.calls].filter((call) => call.by !== by && call.operations.length > 0);
  if (new Set([by, ...others.map((call) => call.by)]).size >= AT_ONCE)
    stage.hit('two devices and the Participating Function at once');
  const isFilling = devices.some(({ model }) => model.isFilling);
  for (const row of rows) {
    if (row.type === 'folder' && !row.removed && isMoved(row, put)) stage.hit('folder moved');
    if (row.type === 'folder' && row.removed) stage.hit('folder deleted');
    if (!row.removed || row.type === 'message') continue;
    if (others.some(writesInto(row))) stage.hit('container deleted while being written to');
    if (isFilling) stage.hit('container deleted while being backfilled');
  }
}

/** A folder that was there before and has another parent now: its own item, and those of both parents, are written. */
const isMoved = ({ id }: ChangeRow, put: readonly StoredItem[]): boolean =>
  put.some((item) => item.kind === 'folder' && item.id !== id && item.modSeq < item.version) &&
  put.some((item) => item.kind === 'folder' && item.id === id);

/** Whether a call means to write into a container. */
const writesInto =
  ({ type, id, conversationId }: ChangeRow) =>
  ({ operations }: Call): boolean =>
    operations.some((operation) => {
      if (type === 'conversationHistory') return operation.conversationId === id;
      if (type === 'folder') return operation.data?.folderId === id || operation.data?.parentFolderId === id;
      return operation.conversationId === conversationId && operation.data?.sessionId === id;
    });

/** A backup of the box begins another timeline; containers that were deleted before it are ordered to be emptied anew. */
export async function replayStream(stage: Stage, reaping: Reaping, modSeq: number): Promise<void> {
  for (const commit of stage.ledger.restore(modSeq)) await reaping.order(commit);
  if (stage.ledger.modSeq !== modSeq) throw new Violation('the ledger does not follow the box');
}
