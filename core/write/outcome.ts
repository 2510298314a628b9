import type { Element } from '../../protocol/elements/element.js';
import type { OperationStatus } from '../../protocol/operation-result.js';
import type { Fault } from '../../protocol/problem.js';

/** The result of evaluating one operation. The commit adds its number to an `applied` one. */
export interface Outcome {
  readonly status: OperationStatus;
  readonly current?: Element;
  readonly errors?: readonly Fault[];
}

/**
 * An operation that cannot be evaluated now gets no result, nor do the operations after it. The client sends them again.
 */
export type Evaluation = Outcome | 'deferred';

export const applied: Outcome = { status: 'applied' };
export const unchanged: Outcome = { status: 'unchanged' };
export const gone: Outcome = { status: 'gone' };
export const forbidden: Outcome = { status: 'forbidden' };
export const quotaExceeded: Outcome = { status: 'quotaExceeded' };
export const notFound: Outcome = { status: 'notFound' };
export const parentNotFound: Outcome = { status: 'parentNotFound' };
export const exists = (current: Element): Outcome => ({ status: 'exists', current });
export const conflict = (current: Element | undefined): Outcome => ({
  status: 'conflict',
  ...(current && { current }),
});
export const invalid = (...errors: Fault[]): Outcome => ({ status: 'invalid', errors });

/** Whether a finder returned an outcome instead of an element. */
export const isOutcome = (found: object): found is Outcome => 'status' in found;

/** The outcome of a deletion whose element was not found: the element may be gone already. */
export const ofDeletion = (outcome: Outcome): Outcome => (outcome.status === 'gone' ? unchanged : outcome);
