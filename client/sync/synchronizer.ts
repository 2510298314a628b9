import type { SyncResponse } from '../../protocol/sync-response.js';
import { addCounts, type Counts, countsByType } from '../local-state/counts.js';
import type { LocalBox } from './local-box.js';
import { ServerProblem, UnexpectedAnswer } from './server-problem.js';
import type { StoredPage } from './store-page.js';
import type { Transport } from './transport.js';

/** What one synchronization did. */
export interface SyncReport {
  sent: number; // operations that the server answered
  applied: number; // of these
  conflicts: number; // of these: `conflict` or `exists`
  refused: number; // of these: undone here, conflicts among them
  received: Counts; // elements that were new here, or newer
  removed: Counts; // elements that are no longer held
  pages: number;
  bytes: number; // of JSON, sent and received
  reset: boolean;
  durationMs: number;
}

/** Why a device goes on as another instance: its numbers are not those that the server knows. */
export type RenewalReason = 'operation-gap' | 'operation-mismatch' | 'instance-replaced' | 'duplicate';

export interface SynchronizerOptions {
  deviceId: string;
  transport: Transport;
  box: LocalBox;
  pageLimit?: number; // elements a response
  /** Runs before the first request; the synchronization fails with it. */
  prepare: () => Promise<unknown>;
  /** Whether the device goes on as another instance. Otherwise the synchronization fails with the problem. */
  renews: (reason: RenewalReason) => Promise<boolean>;
  /** After each page that has been stored. */
  onPage: (response: SyncResponse, page: StoredPage) => Promise<void>;
  /** Once a synchronization, however many asked for it. */
  onEnd: (report: SyncReport) => void;
  onFailure: (error: unknown) => void;
}

const RENEWING: readonly unknown[] = ['operation-gap', 'operation-mismatch', 'instance-replaced'];

const CONFLICTS: readonly string[] = ['conflict', 'exists'];

/** A synchronization that runs or is to run. */
interface PendingRun {
  report: Promise<SyncReport>;
  controller: AbortController;
  waiting: number; // callers that have not given up
}

/** Runs synchronizations one at a time; those asked for while one runs become exactly one more. */
export class Synchronizer {
  #running?: PendingRun;
  #next?: PendingRun;

  constructor(private readonly options: SynchronizerOptions) {}

  /**
   * Resolves when a synchronization that began after this call has ended. Aborting the signal ends the waiting, and the
   * synchronization too when nobody else waits for it.
   */
  synchronize(signal?: AbortSignal): Promise<SyncReport> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const due = this.#due();
    due.waiting += 1;
    if (!signal) return due.report;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        due.waiting -= 1;
        if (due.waiting === 0) due.controller.abort(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      due.report.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  /** Breaks off the one that runs, at the last page it has stored, and the next: they reject with an AbortError. */
  abort(): void {
    this.#next?.controller.abort();
    this.#running?.controller.abort();
  }

  #due(): PendingRun {
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
      if (this.#next === due) [this.#running, this.#next] = [due, undefined];
      try {
        return await this.#run(controller.signal);
      } finally {
        if (this.#running === due && !this.#next) this.#running = undefined;
      }
    });
    const due: PendingRun = { report, controller, waiting: 0 };
    return due;
  }

  async #run(signal: AbortSignal): Promise<SyncReport> {
    const { prepare, renews, onEnd, onFailure } = this.options;
    const run = new Run(this.options, signal);
    try {
      signal.throwIfAborted();
      for (let renewed = false; ; renewed = true) {
        await prepare();
        const reason = await run.pages();
        if (!reason) break;
        if (renewed || !(await renews(reason.why))) throw reason.error;
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

  constructor(
    private readonly options: SynchronizerOptions,
    private readonly signal: AbortSignal,
  ) {}

  report(): SyncReport {
    return { ...this.#report, durationMs: Date.now() - this.#beganMs };
  }

  /** Page after page until all is sent and received; or why the device has to go on as another instance. */
  async pages(): Promise<{ why: RenewalReason; error: Error } | undefined> {
    const { box, transport, deviceId, pageLimit, onPage } = this.options;
    for (;;) {
      this.signal.throwIfAborted();
      const asked = await box.nextPage();
      const request = {
        deviceId,
        instanceId: asked.instanceId as string,
        ...(asked.syncToken !== undefined && { syncToken: asked.syncToken }),
        ...(asked.operations.length > 0 && { operations: asked.operations }),
        ...(pageLimit !== undefined && { limit: pageLimit }),
      };
      let response: SyncResponse;
      try {
        response = await transport.synchronize(request, this.signal, (bytes) => {
          this.#report.bytes += bytes;
        });
      } catch (error) {
        if (error instanceof ServerProblem && RENEWING.includes(error.kind))
          return { why: error.kind as RenewalReason, error };
        throw error;
      }
      this.signal.throwIfAborted();
      const { results = [], hasMore } = response;
      if (results.some(({ status }) => status === 'duplicate'))
        return {
          why: 'duplicate',
          error: new UnexpectedAnswer('The server knows other operations by these numbers'),
        };
      const isStuck =
        asked.operations.length > 0
          ? results.length === 0
          : hasMore && response.syncToken === asked.syncToken;
      if (isStuck) throw new UnexpectedAnswer('The synchronization does not get on');

      const page = await box.storePage(asked, response);
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
