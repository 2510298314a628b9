import type { ElementType } from '../../protocol/elements/element.js';
import type { SyncRequestFrame } from '../../protocol/frames.js';
import type { ConversationId, ModSeq } from '../../protocol/ids.js';
import { SYNC_REQUEST_CONVERSATIONS_MAX } from '../../protocol/limits.js';
import type { Commit } from '../model/log-entry.js';
import { conversationOf } from '../read/placement.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import { type SyncScope, syncScopeOf } from '../scope/sync-scope.js';
import { concernsScope, isOwnCommit } from './decide.js';

/**
 * Counts the content of a synchronization request: all changes since the device synchronized by type, and up to ten
 * conversations. Commits are added in order, one by one, so that they need not be kept in memory.
 */
export class ChangeCounter {
  private readonly scope: SyncScope;
  private readonly counts: Partial<Record<ElementType, number>> = {};
  private readonly conversations = new Set<ConversationId>();
  private last: number | undefined;
  private firstUnannouncedAtMs: number | undefined;
  commits = 0;
  changes = 0;

  constructor(
    private readonly device: ScopedDevice,
    private readonly nowMs: number,
  ) {
    this.scope = syncScopeOf(device.effective);
  }

  /** Counts one commit; it must be later than those before. */
  add(commit: Commit): void {
    const { announcedModSeq = 0, syncedModSeq } = this.device;
    this.last = commit.modSeq;
    this.commits++;
    if (commit.modSeq <= syncedModSeq || isOwnCommit(commit, this.device)) return;
    const rows = commit.rows.filter((row) => concernsScope(this.scope, row, this.nowMs));
    if (rows.length > 0 && commit.modSeq > announcedModSeq) this.firstUnannouncedAtMs ??= commit.atMs;
    for (const row of rows) {
      this.changes++;
      this.counts[row.type] = (this.counts[row.type] ?? 0) + 1;
      const conversation = conversationOf(row);
      if (conversation !== undefined && this.conversations.size < SYNC_REQUEST_CONVERSATIONS_MAX) {
        this.conversations.add(conversation);
      }
    }
  }

  /** The request; undefined where all counted changes were announced on this connection. */
  get frame(): SyncRequestFrame | undefined {
    if (this.last === undefined || this.firstUnannouncedAtMs === undefined) return undefined;
    return {
      type: 'syncRequest',
      modSeq: this.last as ModSeq,
      changes: this.counts,
      conversations: [...this.conversations],
    };
  }

  /** How long the oldest change that is now announced has waited while the device was connected, its push window included. */
  waitedMs(untilMs: number): number {
    const sinceMs = Math.max(this.firstUnannouncedAtMs ?? untilMs, this.device.connectedAtMs ?? 0);
    return Math.max(0, untilMs - sinceMs);
  }
}
