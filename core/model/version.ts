/**
 * What orders the writes of one item: the timeline of the log entry that made the write, then the index of that entry.
 * A counter orders one timeline only: a restored table can hold an item that is ahead of its log, so entries written after
 * a restore belong to a later timeline and win over everything from an earlier one.
 * Shape: timeline * 10^13 + index. An index begins at a time in ms, so it has 13 digits until the year 2286.
 */
export const versionOf = (timeline: number, index: number): number => timeline * TIMELINE + index;

/** Index of the log entry that made this version. */
export const indexOf = (version: number): number => Math.floor(version % TIMELINE);

/** Behind the entry of a version, and before the next entry: for what no entry writes. */
export const rightAfter = (version: number): number => Math.floor(version) + 0.5;

/** Version of the entry that a version belongs to. */
export const entryOf = (version: number): number => Math.floor(version);

/** Version of something that no log entry has written. */
export const UNWRITTEN = -1;

const TIMELINE = 10 ** 13;
/** Highest timeline: halves of versions stay exact, below 2^52. */
export const TIMELINE_MAX = 400;
