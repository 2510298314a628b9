import type { Policy } from '../../protocol/policy.js';
import type { StoredItem, StoredSession } from './items.js';
import { DAY_MS } from './timing.js';

/** A session history is kept this much longer than its last message, so that a busy one is written once a day for it. */
const SESSION_LONGER_MS = DAY_MS;

type Expiring = Pick<StoredItem, 'expiresAtMs'>;

/**
 * The time of an element that is created now, by the policy of its box: none where nothing expires.
 * It stays with the element whatever is changed later, the policy or the element itself.
 */
export const expiryFrom = ({ retentionDays }: Policy, nowMs: number): Expiring =>
  retentionDays === undefined ? {} : { expiresAtMs: nowMs + retentionDays * DAY_MS };

/** Rule: what is past its time is no more, whether the database has removed it or not. */
export const hasExpired = ({ expiresAtMs }: Expiring, nowMs: number): boolean =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs;

/**
 * The session history with a message more. Its removal covers its messages, so it never expires before one of them:
 * the same session history where that holds already.
 */
export function keptAsLongAs(session: StoredSession, { expiresAtMs: messageMs }: Expiring): StoredSession {
  const { expiresAtMs, ...rest } = session;
  if (expiresAtMs === undefined) return session;
  if (messageMs === undefined) return rest;
  return messageMs <= expiresAtMs ? session : { ...rest, expiresAtMs: messageMs + SESSION_LONGER_MS };
}
