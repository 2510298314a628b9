import { deviceIdOf, isRegistryKey } from '../../../core/model/keys.js';
import type { ChangeRow, LogEntry } from '../../../core/model/log-entry.js';
import type { StoredItem } from '../../../core/model/stored-item.js';
import { DEFAULT_POLICY } from '../../../protocol/policy.js';
import { BOX } from '../builders.js';
import type { Device } from './device.js';
import { nameOf } from './elements.js';
import type { Purging } from './purging.js';
import type { Replay } from './replay.js';
import { type Call, type Stage, Violation } from './stage.js';
import type { Stream } from './stream.js';

const AT_ONCE = 3;

/** Observes each append: entries update the replay, commits update the ledger, and both reach the stream. */
export class Commits {
  private readonly lived = new Set<string>(); // conversation histories
  private messages = 0; // that the newest entry counts

  constructor(
    private readonly stage: Stage,
    private readonly purging: Purging,
    private readonly stream: Stream,
    private readonly devices: readonly Device[],
  ) {
    stage.store.witness = {
      appended: (box, entry) => {
        if (box === BOX) stage.insist(() => this.appended(entry));
      },
      replaced: (box, item) => {
        if (box === BOX && item.kind !== 'anchor') stage.replay.put(item);
      },
    };
  }

  /**
   * A restored box begins another timeline. Containers that were deleted before the backup are queued to be
   * purged again.
   */
  async restored(modSeq: number, replay: Replay, lives = this.stage.ledger.livesNow()): Promise<void> {
    const { stage, purging, stream } = this;
    this.messages = Number.POSITIVE_INFINITY; // so that the current limit of the policy does not matter
    stage.replay = replay.copy();
    stream.restored();
    for (const item of stage.truth) this.noteItem(item, 0);
    for (const [name, version] of stage.removed) if (version > modSeq) stage.removed.delete(name);
    stage.placements.restore(modSeq);
    const commits = stage.ledger.restore(modSeq, lives);
    if (stage.ledger.modSeq !== modSeq) throw new Violation('the ledger differs from the box');
    for (const commit of commits) await purging.order(commit);
  }

  private appended(entry: LogEntry): void {
    const { stage, purging, stream } = this;
    const before = stage.replay.head;
    stage.replay.append(entry);
    for (const { sk, content, state } of entry.effects) {
      if (content?.kind === 'device' && state && 'lastN' in state && state.lastN === 0)
        stage.ledger.began(deviceIdOf(sk), content.instanceId);
    }
    stream.appended(entry);
    this.checkQuota(entry);
    if (entry.rows.length === 0) {
      stage.note(
        () => `    entry ${entry.index - entry.firstIndex}: ${entry.effects.map(({ sk }) => sk).join(', ')}`,
      );
      if (before && entry.modSeq !== before.modSeq)
        throw new Error(`entry ${entry.index} has a number, and changes nothing`);
      return;
    }
    stage.ledger.committed(entry);
    stage.note(
      () =>
        `    commit ${entry.modSeq} (${entry.index - entry.firstIndex}): ${entry.rows.map(describeRow).join(', ')}`,
    );
    this.noteHappened(entry);
    for (const { sk } of entry.effects) {
      const item = stage.replay.get(sk);
      if (item && !isRegistryKey(sk)) this.noteItem(item, entry.modSeq);
    }
    stage.begin('stream', () => purging.order(entry));
  }

  /** @param modSeq of the commit that wrote it; 0: it existed before */
  private noteItem(item: StoredItem, modSeq: number): void {
    const { stage } = this;
    if (item.kind === 'conversationHistory')
      stage.placements.note(item.id, { modSeq: modSeq || item.modSeq, folderId: item.data.folderId });
    if (item.kind !== 'message' && item.kind !== 'sessionHistory') return;
    const { kind, id, conversationId, expiresAtMs = Number.POSITIVE_INFINITY } = item;
    stage.expiries.set(nameOf(kind, id, conversationId), expiresAtMs);
    if (kind === 'message') stage.expiries.set(nameOf('messageState', id, conversationId), expiresAtMs);
  }

  /**
   * Protocol, section 5: a box accepts only as many messages as its policy allows. A write that arrives late
   * was decided with earlier policies.
   */
  private checkQuota({ counts, atMs, policyId = DEFAULT_POLICY }: LogEntry): void {
    const { stage } = this;
    const isCertain = stage.policiesUnderWay === 0 && atMs >= stage.policiesKnownSinceMs;
    const { maxMessages = Number.POSITIVE_INFINITY } = stage.registry.policyNow(policyId);
    if (isCertain && counts.message > this.messages && counts.message > maxMessages)
      throw new Violation(`the box has ${counts.message} messages, and may have ${maxMessages}`);
    this.messages = counts.message;
  }

  private noteHappened({ rows, origin, effects }: LogEntry): void {
    const { stage, lived } = this;
    const by = origin.by === 'device' ? origin.deviceId : origin.by;
    const others = [...stage.calls].filter((call) => call.by !== by && call.operations.length > 0);
    if (new Set([by, ...others.map((call) => call.by)]).size >= AT_ONCE) stage.hit('three write at once');
    const filling = this.devices.filter(({ model }) => model.isFilling);
    for (const row of rows) {
      if (row.type === 'folder' && !row.removed && isMoved(row, effects)) stage.hit('folder moved');
      if (row.type === 'folder' && row.removed) stage.hit('folder deleted');
      if (row.previousFolderId !== undefined) stage.hit('conversation history moved');
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

/**
 * A folder that existed before and has another parent now. Its parents are written with it, because of their
 * contents.
 */
const isMoved = ({ id }: ChangeRow, effects: LogEntry['effects']): boolean =>
  effects.some(({ content }) => content?.kind === 'folder' && content.id !== id) &&
  effects.some(({ content }) => content?.kind === 'folder' && content.id === id);

/** Whether a call intends to write into a container. */
const writesInto =
  ({ type, id, conversationId }: ChangeRow) =>
  ({ operations }: Call): boolean =>
    operations.some((operation) => {
      if (type === 'conversationHistory') return operation.conversationId === id;
      if (type === 'folder') return operation.data?.folderId === id || operation.data?.parentFolderId === id;
      return operation.conversationId === conversationId && operation.data?.sessionId === id;
    });
