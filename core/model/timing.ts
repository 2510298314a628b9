// Times that depend on each other. test/unit/core/model/timing.test.ts asserts how. Unit: ms unless the name has another.

export const DAY_MS = 86_400_000;

/** How long a log entry is kept. A device that was away longer starts over. */
export const ENTRY_MS = 90 * DAY_MS;
/** How long the idempotency record of a replaced instance is kept: as long as tombstones. */
export const FORMER_INSTANCE_MS = 120 * DAY_MS;
/** How long a tombstone is kept. A deposit that is later than this would bring the element back. */
export const TOMBSTONE_MS = 120 * DAY_MS;

/** A writer renews a quiet timer that is older than this. */
export const TIMER_RENEWED_MS = 15 * DAY_MS;
/**
 * A writer that finds the timer older than this copies the newest entry into the anchor before it renews the timer. If it
 * failed in between, and later writers too, the timer would otherwise run longer than the entry is kept.
 */
export const TIMER_OLD_MS = 30 * DAY_MS;
/** Time to live of the quiet timer. When the database removes it, the newest entry is copied into the anchor. */
export const TIMER_MS = 45 * DAY_MS;
/** The database removes an expired item at most this much later. */
export const TTL_DELAY_MS = 2 * DAY_MS;
/** The stream keeps its records for this long. */
export const STREAM_RETENTION_MS = 1 * DAY_MS;

/** Writers leave an entry that is younger than this to its own writer; an older one they apply to the view. */
export const LEFT_LYING_MS = 2000;
/** Clocks of different functions differ by less than this. */
export const CLOCK_SKEW_MS = 60_000;
/** Items of one backup are from moments that lie no further apart than this. */
export const BACKUP_SPREAD_MS = 10 * 60_000;

/** No function runs longer than this. */
export const FUNCTION_MAX_SECONDS = 60;
/** A purge starts, and forgets a container, this long after: a reader may have read contents before the deletion. */
export const SETTLE_SECONDS = 90;

/** A process uses a policy that it has read for this long. A change of a policy is answered only after it. */
export const POLICY_CACHE_MS = 1000;

/** Nothing can be sent over a connection before the answer to its opening is out. */
export const OPENING_MS = 1000;
/** A connection that is younger than this may still be opening, so a send that fails is repeated. */
export const YOUNG_CONNECTION_MS = 30_000;
/** A pending push that was not sent this long after its time is lost, and is ignored. */
export const OVERDUE_MS = 30_000;
/** Waits before a queue delivers a message again, up to half as long again. The last one holds for all later deliveries. */
export const QUEUE_BACKOFF_SECONDS = [1, 3, 9, 27, 60] as const;
