import type { Tail } from '../log/tail.js';
import type { Effect, LogEntry, Origin } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import type { EntryContent } from './next-entry.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Everything an attempt decides on. */
export interface PlanInput {
  readonly work: UnitOfWork;
}

/** The decision of one attempt. An attempt with nothing to write makes no entry. */
export interface Decision<T> extends Pick<EntryContent, 'box'> {
  readonly answer: T;
  readonly origin: Origin;
  /** Effects beside those of the unit of work. */
  readonly effects?: readonly Effect[];
  /** Items to put before the entry that names them. */
  readonly aside?: readonly StoredItem[];
}

/** Keys that decide, and the decision on the items under them. Each attempt decides again. */
export interface CommitPlan<T> {
  readonly keys: readonly string[];
  readonly onMissingBox: 'create' | 'refuse' | { readonly answer: T };
  decide(input: PlanInput): Decision<T> | Promise<Decision<T>>;
}

/** The decision that was committed, and the state of the log after it. */
export interface Committed<T> {
  readonly answer: T;
  readonly tail: Tail | undefined; // with the entry; undefined: there is no box
  readonly entry?: LogEntry; // absent: there was nothing to write
  readonly projected: number; // up to here entries are applied
  /** Entries that their writers did not apply, to be applied with the new one. */
  readonly left: readonly LogEntry[];
  readonly atMs?: number; // when it was seen that some were not applied yet
  readonly behind?: readonly LogEntry[]; // entries that the view may lack, the new entry last
}
