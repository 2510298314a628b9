import { withEffects } from '../log/overflow.js';
import { findProjected, type ProjectedUpTo } from '../log/projection.js';
import { entriesAfter, type Tail, withEntry } from '../log/tail.js';
import { beingErased } from '../model/being-erased.js';
import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import { backOff } from '../ports/back-off.js';
import type { Core } from '../ports/core.js';
import { AGAIN } from '../ports/retry.js';
import { policyOf } from '../scope/policy-cache.js';
import { append, rethrowAfterCommit } from './append.js';
import type { CommitPlan, Committed } from './commit-plan.js';
import { type CommitSnapshot, isPurgeEntry } from './commit-snapshot.js';
import { ItemReader } from './item-reader.js';
import { countsAfter, effectsOf, rowsOf } from './log-rows.js';
import { nextEntry } from './next-entry.js';
import { UnitOfWork } from './unit-of-work.js';

/** The pause after a lost attempt grows up to that of this attempt. */
const LONGEST_PAUSE_ATTEMPT = 1;
/** With more unapplied entries, a writer pauses before it looks again: the projector is not faster either. */
const BURST_ENTRIES = 8;
/** The pause between two looks. Unit: ms. */
const LOOKS_AFTER_MS = 250;

/** Attempts to commit a plan on one snapshot of a box, which each attempt brings up to date. */
export class CommitAttempts<T> {
  private tail: Tail;
  private looking: Promise<ProjectedUpTo> | undefined;
  private readonly reader: ItemReader;
  private readonly behind: LogEntry[];

  constructor(
    private readonly core: Core,
    private readonly box: BoxId,
    private readonly plan: CommitPlan<T>,
    private readonly snapshot: CommitSnapshot,
  ) {
    this.tail = snapshot.tail;
    this.behind = [...snapshot.behind];
    this.reader = new ItemReader(core, box, snapshot.view, snapshot.read);
  }

  /** Whether another writer has started a timeline since the snapshot was read: the table was restored. */
  get hasOutdatedSnapshot(): boolean {
    return this.tail.head.timeline > this.snapshot.tail.head.timeline;
  }

  /** Decides and appends once. `AGAIN`: another writer was faster, and its entry is taken into account from now on. */
  async attempt(attempt: number): Promise<Committed<T> | typeof AGAIN> {
    const { core, box, snapshot, reader } = this;
    const { head } = this.tail;
    if (head.erasing) throw beingErased();
    const policy = await policyOf(core, head.policyId);
    const work = new UnitOfWork(head, reader, core.clock.now(), policy);
    const { answer, origin, aside = [], ...decision } = await this.plan.decide({ work });
    const rows = await rowsOf(work);
    const effects = [...effectsOf(work), ...(decision.effects ?? [])];
    if (effects.length === 0 && rows.length === 0 && !decision.box) {
      if (await this.hasTakenInNewer()) return AGAIN;
      return { answer, tail: this.tail, behind: this.behind, ...(await this.projectedUpTo()) };
    }
    const counts = await countsAfter(head.counts, work);
    const { entry, overflow } = await nextEntry(core, box, work, {
      origin,
      rows,
      effects,
      counts,
      box: decision.box,
      keysAhead: reader.keysAhead(head),
      projected: snapshot.projected,
    });
    for (const item of [...overflow, ...aside]) await core.store.put(box, item, 'always');
    const [appended, looked] = await Promise.all([
      append(core, box, entry),
      this.projectedUpTo().catch(rethrowAfterCommit),
    ]);
    if (appended.nonce !== entry.nonce) {
      await this.takeInFaster(appended, attempt);
      return AGAIN;
    }
    core.observe('commit', { changes: rows.length, by: origin.by, attempt });
    const tail = withEntry(this.tail, entry);
    // After a restore the look says less than it seems to, since items may be from before the log.
    if (entry.timeline > snapshot.tail.head.timeline)
      return { answer, entry, tail, projected: entry.projected, left: looked.left };
    return { answer, entry, tail, behind: [...this.behind, entry], ...looked };
  }

  /** How far the entries before the next one are applied: found out once, while the next one is being appended. */
  private projectedUpTo(): Promise<ProjectedUpTo> {
    const { core, box } = this;
    const { projected, left, behind, lookedAtMs = 0 } = this.snapshot;
    const isKnown = left !== undefined || behind.length === 0;
    const hasLooked = behind.length > BURST_ENTRIES && core.clock.now() - lookedAtMs < LOOKS_AFTER_MS;
    if (isKnown || hasLooked) return Promise.resolve({ projected, left: left ?? [], atMs: lookedAtMs });
    this.looking ??= findProjected(core, box, projected, behind);
    return this.looking;
  }

  /**
   * Takes in entries that others have appended, where an item that was read is newer than the head. No put proves that a
   * decision without writes is of one moment, so such an item may have been read in part. After a restore there is no such
   * entry, and the decision holds.
   */
  private async hasTakenInNewer(): Promise<boolean> {
    const { core, box } = this;
    const { head } = this.tail;
    if (this.reader.keysAhead(head).length === 0) return false;
    const others = await entriesAfter(core, box, head.index);
    await this.takeIn(others);
    return others.length > 0;
  }

  /**
   * Takes in the entry that was appended first. The first time it is enough, since it came back with the answer. Later the
   * newest entries are read too: a writer that proceeds entry by entry while others commit never catches up.
   */
  private async takeInFaster(first: LogEntry, attempt: number): Promise<void> {
    const { core, box } = this;
    let others: readonly LogEntry[] = [first];
    if (attempt > 0) {
      await backOff(core.clock, Math.min(attempt, LONGEST_PAUSE_ATTEMPT));
      others = [first, ...(await entriesAfter(core, box, first.index))];
    }
    await this.takeIn(others);
  }

  private async takeIn(others: readonly LogEntry[]): Promise<void> {
    const { core, box } = this;
    for (const entry of await withEffects(core, box, others)) {
      this.tail = withEntry(this.tail, entry);
      this.snapshot.view.layOver(entry);
      this.behind.push(entry);
    }
    if (others.some(isPurgeEntry)) await this.reader.reread();
  }
}
