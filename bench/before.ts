interface Before {
  readonly costs: Readonly<
    Record<string, { readonly inLine: number; readonly read: number; readonly write: number }>
  >;
  readonly handlerMs: Readonly<Record<string, number>>; // median
  readonly contention: Readonly<Record<number, { readonly busyShare: number; readonly perSecond: number }>>;
}

/**
 * What the same cases took when each commit was a transaction over head, commit and elements (commit 2f7c319): measured on
 * 2026-12-01 on the machine of docs/benchmarks.md, right before it.
 */
export const BEFORE: Before = {
  costs: {},
  handlerMs: {},
  contention: {},
};
