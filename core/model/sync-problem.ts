import type { Fault, ProblemKind } from '../../protocol/problem.js';

/** Details of a problem for responses and logs. `retryAfterSeconds` becomes the Retry-After header. */
export interface ProblemDetails {
  detail?: string;
  errors?: Fault[];
  expectedN?: number;
  retryAfterSeconds?: number;
  isErasing?: true; // `busy` because the box is being erased, not because others were faster
}

/** The only error class of the core. Handlers translate it into a response; any other error becomes `internal`. */
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
