import { overflowOf, withEffects } from '../log/overflow.js';
import { type Looked, look, project } from '../log/projection.js';
import { appliedBefore, entriesAfter, type Tail, withEntry } from '../log/tail.js';
import type { BoxView } from '../log/view.js';
import { beingErased } from '../model/being-erased.js';
import { latestVersionOf } from '../model/effects.js';
import { newNonce } from '../model/ids.js';
import type { BoxId, FolderName, StoredItem } from '../model/items.js';
import { behindKey, endOf, entryKey, FOLDER_NAMES, isRegistryKey } from '../model/keys.js';
import type { BoxState, ChangeRow, Effect, Head, LogEntry, LogOverflow, Origin } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import { ENTRY_MS } from '../model/timing.js';
import { entryOf, TIMELINE_MAX, versionOf } from '../model/version.js';
import { backOff } from '../ports/back-off.js';
import { closeQuietly } from '../ports/close-quietly.js';
import type { Core } from '../ports/core.js';
import type { Projected } from '../ports/store.js';
import { policyOf } from '../scope/policy-cache.js';
import { type CommitSnapshot, isOfPurge, type Known, openSnapshot, readOf } from './commit-snapshot.js';
import { countsAfter, effectsOf, rowsOf } from './log-rows.js';
import { setTimer } from './quiet-timer.js';
import { UnitOfWork, Unread, UnreadFolders } from './unit-of-work.js';

const ATTEMPTS_MAX = 24;
/** A pause after a lost attempt is at most this. Unit: ms. */
const LONGEST_WAIT_AFTER = 1;
const SENDS_MAX = 3;
/** With more entries that are not applied yet, a writer pauses before it looks again. The projector is not faster either. */
const BURST_ENTRIES = 8;
/** The pause between two looks. Unit: ms. */
const LOOKS_AFTER_MS = 250;
const NAMES_PER_READING = 1000; // a box has some 500
const BUSY_RETRY_AFTER_SECONDS = 1;

/** What an attempt decides on. */
export interface PlanInput {
  readonly work: UnitOfWork;
}

/** What one attempt decided. Without anything to write no entry is made. */
export interface Decision<T> {
  readonly answer: T;
  readonly origin: Origin;
  /** Effects beside those of the work. */
  readonly effects?: readonly Effect[];
  /** What changes about the box, beside its counts. */
  readonly box?: { readonly [K in keyof BoxState]?: BoxState[K] | undefined };
  /** Items to put before the entry that names them. */
  readonly aside?: readonly StoredItem[];
}

/** Keys that decide, and the decision on what is under them; made anew for each attempt. */
export interface CommitPlan<T> {
  readonly keys: readonly string[];
  readonly onMissingBox: 'create' | 'refuse' | { readonly answer: T };
  decide(reading: PlanInput): Decision<T> | Promise<Decision<T>>;
}

/** What was decided, and what follows from it. */
export interface Committed<T> {
  readonly answer: T;
  readonly tail: Tail | undefined; // with the entry; undefined: there is no box
  readonly entry?: LogEntry; // absent: there was nothing to write
  readonly projected: number; // up to here entries are applied
  /** Entries that their writers left lying, to be projected with one's own. */
  readonly left: readonly LogEntry[];
  readonly atMs?: number; // when it was seen that some were not applied yet
  readonly behind?: readonly LogEntry[]; // what the view may lack, the new entry last
}

/**
 * Decides and appends to the log; again on top of what others have appended in between. The put of the entry is the commit:
 * it succeeds for one writer only, and what was decided on holds at that moment, since the entry before it was the newest.
 * The items of the view are written afterwards, by the caller or by the reader of the stream.
 * @throws SyncProblem `busy` when others were faster each time, `device-not-registered` when there is no box,
 * `too-many-requests` when the database takes no more for it.
 */
export async function commit<T>(
  core: Core,
  box: BoxId,
  intent: CommitPlan<T>,
  known?: Known,
): Promise<Committed<T>> {
  for (let attempt = 0, of = known; attempt < ATTEMPTS_MAX; of = undefined) {
    const opened = await openSnapshot(core, box, intent, of);
    if (opened === undefined)
      return {
        answer: (intent.onMissingBox as { answer: T }).answer,
        tail: undefined,
        projected: 0,
        left: [],
      };
    const work = new Work(core, box, intent, opened, attempt);
    const committed = await work.commit();
    if (committed) return committed;
    attempt = work.attempt; // another has found out that the table was restored: what was read says less than it seems
  }
  throw tooManyAttempts();
}

/** The same for a server's own entries, which are projected before the answer. */
export async function commitAndProject<T>(core: Core, box: BoxId, intent: CommitPlan<T>): Promise<T> {
  const committed = await commit(core, box, intent);
  const { dropped } = await projectCommitted(core, box, committed);
  for (const connectionId of dropped) await closeQuietly(core, connectionId);
  return committed.answer;
}

/** Applies what was committed to the view, and what others have left lying. */
export async function projectCommitted(
  core: Core,
  box: BoxId,
  { entry, left }: Committed<unknown>,
): Promise<Projected> {
  const entries = [...left, ...(entry ? [entry] : [])];
  if (entries.length === 0) return { outcome: 'done', dropped: [] };
  const projected = project(core, box, entries);
  return entry ? projected.catch(afterCommit) : projected;
}

/** Fails once an entry was put: that is no refusal, since a 4xx says that nothing was done. */
export function afterCommit(error: unknown): never {
  throw error instanceof SyncProblem && error.kind === 'too-many-requests' ? notKnown(error) : error;
}

const tooManyAttempts = (): SyncProblem =>
  new SyncProblem('busy', {
    detail: 'other writers were faster each time',
    retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS,
  });

/** One commit under way. */
class Work<T> {
  private folders: { readonly asOf: string; readonly names: readonly FolderName[] } | undefined;
  private looking: Promise<Looked> | undefined;
  private tail: Tail;
  private readonly view: BoxView;
  private readonly read: Map<string, StoredItem | undefined>;
  private readonly behind: LogEntry[];

  constructor(
    private readonly core: Core,
    private readonly box: BoxId,
    private readonly intent: CommitPlan<T>,
    private readonly opened: CommitSnapshot,
    public attempt: number,
  ) {
    ({ tail: this.tail, view: this.view, read: this.read } = opened);
    this.behind = [...opened.behind];
  }

  /** Undefined: another timeline has begun meanwhile, so that all is to be read again. */
  async commit(): Promise<Committed<T> | undefined> {
    const { core, box, opened } = this;
    for (; this.attempt < ATTEMPTS_MAX; this.attempt++) {
      if (this.tail.head.timeline > opened.tail.head.timeline) return undefined;
      if (this.tail.head.erasing) throw beingErased();
      const { work, decision } = await this.decided();
      const rows = rowsOf(work);
      const effects = [...effectsOf(work), ...(decision.effects ?? [])];
      if (effects.length === 0 && rows.length === 0 && !decision.box) {
        if (await this.hasTakenUpNewer()) continue;
        const { behind } = this;
        return { answer: decision.answer, tail: this.tail, behind, ...(await this.looked()) };
      }
      const { entry, overflow } = await this.entryOf(work, decision, rows, effects);
      for (const item of [...overflow, ...(decision.aside ?? [])]) await core.store.put(box, item, 'always');
      const [appended, looked] = await Promise.all([this.append(entry), this.looked().catch(afterCommit)]);
      if (appended.nonce === entry.nonce) {
        core.observe('commit', { changes: rows.length, by: decision.origin.by, attempt: this.attempt });
        const tail = withEntry(this.tail, entry);
        // After a restore the look says less than it seems, since items may be of before the log.
        if (entry.timeline > opened.tail.head.timeline) {
          const { left } = looked;
          return { answer: decision.answer, entry, tail, projected: entry.projected, left };
        }
        return { answer: decision.answer, entry, tail, behind: [...this.behind, entry], ...looked };
      }
      await this.takeUp(appended, this.attempt);
    }
    throw tooManyAttempts();
  }

  /** How far the entries before this one are applied. Where it was not found out yet, while this one is on its way. */
  private looked(): Promise<Looked> {
    const { core, box } = this;
    const { projected, left, behind, lookedAtMs = 0 } = this.opened;
    const isKnown = left !== undefined || behind.length === 0;
    const hasLooked = behind.length > BURST_ENTRIES && core.clock.now() - lookedAtMs < LOOKS_AFTER_MS;
    if (isKnown || hasLooked) return Promise.resolve({ projected, left: left ?? [], atMs: lookedAtMs });
    this.looking ??= look(core, box, projected, behind);
    return this.looking;
  }

  /** The decision on what is there now. What it needs beyond its keys is read, and it decides again. */
  private async decided(): Promise<{ work: UnitOfWork; decision: Decision<T> }> {
    const { core, box } = this;
    for (;;) {
      const { head } = this.tail;
      const policy = await policyOf(core, head.policyId);
      const names = this.folders?.asOf === head.nonce ? this.folders.names : undefined;
      const items = {
        has: (sk: string) => this.read.has(sk),
        get: (sk: string) => this.view.laidOver(sk, this.read.get(sk)),
        last: (sk: string) => this.view.laidOver(sk, this.read.get(sk), true),
      };
      const work = new UnitOfWork(head, items, core.clock.now(), policy, names);
      try {
        return { work, decision: await this.intent.decide({ work }) };
      } catch (error) {
        if (error instanceof Unread) {
          this.read.set(error.key, (await core.store.get(box, [error.key])).get(error.key));
        } else if (error instanceof UnreadFolders) {
          this.folders = { asOf: head.nonce, names: await this.allFolders() };
        } else throw error;
      }
    }
  }

  private async entryOf(
    work: UnitOfWork,
    { origin, box: change }: Decision<T>,
    rows: readonly ChangeRow[],
    effects: readonly Effect[],
  ): Promise<{ readonly entry: LogEntry; readonly overflow: readonly LogOverflow[] }> {
    const { core, box } = this;
    const { head, nowMs } = work;
    const { timeline, resetsBefore } = this.timelineAfter(head);
    const index = head.index + 1;
    const version = versionOf(timeline, index);
    const timerAtMs = await setTimer(core, box, head.timerAtMs, nowMs, version);
    const { erasing: _, ...state } = boxStateOf(head);
    const pendingPurges = work.pendingPurges.length > 0 ? { pendingPurges: work.pendingPurges } : {};
    const entry: LogEntry = {
      kind: 'entry',
      sk: entryKey(index),
      version,
      expiresAtMs: nowMs + ENTRY_MS,
      index,
      timeline,
      modSeq: rows.length > 0 ? work.modSeq : head.modSeq,
      nonce: newNonce(),
      previous: head.nonce,
      previousAtMs: head.atMs,
      atMs: nowMs,
      origin,
      rows,
      effects,
      ...state,
      ...pendingPurges,
      counts: countsAfter(head.counts, work),
      projected:
        timeline > head.timeline
          ? await appliedBefore(core, box, head)
          : Math.max(this.opened.projected, head.projected),
      timerAtMs,
      resetsBefore,
      ...(change as Partial<BoxState>),
    };
    const overflow = overflowOf(entry);
    return { entry: overflow.length > 0 ? { ...entry, overflow: overflow.length } : entry, overflow };
  }

  /**
   * The timeline of the next entry. An item ahead of the head proves that a table was restored, if the put succeeds: nobody
   * can have written it after this head. The entry then begins another timeline, so that its effects win over the item. Where
   * an element is ahead, devices may hold it or not, so all of them start over.
   */
  private timelineAfter(head: Head): { readonly timeline: number; readonly resetsBefore: number } {
    const ahead = this.keysAhead(head);
    const isAhead = ahead.length > 0;
    const isElementAhead = ahead.some((sk) => !isRegistryKey(sk));
    const given = this.core.timeline ?? 0;
    const timeline = Math.min(TIMELINE_MAX, Math.max(given, head.timeline + (isAhead ? 1 : 0)));
    const isRestored = given > head.timeline || isElementAhead;
    return { timeline, resetsBefore: isRestored ? timeline : head.resetsBefore };
  }

  /** Keys of what was read and is newer than the head. */
  private keysAhead(head: Head): readonly string[] {
    const newest = versionOf(head.timeline, head.index);
    return [...this.read].flatMap(([sk, item]) => {
      const shown = item && this.view.laidOver(sk, item);
      return shown && (entryOf(latestVersionOf(shown)) > newest || modSeqOf(shown) > head.modSeq) ? [sk] : [];
    });
  }

  /**
   * A decision that writes nothing no put proves to be of one moment. Where something was read that is newer than the head,
   * others have appended meanwhile, and it may be read in part: they are laid over it. After a restore nobody has.
   */
  private async hasTakenUpNewer(): Promise<boolean> {
    const { core, box } = this;
    const { head } = this.tail;
    if (this.keysAhead(head).length === 0) return false;
    const others = await entriesAfter(core, box, head.index);
    await this.layOver(others);
    return others.length > 0;
  }

  /** Puts the entry at most once, however often it is sent: who has the place shows by the nonce. */
  private async append(entry: LogEntry): Promise<LogEntry> {
    let isUnknown = false; // whether it was done
    for (let sends = 1; ; sends++) {
      try {
        return await this.core.store.append(this.box, entry);
      } catch (error) {
        if (error instanceof SyncProblem) throw isUnknown ? notKnown(error) : error;
        if (sends >= SENDS_MAX) throw error;
        isUnknown = true;
        this.core.observe('commitUnanswered', {
          attempt: sends,
          error: error instanceof Error ? error.name : 'unknown',
        });
        await backOff(this.core.clock, 0);
      }
    }
  }

  /**
   * Goes on from the entry that was first. The first time no reading is needed, since it came back with the answer. Later
   * the newest are read: whoever goes entry by entry while others commit never catches up.
   */
  private async takeUp(first: LogEntry, attempt: number): Promise<void> {
    const { core, box } = this;
    let others: readonly LogEntry[] = [first];
    if (attempt > 0) {
      await backOff(core.clock, Math.min(attempt, LONGEST_WAIT_AFTER));
      others = [first, ...(await entriesAfter(core, box, first.index))];
    }
    await this.layOver(others);
  }

  private async layOver(others: readonly LogEntry[]): Promise<void> {
    const { core, box } = this;
    for (const entry of await withEffects(core, box, others)) {
      this.tail = withEntry(this.tail, entry);
      this.view.layOver(entry);
      this.behind.push(entry);
    }
    if (!others.some(isOfPurge)) return;
    const keys = [...this.read.keys()];
    for (const [sk, item] of readOf(keys, await core.store.get(box, keys))) this.read.set(sk, item);
  }

  /**
   * All folders, by the guards of their names: there are as many of these as folders, however many were deleted. They are
   * read until there are no more, or a reading gets no further.
   */
  private async allFolders(): Promise<readonly FolderName[]> {
    const names: FolderName[] = [];
    for (let from = FOLDER_NAMES; ; ) {
      const range = { from, to: endOf(FOLDER_NAMES), limit: NAMES_PER_READING };
      const { items, more, last } = await this.view.query(range);
      names.push(...items.filter((item) => item.kind === 'folderName'));
      if (!more || last === undefined) return names;
      from = behindKey(last);
    }
  }
}

/** That nothing was done may be said only of all attempts: a 4xx says so, a 5xx does not. */
const notKnown = (cause: SyncProblem): SyncProblem => new SyncProblem('unavailable', {}, { cause });

const boxStateOf = ({
  epoch,
  firstIndex,
  counts,
  devices,
  policyId,
  projected,
  timerAtMs,
  resetsBefore,
  erasing,
}: Head): BoxState => ({
  epoch,
  firstIndex,
  counts,
  devices,
  ...(policyId !== undefined && { policyId }),
  projected,
  timerAtMs,
  resetsBefore,
  ...(erasing && { erasing }),
});

/** Number of the commit that last changed an element of an item; 0: it is none. */
const modSeqOf = (item: StoredItem): number =>
  Math.max('modSeq' in item ? item.modSeq : 0, item.kind === 'message' ? (item.state?.modSeq ?? 0) : 0);
