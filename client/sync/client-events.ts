import type { SyncRequestFrame } from '../../protocol/sync-request-frame.js';
import type { Applied } from '../local-state/change-applier.js';
import type { ViewChange } from '../local-state/derive.js';
import type { Settled } from '../outbox/settle.js';
import type { ServerProblem } from './server-problem.js';
import type { RenewalReason, SyncReport } from './synchronizer.js';

/**
 * `denied`: the user has to sign in again, the device is no longer registered, or another instance of it is. Nothing is
 * tried any more until `start` is called again, after `register` or `wipe` where the device is not registered.
 */
export type ClientStatus =
  | { state: 'offline'; error?: unknown } // not connected; tried again by itself once started
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'paused' }
  | { state: 'denied'; problem: ServerProblem }
  | { state: 'stopped' };

export interface ClientEvents {
  status: ClientStatus;
  /** What is shown has changed: run your queries again. */
  changed: ViewChange;
  /** A page of the server's changes has been stored; `dropped` says what went and why. */
  received: Applied;
  /** Of an initial synchronization or backfill; elements, `total` is an estimate. */
  progress: { sent: number; total: number };
  synchronized: SyncReport;
  /** A synchronization that nobody waits for has failed; it is tried again by itself. */
  failed: unknown;
  /** The server refused an operation: it is undone here. `current` is the element that stands in its way. */
  refused: Settled;
  /** The server has done an operation, or it was done already. */
  acknowledged: Settled;
  /** The device goes on as another instance, since the server knew other numbers: one of the two was restored, or it was replaced. */
  renewed: { reason: RenewalReason };
  /** What the server has to say: a synchronization follows by itself. */
  syncRequest: SyncRequestFrame;
}
