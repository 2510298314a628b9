import type { StoredItem } from '../../../core/model/items.js';
import type { ChangeRow, Commit } from '../../../core/model/log-entry.js';
import { DEFAULT_POLICY } from '../../../protocol/policy.js';
import { BOX } from '../builders.js';
import type { Device } from './device.js';
import { nameOf } from './elements.js';
import type { Purging } from './purging.js';
import { type Call, type Stage, Violation } from './stage.js';

const RECEIPTS = 'R#';
const AT_ONCE = 3;

/** What is noticed as it is written: each commit goes into the ledger, and to the purger as the stream brings it there. */
export class Commits {
  private readonly lived = new Set<string>(); // conversation histories
  private messages = 0; // that the head counts

  constructor(
    private readonly stage: Stage,
    private readonly purging: Purging,
    private readonly devices: readonly Device[],
  ) {
    stage.store.onWritten = (box, put) => {
      if (box === BOX) stage.insist(() => this.written(put));
    };
  }

  /** A backup of the box begins another timeline; containers that were deleted before it are ordered to be emptied anew. */
  async restored(modSeq: number, lives = this.stage.ledger.livesNow()): Promise<void> {
    const { stage, purging } = this;
    this.messages = Number.POSITIVE_INFINITY; // whatever its policy says by now
    for (const item of stage.truth) this.noteItem(item);
    for (const [name, version] of stage.removed) if (version > modSeq) stage.removed.delete(name);
    stage.placements.restore(modSeq);
    const commits = stage.ledger.restore(modSeq, lives);
    if (stage.ledger.modSeq !== modSeq) throw new Violation('the ledger does not follow the box');
    for (const commit of commits) await purging.order(commit);
  }

  private written(put: readonly StoredItem[]): void {
    const { stage, purging } = this;
    for (const item of put) {
      if (item.kind === 'receipt' && item.lastN === 0)
        stage.ledger.began(item.sk.slice(RECEIPTS.length), item.instanceId);
      if (item.kind === 'commit') {
        stage.ledger.committed(item);
        stage.note(() => `    commit ${item.modSeq}: ${item.rows.map(describeRow).join(', ')}`);
        this.noteHappened(item, put);
        stage.begin('stream', () => purging.order(item));
      }
    }
    for (const item of put) this.noteItem(item);
  }

  private noteItem(item: StoredItem): void {
    const { stage } = this;
    if (item.kind === 'head') this.checkQuota(item);
    if (item.kind === 'conversationHistory')
      stage.placements.note(item.id, { modSeq: item.version, folderId: item.data.folderId });
    if (item.kind !== 'message' && item.kind !== 'sessionHistory') return;
    const { kind, id, conversationId, expiresAtMs = Number.POSITIVE_INFINITY } = item;
    stage.expiries.set(nameOf(kind, id, conversationId), expiresAtMs);
    if (kind === 'message') stage.expiries.set(nameOf('messageState', id, conversationId), expiresAtMs);
  }

  /** Protocol, section 5: a box takes no more messages than its policy says. */
  private checkQuota({ counts, policyId = DEFAULT_POLICY }: Extract<StoredItem, { kind: 'head' }>): void {
    const { stage } = this;
    const { maxMessages = Number.POSITIVE_INFINITY } = stage.registry.policyNow(policyId);
    if (counts.message > this.messages && counts.message > maxMessages && stage.policiesUnderWay === 0)
      throw new Violation(`the box has ${counts.message} messages, and may have ${maxMessages}`);
    this.messages = counts.message;
  }

  private noteHappened({ rows, origin }: Commit, put: readonly StoredItem[]): void {
    const { stage, lived } = this;
    const by = origin.by === 'device' ? origin.deviceId : origin.by;
    const others = [...stage.calls].filter((call) => call.by !== by && call.operations.length > 0);
    if (new Set([by, ...others.map((call) => call.by)]).size >= AT_ONCE) stage.hit('three write at once');
    const filling = this.devices.filter(({ model }) => model.isFilling);
    for (const row of rows) {
      if (row.type === 'folder' && !row.removed && isMoved(row, put)) stage.hit('folder moved');
      if (row.type === 'folder' && row.removed) stage.hit('folder deleted');
      if (row.folderBefore !== undefined) stage.hit('conversation history moved');
      if (row.created) {
        if (lived.has(row.id)) stage.hit('conversation history begun anew');
        lived.add(row.id);
      }
      if (!row.removed || row.type === 'message') continue;
      if (others.some(writesInto(row))) stage.hit('container deleted while being written to');
      if (filling.length > 0) stage.hit('container deleted while being backfilled');
    }
  }
}

const describeRow = ({ removed, type, conversationId, id }: ChangeRow): string =>
  `${removed ?? 'put'} ${type} ${conversationId ?? ''}/${id}`;

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
