import { beingErased } from '../model/being-erased.js';
import type { BoxId } from '../model/items.js';
import { ANCHOR_KEY, ENTRIES, entryKey } from '../model/keys.js';
import type { Head, LogEntry } from '../model/log-entry.js';
import type { Anchor, StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { BACKUP_SPREAD_MS, ENTRY_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { untilVisible } from '../ports/retry.js';
import { withEffects } from './overflow.js';
import { isRestoredSince } from './timeline.js';

/** Items of a backward read, the anchor among them: so few that they usually cost one read unit. */
const NEWEST_READ = 5;
const ENTRIES_PER_READ = 100;
const NEWEST_POSSIBLE = entryKey(10 ** 13 - 1);
const READS_MAX = 4; // until entries from an index on are in line
const GAP_READS_MAX = 12; // until entries that the view lacks are there

/** The end of the log of a box. */
export interface Tail {
  readonly head: Head;
  /** Entries without gaps up to the head; none if the log has been quiet until all had expired. */
  readonly entries: readonly LogEntry[];
  /** Entries without gaps from the requested index on; later ones may be missing. */
  readonly following: readonly LogEntry[];
}

/**
 * Reads the end of a log; with `from` also the entries from that index on, as many as one query returns.
 * Undefined: there is no box.
 * @throws SyncProblem `busy` while the box is being erased, `unavailable` when its newest entry is lost.
 */
export async function readTail(core: Core, box: BoxId, from?: number): Promise<Tail | undefined> {
  const tail = await readEnd(core, box, from);
  if (tail?.head.erasing) throw beingErased();
  return tail;
}

/** The same for code that announces or cleans up: a box that is being erased counts as no box. */
export async function liveTail(core: Core, box: BoxId): Promise<Tail | undefined> {
  const tail = await readEnd(core, box);
  return tail?.head.erasing ? undefined : tail;
}

/** The same, also of a box that is being erased: its head is the erase marker. @throws SyncProblem `unavailable`. */
export async function readEnd(core: Core, box: BoxId, from?: number): Promise<Tail | undefined> {
  const following = from === undefined ? undefined : await readFromInLine(core, box, from);
  if (following?.isWhole && following.isInLine && following.entries.length > 0) {
    const head = headOf(core, following.entries, following.anchor);
    if (head) return { head, entries: following.entries, following: following.entries };
  }
  const end = await readNewest(core, box);
  const head = headOf(core, end.entries, end.anchor);
  if (!head) return undefined;
  if (end.entries.length === 0 && !(await isThere(core, box, head))) return undefined;
  const first = following?.entries[0]?.index;
  const isPast = first === undefined || first < head.firstIndex; // of an earlier life of the box
  return { head, entries: end.entries, following: isPast ? [] : (following?.entries ?? []) };
}

/**
 * Entries from an index on. A query is not a snapshot: it may show an entry without the one before. That one is there when
 * the query is repeated, unless it has expired and the database has removed it.
 */
const readFromInLine = (core: Core, box: BoxId, from: number): Promise<Reading> =>
  untilVisible(
    core.clock,
    READS_MAX,
    () => readFrom(core, box, from),
    ({ isInLine }) => isInLine,
  );

/** Reads the anchor again: an eraser may have removed anchor and entries while the query was running. */
async function isThere(core: Core, box: BoxId, { epoch }: Head): Promise<boolean> {
  const anchor = (await core.store.get(box, [ANCHOR_KEY])).get(ANCHOR_KEY);
  return anchor?.kind === 'anchor' && anchor.epoch === epoch;
}

/** A tail with all entries that its view may lack. */
export interface WholeTail extends Tail {
  readonly projected: number; // up to here every entry was applied before the tail was read
  readonly behind: readonly LogEntry[]; // the entries behind that, with their effects
}

/** Adds the entries that the view may lack, with their effects. @throws SyncProblem `unavailable` if some are missing. */
export async function withUnprojected(core: Core, box: BoxId, tail: Tail): Promise<WholeTail> {
  const whole = await reachingBack(core, box, tail);
  return { ...whole, behind: await withEffects(core, box, whole.behind) };
}

/** The same without the effects of large entries. Entries that the tail has are not read again. */
export async function reachingBack(core: Core, box: BoxId, tail: Tail): Promise<WholeTail> {
  const { head } = tail;
  // After a restore, items may be from before the log.
  const projected = isRestoredSince(core, head) ? await appliedBefore(core, box, head) : head.projected;
  const needed = Math.max(projected + 1, head.firstIndex);
  const all = await entriesFrom(core, box, needed, tail);
  return { ...tail, entries: all, projected, behind: all.filter(({ index }) => index > projected) };
}

/** Entries from an index on to the end of a tail. */
async function entriesFrom(
  core: Core,
  box: BoxId,
  needed: number,
  { head, entries }: Tail,
): Promise<readonly LogEntry[]> {
  const oldest = entries[0]?.index ?? head.index + 1;
  if (needed >= oldest) return entries;
  const isComplete = (all: readonly LogEntry[]) => all[0]?.index === needed && inLine(all);
  const all = await untilVisible(
    core.clock,
    GAP_READS_MAX,
    async () => [...(await entriesBetween(core, box, needed, oldest - 1)), ...entries],
    isComplete,
  );
  if (isComplete(all)) return all;
  // Erasing a box removes its log too.
  const end = await readEnd(core, box);
  if (end?.head.erasing || end?.head.epoch !== head.epoch) throw beingErased();
  core.observe('logHole', { index: needed });
  throw new SyncProblem('unavailable', { detail: 'log entries are missing that the view lacks' });
}

/**
 * Index up to which entries were applied before any item of a backup was copied. Items of one backup are from several
 * moments, so after a restore the effects of the newest entries may be missing.
 */
export async function appliedBefore(core: Core, box: BoxId, head: Head): Promise<number> {
  let oldest = head.index + 1;
  let known: number | undefined; // up to here everything was applied, as an entry from before the backup says
  for (;;) {
    const range = {
      from: entryKey(head.firstIndex),
      to: entryKey(oldest - 1),
      limit: ENTRIES_PER_READ,
      descending: true,
    };
    const { items, more } = await core.store.query(box, range);
    for (const item of items) {
      // Expired entries, and so the entries before a gap, were applied before they expired.
      if (item.kind !== 'entry' || item.index < oldest - 1) return oldest - 1;
      if (item.atMs + ENTRY_MS <= core.clock.now() || item.index === known) return oldest - 1;
      if (item.atMs < head.atMs - BACKUP_SPREAD_MS) known ??= Math.min(item.projected, head.projected);
      oldest = item.index;
    }
    if (!more || items.length === 0) return oldest - 1;
  }
}

/** The tail after an entry was appended, by the caller or by another writer. */
export const withEntry = (tail: Tail, entry: LogEntry): Tail => ({
  head: entry,
  entries: [...tail.entries, entry],
  following: tail.following.at(-1)?.index === entry.index - 1 ? [...tail.following, entry] : tail.following,
});

/** Entries after an index that others have appended meanwhile, without gaps. */
export async function entriesAfter(core: Core, box: BoxId, index: number): Promise<readonly LogEntry[]> {
  const { entries } = await readFrom(core, box, index + 1);
  return entries[0]?.index === index + 1 ? entries : [];
}

interface Reading {
  readonly entries: readonly LogEntry[]; // without gaps
  readonly anchor: Anchor | undefined;
  readonly isInLine: boolean; // false: entries after a gap were left out; a further read usually has no gap
  readonly isWhole: boolean; // up to the end of the log
}

async function readFrom(core: Core, box: BoxId, from: number): Promise<Reading> {
  const range = { from: entryKey(from), to: ANCHOR_KEY, limit: ENTRIES_PER_READ };
  const { items, more } = await core.store.query(box, range);
  return readingOf(items, !more);
}

async function readNewest(core: Core, box: BoxId): Promise<Reading> {
  const items: StoredItem[] = [];
  for (let to = ANCHOR_KEY; ; ) {
    const range = { from: ENTRIES, to, limit: NEWEST_READ, descending: true };
    const page = await core.store.query(box, range);
    items.push(...page.items);
    // Only the anchor sorts after the entries.
    if (!page.more || page.items.length === 0 || items.some(({ kind }) => kind === 'entry')) break;
    to = NEWEST_POSSIBLE;
  }
  const all = items.toReversed();
  const entries = entriesIn(all, anchorIn(all));
  // The database removes expired entries in any order, so only the entries after the last gap are used.
  const gap = entries.findLastIndex((entry, i) => i > 0 && !follows(entry, entries[i - 1]));
  return {
    entries: gap < 0 ? entries : entries.slice(gap),
    anchor: anchorIn(all),
    isInLine: true,
    isWhole: true,
  };
}

function readingOf(items: readonly StoredItem[], isWhole: boolean): Reading {
  const anchor = anchorIn(items);
  const entries = entriesIn(items, anchor);
  const gap = entries.findIndex((entry, i) => i > 0 && !follows(entry, entries[i - 1]));
  return { entries: gap < 0 ? entries : entries.slice(0, gap), anchor, isInLine: gap < 0, isWhole };
}

const anchorIn = (items: readonly StoredItem[]): Anchor | undefined =>
  items.find((item): item is Anchor => item.kind === 'anchor');

/** The log entries among items, without those of an earlier life of the box. */
const entriesIn = (items: readonly StoredItem[], anchor: Anchor | undefined): LogEntry[] =>
  items.filter((item): item is LogEntry => item.kind === 'entry' && item.index >= (anchor?.firstIndex ?? 0));

const follows = (entry: LogEntry, before: LogEntry | undefined): boolean =>
  entry.index === (before?.index ?? 0) + 1;

/**
 * The head is the newest entry, unless that has expired. Then later entries may have been removed already, and the anchor
 * has the newest one, since it was written while that entry was still there. Undefined: the box does not exist, or it is
 * being created.
 */
function headOf(core: Core, entries: readonly LogEntry[], anchor: Anchor | undefined): Head | undefined {
  const newest = entries.at(-1);
  if (newest?.erasing) return newest;
  if (!anchor) return undefined;
  const { last } = anchor;
  if (newest && newest.atMs + ENTRY_MS > core.clock.now()) {
    // Earlier entries may have expired since it was written, and it does not say that they are applied.
    return last && last.projected > newest.projected
      ? { ...newest, projected: Math.min(last.projected, newest.index) }
      : newest;
  }
  if (last && last.index >= (newest?.index ?? 0)) return last;
  if (!newest) return undefined;
  core.observe('anchorBehind', { index: newest.index });
  throw new SyncProblem('unavailable', {
    detail: 'the newest log entry has expired, and the anchor is older',
  });
}

async function entriesBetween(core: Core, box: BoxId, first: number, last: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let at = first; ; ) {
    const page = await core.store.query(box, {
      from: entryKey(at),
      to: entryKey(last),
      limit: ENTRIES_PER_READ,
    });
    entries.push(...page.items.filter((item): item is LogEntry => item.kind === 'entry'));
    const end = entries.at(-1)?.index;
    if (!page.more || end === undefined || end < at) return entries;
    at = end + 1;
  }
}

const inLine = (entries: readonly LogEntry[]): boolean =>
  entries.every((entry, i) => i === 0 || follows(entry, entries[i - 1]));
