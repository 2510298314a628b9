import type { SyncRequestFrame } from '../../protocol/sync-request-frame.js';
import type { Applied } from '../local-state/change-applier.js';
import type { ViewChange } from '../local-state/derive.js';
import type { Settled } from '../outbox/settle.js';
import type { ServerProblem } from './server-problem.js';
import type { RenewalReason, SyncReport } from './synchronizer.js';

/**
 * `denied`: the server refuses the device. Either the user must sign in again, or the device was revoked, or another
 * instance replaced this one. The client then stops retrying until `start`. If the device is not registered, call `register` or `wipe` first.
 */
export type ClientStatus =
  | { state: 'offline'; error?: unknown } // not connected; the client retries if it was started
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'paused' }
  | { state: 'denied'; problem: ServerProblem }
  | { state: 'stopped' };

export interface ClientEvents {
  status: ClientStatus;
  /** Queries return something new: run them again. */
  changed: ViewChange;
  /** The client stored a page of changes. `dropped` has the elements that it no longer holds, with the cause. */
  received: Applied;
  /** Progress of an initial synchronization or backfill. Unit: elements. `total` is an estimate. */
  progress: { sent: number; total: number };
  /** A synchronization succeeded. */
  synchronized: SyncReport;
  /** A synchronization without a caller failed. The client retries it. */
  failed: unknown;
  /** The server refused an operation, and the client undid it. `current` is the element that caused the refusal. */
  refused: Settled;
  /** The server applied an operation, or the box already had its effect. */
  acknowledged: Settled;
  /** The client became a new instance of the device: it or the server was restored from a backup, or it was replaced. */
  renewed: { reason: RenewalReason };
  /** The server sent a synchronization request. The client synchronizes by itself. */
  syncRequest: SyncRequestFrame;
}
