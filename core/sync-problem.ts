import type { Fault, ProblemKind } from '../protocol/problem.js';

/** What a problem document carries beside its kind. `retryAfterSeconds` becomes the Retry-After header. */
export interface ProblemDetails {
  detail?: string;
  errors?: Fault[];
  expectedN?: number;
  retryAfterSeconds?: number;
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
