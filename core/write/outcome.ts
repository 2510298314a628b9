import type { Element } from '../../protocol/elements/element.js';
import type { OperationStatus } from '../../protocol/operation-result.js';
import type { Fault } from '../../protocol/problem.js';

/** What evaluation says of one operation; the commit adds its number to what was `applied`. */
export interface Outcome {
  readonly status: OperationStatus | 'later';
  readonly current?: Element;
  readonly errors?: readonly Fault[];
}

export const applied: Outcome = { status: 'applied' };
export const unchanged: Outcome = { status: 'unchanged' };
export const gone: Outcome = { status: 'gone' };
export const forbidden: Outcome = { status: 'forbidden' };
export const quotaExceeded: Outcome = { status: 'quotaExceeded' };
/** Cannot be done just now: neither it nor what follows gets a result, and the client sends them again. */
export const deferred: Outcome = { status: 'later' };
export const notFound: Outcome = { status: 'notFound' };
export const parentNotFound: Outcome = { status: 'parentNotFound' };
export const exists = (current: Element): Outcome => ({ status: 'exists', current });
export const conflict = (current: Element | undefined): Outcome => ({
  status: 'conflict',
  ...(current && { current }),
});
export const invalid = (...errors: Fault[]): Outcome => ({ status: 'invalid', errors });
