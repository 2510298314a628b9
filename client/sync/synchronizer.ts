import type { SyncResponse } from '../../protocol/sync-response.js';
import { addCounts, type Counts, countsByType } from '../local-state/counts.js';
import type { LocalBox } from './local-box.js';
import { ServerProblem, UnexpectedAnswer } from './server-problem.js';
import type { StoredPage } from './store-page.js';
import type { Transport } from './transport.js';

/** The report of one synchronization. */
export interface SyncReport {
  sent: number; // operations that the server answered
  applied: number; // of the sent ones: applied by the server
  conflicts: number; // of the sent ones: `conflict` or `exists`
  refused: number; // of the sent ones: undone, including conflicts
  received: Counts; // elements that were new or newer
  removed: Counts; // elements that the device no longer holds
  pages: number;
  bytes: number; // of JSON, sent and received, before compression
  reset: boolean;
  durationMs: number;
}

/** The reason for which a client became a new instance of the device: the server knows other operation numbers. */
export type RenewalReason = 'operation-gap' | 'operation-mismatch' | 'instance-replaced' | 'duplicate';

export interface SynchronizerOptions {
  deviceId: string;
  transport: Transport;
  box: LocalBox;
  pageLimit?: number; // elements per response
  /** Runs before the first request. The synchronization fails with it. */
  prepare: () => Promise<unknown>;
  /** Makes the client a new instance. If it returns false, the synchronization fails. */
  renews: (reason: RenewalReason) => Promise<boolean>;
  /** Runs after each stored page. */
  onPage: (response: SyncResponse, page: StoredPage) => Promise<void>;
  /** Runs once per synchronization, however many callers wait for it. */
  onEnd: (report: SyncReport) => void;
  onFailure: (error: unknown) => void;
}

const RENEWING: readonly unknown[] = ['operation-gap', 'operation-mismatch', 'instance-replaced'];

const CONFLICTS: readonly string[] = ['conflict', 'exists'];

/** A synchronization that runs or will run. */
interface PendingRun {
  report: Promise<SyncReport>;
  controller: AbortController;
  waiting: number; // callers whose signal is not aborted
}

/** Runs one synchronization at a time. Calls during one share the next. */
export class Synchronizer {
  readonly #options: SynchronizerOptions;
  #running?: PendingRun;
  #next?: PendingRun;

  constructor(options: SynchronizerOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a synchronization that began after this call has ended. Aborting the signal ends the waiting, and aborts
   * the synchronization if no other caller waits for it.
   */
  synchronize(signal?: AbortSignal): Promise<SyncReport> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const run = this.#pendingRun();
    run.waiting += 1;
    if (!signal) return run.report;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        run.waiting -= 1;
        if (run.waiting === 0) run.controller.abort(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      run.report.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  /** Aborts the current synchronization after its last stored page, and the next one. Both reject with an AbortError. */
  abort(): void {
    this.#next?.controller.abort();
    this.#running?.controller.abort();
  }

  #pendingRun(): PendingRun {
    const running = this.#running;
    if (!running) {
      this.#running = this.#start(Promise.resolve());
      return this.#running;
    }
    this.#next ??= this.#start(running.report.then(ignore, ignore));
    return this.#next;
  }

  #start(turn: Promise<unknown>): PendingRun {
    const controller = new AbortController();
    const report = turn.then(async () => {
      if (this.#next === run) [this.#running, this.#next] = [run, undefined];
      try {
        return await this.#run(controller.signal);
      } finally {
        if (this.#running === run && !this.#next) this.#running = undefined;
      }
    });
    const run: PendingRun = { report, controller, waiting: 0 };
    return run;
  }

  async #run(signal: AbortSignal): Promise<SyncReport> {
    const { prepare, renews, onEnd, onFailure } = this.#options;
    const run = new Run(this.#options, signal);
    try {
      signal.throwIfAborted();
      for (let renewed = false; ; renewed = true) {
        await prepare();
        const mismatch = await run.pages();
        if (!mismatch) break;
        if (renewed || !(await renews(mismatch.reason))) throw mismatch.error;
      }
      const report = run.report();
      onEnd(report);
      return report;
    } catch (error) {
      onFailure(error);
      throw error;
    }
  }
}

/** One synchronization, from its first request to its last. */
class Run {
  readonly #beganMs = Date.now();
  readonly #options: SynchronizerOptions;
  readonly #signal: AbortSignal;
  #report: Omit<SyncReport, 'durationMs'> = {
    sent: 0,
    applied: 0,
    conflicts: 0,
    refused: 0,
    received: countsByType(),
    removed: countsByType(),
    pages: 0,
    bytes: 0,
    reset: false,
  };

  constructor(options: SynchronizerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  report(): SyncReport {
    return { ...this.#report, durationMs: Date.now() - this.#beganMs };
  }

  /** Exchanges pages until everything is sent and received. @returns the reason to become a new instance, if any. */
  async pages(): Promise<{ reason: RenewalReason; error: Error } | undefined> {
    const { box, transport, deviceId, pageLimit, onPage } = this.#options;
    for (;;) {
      this.#signal.throwIfAborted();
      const next = await box.nextPage();
      const request = {
        deviceId,
        instanceId: next.instanceId as string,
        ...(next.syncToken !== undefined && { syncToken: next.syncToken }),
        ...(next.operations.length > 0 && { operations: next.operations }),
        ...(pageLimit !== undefined && { limit: pageLimit }),
      };
      let response: SyncResponse;
      try {
        response = await transport.synchronize(request, this.#signal, (bytes) => {
          this.#report.bytes += bytes;
        });
      } catch (error) {
        if (error instanceof ServerProblem && RENEWING.includes(error.kind))
          return { reason: error.kind as RenewalReason, error };
        throw error;
      }
      this.#signal.throwIfAborted();
      const { results = [], hasMore } = response;
      if (results.some(({ status }) => status === 'duplicate'))
        return {
          reason: 'duplicate',
          error: new UnexpectedAnswer(
            'The numbers of operations must be new, but the server has processed them',
          ),
        };
      const isStuck =
        next.operations.length > 0 ? results.length === 0 : hasMore && response.syncToken === next.syncToken;
      if (isStuck)
        throw new UnexpectedAnswer('The response must have results or a new syncToken, but has neither');

      const page = await box.storePage(next, response);
      if (!page) continue;
      this.#count(response, page);
      await onPage(response, page);
      if (!hasMore && !page.hasOperations) return undefined;
    }
  }

  #count({ reset = false }: SyncResponse, { applied, settled }: StoredPage): void {
    const report = this.#report;
    const dropped = applied.dropped.flatMap(({ elements }) => elements);
    const refused = settled.filter(({ isRefused }) => isRefused);
    this.#report = {
      sent: report.sent + settled.length,
      applied: report.applied + settled.filter(({ status }) => status === 'applied').length,
      conflicts: report.conflicts + refused.filter(({ status }) => CONFLICTS.includes(status)).length,
      refused: report.refused + refused.length,
      received: addCounts(report.received, countsByType(applied.received)),
      removed: addCounts(report.removed, countsByType(dropped)),
      pages: report.pages + 1,
      bytes: report.bytes,
      reset: report.reset || reset,
    };
  }
}

const ignore = () => undefined;
