import type { Policy } from '../../protocol/policy.js';
import type { StoredSession } from './items.js';
import type { StoredItem } from './stored-item.js';
import { DAY_MS } from './timing.js';

/** A session history is kept this much longer than its last message, so that messages update it at most once a day. */
const SESSION_LONGER_MS = DAY_MS;

type Expiring = Pick<StoredItem, 'expiresAtMs'>;

/**
 * Expiry time of an element that is created now, by the policy of its box; none if the policy has no retention time.
 * It stays the same when the policy or the element changes later.
 */
export const expiryFrom = ({ retentionDays }: Policy, nowMs: number): Expiring =>
  retentionDays === undefined ? {} : { expiresAtMs: nowMs + retentionDays * DAY_MS };

/** Rule: an element after its expiry time does not exist, even if the database has not removed it yet. */
export const hasExpired = ({ expiresAtMs }: Expiring, nowMs: number): boolean =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs;

/**
 * Extends the expiry time of a session history for a new message. The removal of a session history covers its messages, so
 * it must not expire before one of them. Returns the same object if its expiry time is late enough.
 */
export function keptAsLongAs(session: StoredSession, { expiresAtMs: messageMs }: Expiring): StoredSession {
  const { expiresAtMs, ...rest } = session;
  if (expiresAtMs === undefined) return session;
  if (messageMs === undefined) return rest;
  return messageMs <= expiresAtMs ? session : { ...rest, expiresAtMs: messageMs + SESSION_LONGER_MS };
}
