import type { SyncResponse } from '../protocol/sync.js';
import type { Applied } from './apply-changes.js';
import { addCounts, type Counts, countsByType } from './counts.js';
import type { LocalStore } from './local-store.js';
import { UnexpectedAnswer } from './server-problem.js';
import { storePage } from './store-page.js';
import type { Transport } from './transport.js';

/** What one synchronization did. */
export interface SyncReport {
  received: Counts; // elements that were new here, or newer
  removed: Counts; // elements that are no longer held
  pages: number;
  reset: boolean;
  durationMs: number;
}

export interface SynchronizerOptions {
  deviceId: string;
  transport: Transport;
  store: LocalStore;
  pageLimit?: number; // elements a response
  /** Runs before the first request; the synchronization fails with it. */
  prepare?: () => Promise<void>;
  /** After each page that has been stored. */
  onPage?: (response: SyncResponse, applied: Applied) => void;
  /** Once a synchronization, however many asked for it. */
  onEnd?: (report: SyncReport) => void;
  onFailure?: (error: unknown) => void;
}

/** Runs synchronizations one at a time; those asked for while one runs become exactly one more. */
export class Synchronizer {
  #running?: Promise<SyncReport>;
  #next?: Promise<SyncReport>;
  readonly #stop = new AbortController();

  constructor(private readonly options: SynchronizerOptions) {}

  /** Resolves when a synchronization that began after this call has ended. */
  synchronize(): Promise<SyncReport> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#start();
    this.#next = this.#running.then(ignore, ignore).then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  /** Breaks off the one that runs, at the last page it has stored. It and all later ones reject with an AbortError. */
  stop(): void {
    this.#stop.abort();
  }

  #start(): Promise<SyncReport> {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<SyncReport> {
    try {
      await this.options.prepare?.();
      const report = await this.#allPages();
      this.options.onEnd?.(report);
      return report;
    } catch (error) {
      this.options.onFailure?.(error);
      throw error;
    }
  }

  async #allPages(): Promise<SyncReport> {
    const began = Date.now();
    const report = { received: countsByType(), removed: countsByType(), pages: 0, reset: false };
    for (let hasMore = true; hasMore; ) {
      const { response, applied } = await this.#page();
      report.pages += 1;
      report.reset ||= response.reset ?? false;
      report.received = addCounts(report.received, countsByType(applied.received));
      report.removed = addCounts(
        report.removed,
        countsByType(applied.dropped.flatMap(({ elements }) => elements)),
      );
      hasMore = response.hasMore ?? false;
    }
    return { ...report, durationMs: Date.now() - began };
  }

  async #page(): Promise<{ response: SyncResponse; applied: Applied }> {
    const { deviceId, transport, store, pageLimit, onPage } = this.options;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const { instanceId, syncToken } = await store.transaction((tx) => tx.state());
    const request = {
      deviceId,
      instanceId,
      ...(syncToken !== undefined && { syncToken }),
      ...(pageLimit !== undefined && { limit: pageLimit }),
    };
    const response = await transport.synchronize(request, signal);
    signal.throwIfAborted();
    if (response.hasMore && response.syncToken === syncToken)
      throw new UnexpectedAnswer('The synchronization does not get on: the token stays the same');
    const applied = await storePage(store, response);
    onPage?.(response, applied);
    return { response, applied };
  }
}

const ignore = () => undefined;
