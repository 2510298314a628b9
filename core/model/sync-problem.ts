import type { Fault, ProblemKind } from '../../protocol/problem.js';

/** What a problem is told and noted with beside its kind. `retryAfterSeconds` becomes the Retry-After header. */
export interface ProblemDetails {
  detail?: string;
  errors?: Fault[];
  expectedN?: number;
  retryAfterSeconds?: number;
  isErasing?: true; // `busy` since the box is being erased, and not since others were faster
}

/** The one error of the core; translated into an answer only at the edge. Everything else thrown is `internal`. */
export class SyncProblem extends Error {
  override readonly name = 'SyncProblem';

  constructor(
    readonly kind: ProblemKind,
    readonly details: ProblemDetails = {},
    options?: ErrorOptions,
  ) {
    super(details.detail ? `${kind}: ${details.detail}` : kind, options);
  }
}
