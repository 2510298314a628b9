import type { Faults } from '../faults.js';
import { LocalCloudProblem } from '../problem.js';
import { nameInArn } from '../template/place.js';
import { FunctionPool } from './function-pool.js';
import type { FunctionSettings } from './function-settings.js';

/** Invokes one function. @throws FunctionError */
export type Invoke = (event: unknown) => Promise<unknown>;

/** All functions of the stack. */
export class Functions {
  readonly #pools: FunctionPool[];

  constructor(
    settings: FunctionSettings[],
    onLine: (functionName: string, line: string) => void,
    faults: Faults,
  ) {
    this.#pools = settings.map((it) => new FunctionPool(it, onLine, faults));
  }

  get names() {
    return this.#pools.map(({ settings }) => settings.name);
  }

  /**
   * @param name of the function, its logical id, or a beginning that only one logical id has.
   * @throws LocalCloudProblem when there is no such function.
   */
  pool(name: string): FunctionPool {
    const exact = this.#pools.find(({ settings }) => settings.name === name || settings.logicalId === name);
    if (exact) return exact;
    const similar = this.#pools.filter(({ settings }) => settings.logicalId.startsWith(name));
    if (similar.length === 1 && similar[0]) return similar[0];
    throw new LocalCloudProblem(
      `There is no function ${name}; there are: ${this.names.join(', ') || 'none'}`,
    );
  }

  /**
   * A function by its name, its ARN, or the ARN that API Gateway builds around it
   * (`arn:aws:apigateway:…:path/2015-03-31/functions/<ARN>/invocations`).
   */
  byArn(arn: string): Invoke {
    const pool = this.#poolByArn(arn);
    return (event) => pool.invoke(event);
  }

  /** Greatest number of concurrent invocations of a function. */
  concurrencyOf(nameOrArn: string): number {
    return this.#poolByArn(nameOrArn).settings.concurrency;
  }

  arnOf(nameOrArn: string): string {
    return this.#poolByArn(nameOrArn).settings.arn;
  }

  #poolByArn(arn: string): FunctionPool {
    const inner = /functions\/(.+)\/invocations$/.exec(arn)?.[1] ?? arn;
    return this.pool(inner.startsWith('arn:') ? nameInArn(inner) : inner);
  }

  /**
   * Ends a worker of the function, or of any function. Resolves to the name of the function, if a worker was running.
   */
  async terminateWorker(name?: string): Promise<string | undefined> {
    const candidates = name === undefined ? shuffled(this.#pools) : [this.pool(name)];
    const busyFirst = candidates.sort((a, b) => b.load.running - a.load.running);
    for (const pool of busyFirst) {
      if (await pool.terminateWorker()) return pool.settings.name;
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.stop()));
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
