interface Before {
  readonly costs: Readonly<
    Record<string, { readonly inLine: number; readonly read: number; readonly write: number }>
  >;
  /**
   * Medians of handlers, both measured in one run, because a machine's speed changes from minute to minute.
   */
  readonly handlerMs: Readonly<Record<string, { readonly before: number; readonly now: number }>>;
  readonly contention: Readonly<Record<number, { readonly busyShare: number; readonly perSecond: number }>>;
}

/**
 * Results of the same cases when each commit was a transaction over head, commit and elements (commit
 * 2f7c319). Measured on 2026-12-01, on the machine of docs/benchmarks.md, just before that changed.
 */
export const BEFORE: Before = {
  costs: {
    'nothing changed': { inLine: 1, read: 2, write: 0 },
    'receive 1 new message': { inLine: 2, read: 2, write: 1 },
    'receive 100 new messages': { inLine: 2, read: 4, write: 1 },
    'send 1 state read': { inLine: 4, read: 10, write: 9 },
    'send 100 states read': { inLine: 8, read: 354, write: 226 },
    'receive 100 states read': { inLine: 2, read: 3, write: 1 },
    'send 100 deletions': { inLine: 8, read: 348, write: 218 },
    'receive 100 deletions': { inLine: 2, read: 2, write: 1 },
    'send a mixed 100': { inLine: 8, read: 344, write: 224 },
    'receive a mixed 100': { inLine: 2, read: 3, write: 1 },
    'one deposit': { inLine: 3, read: 7, write: 6 },
    'a batch of 50 deposits': { inLine: 2, read: 170, write: 114 },
    'initial synchronization': { inLine: 68, read: 1719, write: 1 },
  },
  handlerMs: {
    'nothing changed': { before: 4.9, now: 5.2 },
    'receive 1 new message': { before: 6.5, now: 8.8 },
    'receive 100 new messages': { before: 10.8, now: 16.4 },
    'send 1 state read': { before: 14.3, now: 14.7 },
    'send 50 states read': { before: 103.4, now: 94.1 },
    'one deposit': { before: 8.1, now: 7.9 },
    'a batch of 50 deposits': { before: 67.9, now: 43.4 },
    'initial synchronization, 1000 elements': { before: 66.9, now: 71.5 },
  },
  contention: {
    1: { busyShare: 0, perSecond: 197.7 },
    2: { busyShare: 0, perSecond: 165.1 },
    4: { busyShare: 0, perSecond: 132.6 },
    8: { busyShare: 0, perSecond: 117.8 },
    16: { busyShare: 0.0123, perSecond: 58.6 },
  },
};
