import { randomUUID } from 'node:crypto';
import type { Faults } from '../faults.js';
import { FunctionError } from './function-error.js';
import type { FunctionSettings } from './function-settings.js';
import { FunctionWorker, type Invocation } from './function-worker.js';

/** Payload of an invocation, as JSON text. Lambda: 6 MB. */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;

interface Waiting {
  readonly requestId: string;
  readonly event: string;
  readonly resolve: (result: string) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A function and its workers. A worker starts when it is needed, runs one invocation at a time, and stays for the next
 * one. An invocation above the concurrency of the function waits; Lambda would throttle it.
 */
export class FunctionPool {
  readonly #workers = new Set<FunctionWorker>();
  readonly #queue: Waiting[] = [];
  #stopped = false;

  constructor(
    readonly settings: FunctionSettings,
    private readonly onLine: (functionName: string, line: string) => void,
    private readonly faults: Faults,
  ) {}

  /**
   * Invokes the function and waits for its result.
   * @throws FunctionError with the error of the function, or the reason why it could not finish.
   */
  async invoke(event: unknown): Promise<unknown> {
    const text = JSON.stringify(event);
    if (Buffer.byteLength(text) > MAX_EVENT_BYTES) {
      throw new FunctionError('RequestTooLargeException', 'Request must be smaller than 6291456 bytes');
    }
    const requestId = randomUUID();
    const result = await new Promise<string>((resolve, reject) => {
      if (this.#stopped) return reject(stopping());
      this.#queue.push({ requestId, event: text, resolve, reject });
      this.#serve();
    });
    return JSON.parse(result);
  }

  /** Ends a worker, preferably a busy one. Resolves to whether there was any. */
  async terminateWorker(): Promise<boolean> {
    const workers = [...this.#workers];
    const victim = workers.find((worker) => worker.busy) ?? workers[0];
    await victim?.terminate();
    return victim !== undefined;
  }

  /** Numbers of running and of waiting invocations. */
  get load() {
    return { running: this.#taken.size, waiting: this.#queue.length };
  }

  /** Ends all workers; waiting invocations fail. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { reject } of this.#queue.splice(0)) reject(stopping());
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /** Workers with an invocation. They may still be starting. */
  readonly #taken = new Set<FunctionWorker>();

  #serve() {
    while (this.#queue.length > 0) {
      const worker = this.#freeWorker();
      const next = worker && this.#queue.shift();
      if (!worker || !next) return;
      void this.#run(worker, next);
    }
  }

  #freeWorker(): FunctionWorker | undefined {
    for (const worker of this.#workers) {
      if (worker.alive && !this.#taken.has(worker)) return worker;
    }
    if (this.#workers.size >= this.settings.concurrency) return undefined;
    const worker = new FunctionWorker(
      this.settings,
      (line) => this.onLine(this.settings.name, line),
      (ended) => {
        this.#workers.delete(ended);
        this.#serve();
      },
    );
    this.#workers.add(worker);
    return worker;
  }

  #fault(): Pick<Invocation, 'kill'> {
    const { name } = this.settings;
    const afterMs = this.faults.killAfterMs(name);
    return afterMs === undefined ? {} : { kill: { afterMs, done: () => this.faults.killed(name) } };
  }

  async #run(worker: FunctionWorker, { requestId, event, resolve, reject }: Waiting) {
    this.#taken.add(worker);
    try {
      resolve(await worker.invoke({ requestId, event, ...this.#fault() }));
    } catch (error) {
      if (error instanceof FunctionError)
        this.onLine(this.settings.name, `ERROR ${requestId} ${error.message}`);
      reject(error);
    } finally {
      this.#taken.delete(worker);
      this.#serve();
    }
  }
}

const stopping = () => new FunctionError('Runtime.Stopped', 'the local cloud is stopping');
