import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { workerFile } from '../paths.js';
import { messageOf } from '../problem.js';
import { FunctionError } from './function-error.js';
import type { FunctionSettings } from './function-settings.js';

/** Response of an invocation, as JSON text. Lambda: 6 MB. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;
const INIT_TIMEOUT_MS = 10_000;

/** One invocation for a worker. */
export interface Invocation {
  readonly requestId: string;
  /** JSON text. */
  readonly event: string;
  /** Ends the worker in the middle of the invocation, then calls `done`. A fault for tests. */
  readonly kill?: { readonly afterMs: number; readonly done: () => void };
}

type FromWorker =
  | { type: 'ready' }
  | { type: 'initFailed'; error: FunctionError['payload'] }
  | { type: 'result'; requestId: string; result: string }
  | { type: 'error'; requestId: string; error: FunctionError['payload'] };

interface Running {
  readonly resolve: (result: string) => void;
  readonly reject: (error: FunctionError) => void;
}

/** One execution environment of a function: a worker thread that runs one invocation at a time. */
export class FunctionWorker {
  readonly #worker: Worker;
  readonly #settings: FunctionSettings;
  readonly #ready: Promise<void>;
  #running: Running | undefined;
  #dead: FunctionError | undefined;
  #settleReady: Running = { resolve: () => {}, reject: () => {} };

  constructor(
    settings: FunctionSettings,
    onLine: (line: string) => void,
    onExit: (worker: FunctionWorker) => void,
  ) {
    this.#settings = settings;
    const { moduleFile, exportName, name, arn, memorySize } = settings;
    this.#worker = new Worker(workerFile, {
      env: { ...settings.environment },
      // Not those of this process: they would load a TypeScript loader into the function.
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memorySize },
      workerData: { moduleFile, exportName, functionName: name, functionArn: arn, memorySize },
    });
    this.#ready = new Promise<string>((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    }).then(() => {});
    this.#ready.catch(() => {}); // invoke() reports it
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) eachLine(stream, onLine);
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#die(new FunctionError(errorTypeOf(error), messageOf(error))));
    this.#worker.on('exit', () => {
      this.#die(new FunctionError('Runtime.ExitError', 'the execution environment ended before it answered'));
      onExit(this);
    });
  }

  get alive() {
    return !this.#dead;
  }

  get busy() {
    return this.#running !== undefined;
  }

  /**
   * Runs one invocation; the result is JSON text. A worker that fails to start, times out or exits is dead afterwards.
   * @throws FunctionError with the error of the function, or the reason why it could not finish.
   */
  async invoke({ requestId, event, kill }: Invocation): Promise<string> {
    await this.#withinTime(this.#ready, INIT_TIMEOUT_MS, requestId);
    const deadlineMs = Date.now() + this.#settings.timeoutMs;
    const answer = new Promise<string>((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      this.#running = { resolve, reject };
      this.#worker.postMessage({ requestId, event, deadlineMs });
    });
    const killing =
      kill &&
      setTimeout(() => {
        kill.done();
        void this.terminate();
      }, kill.afterMs);
    try {
      return await this.#withinTime(answer, this.#settings.timeoutMs, requestId);
    } finally {
      clearTimeout(killing);
      this.#running = undefined;
    }
  }

  /** Ends the thread at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  async #withinTime<Value>(answer: Promise<Value>, timeoutMs: number, requestId: string): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const seconds = (timeoutMs / 1000).toFixed(2);
        const error = new FunctionError(
          'Sandbox.Timedout',
          `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
        );
        this.#die(error);
        void this.terminate();
        reject(error);
      }, timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(message: FromWorker) {
    if (message.type === 'ready') return this.#settleReady.resolve('');
    if (message.type === 'initFailed') {
      this.#die(errorFrom(message.error));
      return void this.terminate();
    }
    if (message.type === 'error') return this.#running?.reject(errorFrom(message.error));
    if (Buffer.byteLength(message.result) > MAX_RESPONSE_BYTES) {
      const text = 'Response payload size exceeded maximum allowed payload size (6291556 bytes).';
      return this.#running?.reject(new FunctionError('Function.ResponseSizeTooLarge', text));
    }
    this.#running?.resolve(message.result);
  }

  #die(error: FunctionError) {
    this.#dead ??= error;
    this.#settleReady.reject(this.#dead);
    this.#running?.reject(this.#dead);
  }
}

const errorFrom = ({ errorType, errorMessage, trace }: FunctionError['payload']) =>
  new FunctionError(errorType, errorMessage, trace);

const errorTypeOf = (error: unknown) =>
  (error as Partial<Error> | undefined)?.name ?? 'Runtime.UnhandledError';

function eachLine(stream: Readable, onLine: (line: string) => void) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => rest && onLine(rest));
}
