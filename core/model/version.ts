/**
 * The version that orders the writes of one item: by the timeline of the log entry, then by its index. An index orders one
 * timeline only: a restored table may have an item that is ahead of its log. Entries after a restore belong to a later
 * timeline, so their writes replace all writes of an earlier one.
 * Shape: timeline * 10^13 + index. An index begins at a time in ms, so it has 13 digits until the year 2286.
 */
export const versionOf = (timeline: number, index: number): number => timeline * TIMELINE + index;

/** Index of the log entry that made this version. */
export const indexOf = (version: number): number => Math.floor(version % TIMELINE);

/** A version after an entry and before the next one, for writes that do not belong to an entry. */
export const rightAfter = (version: number): number => Math.floor(version) + 0.5;

/** Version of the entry that a version belongs to. */
export const entryOf = (version: number): number => Math.floor(version);

/** Version of a part that no log entry has written. */
export const UNWRITTEN = -1;

const TIMELINE = 10 ** 13;
/** Highest timeline: versions and their halves stay exact below 2^52. */
export const TIMELINE_MAX = 400;
