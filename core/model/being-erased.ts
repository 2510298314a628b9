import { SyncProblem } from './sync-problem.js';

const RETRY_AFTER_SECONDS = 5; // a small box is erased by then

/** The error of every request to a box that is being erased: `busy`. */
export const beingErased = (): SyncProblem =>
  new SyncProblem('busy', {
    detail: 'the box is being erased',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    isErasing: true,
  });
