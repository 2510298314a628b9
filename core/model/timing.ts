// Times that depend on each other, in one place. Unit: ms unless the name says otherwise.

export const DAY_MS = 86_400_000;

/** An entry of the log is kept this long; a device that stayed away longer starts over. */
export const ENTRY_MS = 90 * DAY_MS;
/** The idempotency record of an instance that is not registered any more, as long as anything is known of what was deleted. */
export const FORMER_INSTANCE_MS = 120 * DAY_MS;
/** Longer than the log: a late deposit finds the tombstone, however late it is. */
export const TOMBSTONE_MS = 120 * DAY_MS;

/** A writer renews the quiet timer when it is older than this. */
export const TIMER_RENEWED_MS = 15 * DAY_MS;
/**
 * The quiet timer expires so long after it was set. The database removes it up to two days late, and the stream keeps its
 * record for one: the newest entry, at least as young as the timer minus TIMER_RENEWED_MS, is still there then.
 */
export const TIMER_MS = 45 * DAY_MS;

/**
 * A writer that finds the timer older than this copies the newest entry itself before it renews the timer: should it fail
 * then, and others after it, the timer would run longer than the entry is kept.
 */
export const TIMER_OLD_MS = 30 * DAY_MS;

/** Only an entry that is older than this may be left lying by a writer that died: others leave it to its writer. */
export const LEFT_LYING_MS = 2000;
/** Clocks of different functions differ by less than this. */
export const CLOCK_SKEW_MS = 60_000;
/** Items of one backup are from moments that lie no further apart than this. */
export const BACKUP_SPREAD_MS = 10 * 60_000;
