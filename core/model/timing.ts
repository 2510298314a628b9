import { DAY_MS } from '../ports/clock.js';

/** A row of the log is kept this long; a device that stayed away longer starts over. */
export const COMMIT_MS = 90 * DAY_MS;
/** The receipt of an instance that is not registered any more, as long as anything is known of what was deleted. */
export const FORMER_RECEIPT_MS = 120 * DAY_MS;
/** Longer than the log: a late deposit finds the tombstone, however late it is. */
export const TOMBSTONE_MS = 120 * DAY_MS;
