import { SyncProblem } from './sync-problem.js';

const RETRY_AFTER_SECONDS = 5; // small boxes are gone by then, or soon after

/** What every request gets for a box that is being erased. */
export const beingErased = (): SyncProblem =>
  new SyncProblem('busy', {
    detail: 'the box is being erased',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    isErasing: true,
  });
