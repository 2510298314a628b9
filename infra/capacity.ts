import type { HttpFunctionName } from '../protocol/routes.js';

/**
 * Requests a second that API Gateway lets through for each route of a function, and for each of the WebSocket API, so
 * that one kind of request cannot use up what all share. At capacity 1 they add up to about 10,000, which an account
 * may have in a region unless AWS grants more.
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
 * Invocations at once, for functions that others would starve by: whoever deposits a backlog, walks through all
 * histories, or has a flood of messages in a queue. An account begins with 1,000 (a new one with fewer).
 */
const INVOCATIONS_AT_ONCE = {
  participating: 200,
  history: 50,
  admin: 10,
  notifier: 200,
  purger: 5, // pieces of one box all write its head, and so do its users' commits
  eraser: 5, // boxes at once, a piece of each at a time
} as const;
export type BoundedFunction = keyof typeof INVOCATIONS_AT_ONCE;

const WRITE_UNITS_PER_SECOND = 5000;

/** Bounds of event source mappings, by AWS. */
const MAPPING = { min: 2, max: 1000 };

export interface Throttle {
  /** Unit: requests a second. */
  readonly rate: number;
  /** Requests that may come at one moment. */
  readonly burst: number;
}

/** Limits of a deployment. `capacity`: 1 for the quotas that an account begins with, 5 for five times as much. */
export class Capacity {
  constructor(private readonly capacity: number) {}

  throttle(name: keyof typeof REQUESTS_PER_SECOND): Throttle {
    const rate = Math.ceil(REQUESTS_PER_SECOND[name] * this.capacity);
    return { rate, burst: Math.ceil(rate / 2) };
  }

  reserved(name: BoundedFunction): number {
    return Math.ceil(INVOCATIONS_AT_ONCE[name] * this.capacity);
  }

  /** What the tables are meant to be written at most, for some time on end; beyond it an alarm goes off. */
  writeUnits(seconds: number): number {
    return Math.ceil(WRITE_UNITS_PER_SECOND * this.capacity * seconds);
  }

  mapping(name: BoundedFunction): number {
    return Math.min(MAPPING.max, Math.max(MAPPING.min, this.reserved(name)));
  }
}
