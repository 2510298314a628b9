import type { HttpFunctionName } from '../protocol/routes.js';

/**
 * Requests per second that API Gateway accepts for each route of a function, and for each route of the WebSocket API. So
 * one kind of request cannot use up the quota that all share. At capacity 1 the sum is about 10,000, which is the default
 * quota of an account in a region.
 */
const REQUESTS_PER_SECOND: Readonly<Record<HttpFunctionName | 'sockets', number>> = {
  sync: 4000,
  participating: 2000,
  history: 500,
  devices: 200,
  admin: 20,
  sockets: 2000,
};

/**
 * Concurrent invocations of functions that could starve others: a deposit of a backlog, a scan of all histories, or many
 * messages in a queue. The default quota of an account is 1,000 (fewer for a new one).
 */
const INVOCATIONS_AT_ONCE = {
  participating: 200,
  history: 50,
  admin: 10,
  notifier: 200,
  purger: 5, // pieces of one box contend for its head with the commits of its user
  eraser: 5, // concurrent boxes, one piece of each at a time
} as const;
export type BoundedFunction = keyof typeof INVOCATIONS_AT_ONCE;

const WRITE_UNITS_PER_SECOND = 5000;

/** Limits that AWS sets for event source mappings. */
const MAPPING = { min: 2, max: 1000 };

export interface Throttle {
  /** Unit: requests per second. */
  readonly rate: number;
  /** Requests at one moment. */
  readonly burst: number;
}

/** Limits of a deployment. `capacity`: 1 for the default quotas of an account, 5 for five times as much. */
export class Capacity {
  constructor(private readonly capacity: number) {}

  throttle(name: keyof typeof REQUESTS_PER_SECOND): Throttle {
    const rate = Math.ceil(REQUESTS_PER_SECOND[name] * this.capacity);
    return { rate, burst: Math.ceil(rate / 2) };
  }

  reserved(name: BoundedFunction): number {
    return Math.ceil(INVOCATIONS_AT_ONCE[name] * this.capacity);
  }

  /** Write units of the tables in a period, above which an alarm is raised. Unit of `seconds`: length of the period. */
  writeUnits(seconds: number): number {
    return Math.ceil(WRITE_UNITS_PER_SECOND * this.capacity * seconds);
  }

  mapping(name: BoundedFunction): number {
    return Math.min(MAPPING.max, Math.max(MAPPING.min, this.reserved(name)));
  }
}
