import { beingErased } from '../model/being-erased.js';
import type { Anchor, BoxId, StoredItem } from '../model/items.js';
import { ANCHOR_KEY, ENTRIES, entryKey } from '../model/keys.js';
import type { Head, LogEntry } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import { BACKUP_SPREAD_MS, ENTRY_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { withEffects } from './overflow.js';
import { isRestoredSince } from './timeline.js';

/** Items of an end that is read backwards, the anchor among them: so few that they mostly cost one read unit. */
const NEWEST_READ = 5;
const ENTRIES_PER_READ = 100;
const NEWEST_POSSIBLE = entryKey(10 ** 13 - 1);
const ATTEMPTS_MAX = 12;
const GAP_READS = 3;
const GAP_WAIT_MS = 20;

/** The end of the log of a box. */
export interface Tail {
  readonly head: Head;
  /** Entries in line up to the head; none where the log has been quiet for so long that all have expired. */
  readonly entries: readonly LogEntry[];
  /** Entries in line from the index that was asked for; those that follow them may be missing. */
  readonly following: readonly LogEntry[];
}

/**
 * Reads the end of a log; with `from` also the entries from that index on, as far as one read gives them.
 * Undefined: there is no box.
 * @throws SyncProblem `busy` while the box is being erased, or where entries could not be read in line.
 */
export async function readTail(core: Core, box: BoxId, from?: number): Promise<Tail | undefined> {
  const tail = await readEnd(core, box, from);
  if (tail?.head.erasing) throw beingErased();
  return tail;
}

/** The same for those who announce what has happened in a box: one that is being erased is none. */
export async function liveTail(core: Core, box: BoxId): Promise<Tail | undefined> {
  const tail = await readEnd(core, box);
  return tail?.head.erasing ? undefined : tail;
}

/** The same, also of a box that is being erased: its head is the entry that says so. */
export async function readEnd(core: Core, box: BoxId, from?: number): Promise<Tail | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 1) await core.clock.sleep(GAP_WAIT_MS);
    const behind = from === undefined ? undefined : await readFrom(core, box, from);
    if (behind?.isWhole && behind.isInLine && behind.entries.length > 0) {
      const head = headOf(core, behind.entries, behind.anchor);
      if (head) return { head, entries: behind.entries, following: behind.entries };
    }
    // A query is no snapshot: an entry was put behind its place, and the next one further on. It is there when read again,
    // unless the database has removed it since it had expired.
    if (behind && !behind.isInLine && attempt < GAP_READS) continue;
    const end = await readNewest(core, box);
    const head = headOf(core, end.entries, end.anchor);
    if (!head) return undefined;
    if (end.entries.length === 0 && !(await isThere(core, box, head))) return undefined;
    const first = behind?.entries[0]?.index;
    const isPast = first === undefined || first < head.firstIndex; // of an earlier life of the box
    return { head, entries: end.entries, following: isPast ? [] : (behind?.entries ?? []) };
  }
  throw notInLine();
}

/** Reads the anchor once more: an eraser may have removed anchor and entries while the query was running. */
async function isThere(core: Core, box: BoxId, { epoch }: Head): Promise<boolean> {
  const anchor = (await core.store.get(box, [ANCHOR_KEY])).get(ANCHOR_KEY);
  return anchor?.kind === 'anchor' && anchor.epoch === epoch;
}

/** A tail with all entries that its view may lack. */
export interface WholeTail extends Tail {
  readonly projected: number; // up to here every entry was applied before the tail was read
  readonly behind: readonly LogEntry[]; // the entries behind that, with their effects
}

/** @throws SyncProblem `unavailable` where entries are missing that the view lacks. */
export async function withUnprojected(core: Core, box: BoxId, tail: Tail): Promise<WholeTail> {
  const whole = await reachingBack(core, box, tail);
  return { ...whole, behind: await withEffects(core, box, whole.behind) };
}

/** The same without the effects of large entries. A tail that reaches back already is not read again. */
export async function reachingBack(core: Core, box: BoxId, tail: Tail): Promise<WholeTail> {
  const { head, entries } = tail;
  // After a restore, items may be from before the log.
  const projected = isRestoredSince(core, head) ? await appliedBefore(core, box, head) : head.projected;
  const needed = Math.max(projected + 1, head.firstIndex);
  const all = await entriesFrom(core, box, needed, entries, head);
  return { ...tail, entries: all, projected, behind: all.filter(({ index }) => index > projected) };
}

async function entriesFrom(
  core: Core,
  box: BoxId,
  needed: number,
  inHand: readonly LogEntry[],
  head: Head,
): Promise<readonly LogEntry[]> {
  const oldest = inHand[0]?.index ?? head.index + 1;
  if (needed >= oldest) return inHand;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 1) await core.clock.sleep(GAP_WAIT_MS);
    const older = await entriesBetween(core, box, needed, oldest - 1);
    const all = [...older, ...inHand];
    if (all[0]?.index === needed && inLine(all)) return all;
  }
  // While a box is erased its log goes too.
  const end = await readEnd(core, box);
  if (end?.head.erasing || end?.head.epoch !== head.epoch) throw beingErased();
  core.observe('logHole', { index: needed });
  throw new SyncProblem('unavailable', { detail: 'log entries are missing that the view lacks' });
}

/**
 * Up to which entry everything was applied before any item of a backup was copied: items of one backup are from several
 * moments, so after a restore what was applied shortly before the newest entry may be missing.
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
      // What has expired, and so what is behind a gap, was applied before that.
      if (item.kind !== 'entry' || item.index < oldest - 1) return oldest - 1;
      if (item.atMs + ENTRY_MS <= core.clock.now() || item.index === known) return oldest - 1;
      if (item.atMs < head.atMs - BACKUP_SPREAD_MS) known ??= Math.min(item.projected, head.projected);
      oldest = item.index;
    }
    if (!more || items.length === 0) return oldest - 1;
  }
}

/** The tail after an entry was appended, by the caller or by others who were first. */
export const withEntry = (tail: Tail, entry: LogEntry): Tail => ({
  head: entry,
  entries: [...tail.entries, entry],
  following: tail.following.at(-1)?.index === entry.index - 1 ? [...tail.following, entry] : tail.following,
});

/** Entries behind an index that others have appended meanwhile, in line. */
export async function entriesAfter(core: Core, box: BoxId, index: number): Promise<readonly LogEntry[]> {
  const { entries } = await readFrom(core, box, index + 1);
  return entries[0]?.index === index + 1 ? entries : [];
}

interface Reading {
  readonly entries: readonly LogEntry[]; // in line
  readonly anchor: Anchor | undefined;
  readonly isInLine: boolean; // false: entries behind a gap were left out, which is there no more when it is read again
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
    // Only the anchor stands behind the entries.
    if (!page.more || page.items.length === 0 || items.some(({ kind }) => kind === 'entry')) break;
    to = NEWEST_POSSIBLE;
  }
  const all = items.toReversed();
  const entries = entriesIn(all, anchorIn(all));
  // Of what has expired some may have been removed before others: what counts is the end.
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

/** The entries among items, without those of an earlier life of the box. */
const entriesIn = (items: readonly StoredItem[], anchor: Anchor | undefined): LogEntry[] =>
  items.filter((item): item is LogEntry => item.kind === 'entry' && item.index >= (anchor?.firstIndex ?? 0));

const follows = (entry: LogEntry, before: LogEntry | undefined): boolean =>
  entry.index === (before?.index ?? 0) + 1;

/**
 * The head is the newest entry, unless that has expired: then others behind it may have been removed already, and the anchor
 * says which was the newest, since it was written while that entry was still there. Undefined: the box is being made, or
 * there is none.
 */
function headOf(core: Core, entries: readonly LogEntry[], anchor: Anchor | undefined): Head | undefined {
  const newest = entries.at(-1);
  if (newest?.erasing) return newest;
  if (!anchor) return undefined;
  const { last } = anchor;
  if (newest && newest.atMs + ENTRY_MS > core.clock.now()) {
    // Entries before it may have expired since it was written, and it does not say that they are applied.
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

const notInLine = (): SyncProblem =>
  new SyncProblem('busy', { detail: 'the log could not be read in line', retryAfterSeconds: 1 });
