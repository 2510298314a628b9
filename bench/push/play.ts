import { setTimeout as delay } from 'node:timers/promises';
import { type HttpCaller, httpCaller } from '../../client/sync/http-caller.js';
import { httpTransport } from '../../client/sync/transport.js';
import { tokenSource } from '../../dev/dev-token.js';
import { depositResponseSchema } from '../../protocol/participating.js';
import { type Times, timesOf } from '../support/timing.js';
import type { BenchCloud } from './cloud.js';
import { Echo } from './echo.js';
import { Listener } from './listener.js';
import type { PushNumbers, Scenario } from './scenarios.js';

export interface PlayOptions {
  readonly pushWindowMs: number;
  readonly signal: AbortSignal;
  /** Called with the current step and the fraction that is done, 0 to 1. */
  readonly onProgress?: ((what: string, fraction: number) => void) | undefined;
}

const OPENED_AT_ONCE = 4;
const LAST_FRAME_WITHIN_MS = 60_000;

interface Deposited {
  readonly user: number;
  readonly modSeq: number;
  readonly answeredAtMs: number;
}

/** One scenario: it connects the devices of its users, makes deposits, and awaits every frame. */
export class Play {
  readonly #listeners: Listener[][];
  readonly #deposit: HttpCaller;
  readonly #users: string[];

  constructor(
    private readonly cloud: BenchCloud,
    private readonly scenario: Scenario,
    prefix: string,
    private readonly options: PlayOptions,
  ) {
    const { url } = cloud;
    const { users, devicesEach } = scenario;
    const scope = 'cpm/participate';
    this.#deposit = httpCaller({ url, token: tokenSource({ url, given: undefined, sub: 'bench', scope }) });
    this.#users = Array.from({ length: users }, (_, i) => prefix + String(i).padStart(6, '0'));
    this.#listeners = this.#users.map((sub) => {
      const token = tokenSource({ url, given: undefined, sub, scope: 'cpm/sync' });
      const transport = httpTransport({ url, token });
      return Array.from(
        { length: devicesEach },
        (_, i) => new Listener(transport, `device-${i}`, options.signal),
      );
    });
  }

  async run(): Promise<PushNumbers> {
    const all = this.#listeners.flat();
    const echo = new Echo();
    try {
      await this.#open(all);
      await echo.start();
      this.cloud.takePushes(); // drop those of connecting
      echo.take();
      const deposited = await this.#depositAll();
      await this.#settle(deposited);
      return this.#numbers(deposited, echo.take());
    } finally {
      echo.stop();
      await Promise.all(all.map((listener) => listener.close()));
    }
  }

  #say(what: string, done: number, of: number): void {
    this.options.signal.throwIfAborted();
    this.options.onProgress?.(`${this.scenario.name}: ${what} ${done} of ${of}`, done / of);
  }

  async #open(all: readonly Listener[]): Promise<void> {
    let open = 0;
    await Promise.all(this.#users.slice(0, OPENED_AT_ONCE).map((_, i) => this.#depositFor(i))); // starts the functions
    await inParallel(all.length, OPENED_AT_ONCE, async (i) => {
      await all[i]?.open(this.options.pushWindowMs);
      this.#say('connected', ++open, all.length);
    });
    // Start the functions that push. A cold start has its own measurement and must not be part of this one.
    await this.#quiet(await this.#depositFor(0));
    for (const listener of all) listener.frames.length = 0;
    await delay(this.options.pushWindowMs + 1000, undefined, { signal: this.options.signal }); // a quiet time
  }

  async #depositAll(): Promise<Deposited[]> {
    const { deposits, atOnce, users } = this.scenario;
    const deposited: Deposited[] = [];
    await inParallel(deposits, Math.max(1, atOnce), async (i) => {
      const answer = await this.#depositFor(i % users);
      deposited.push(answer);
      if (atOnce === 0) await this.#quiet(answer);
      this.#say('deposited', deposited.length, deposits);
    });
    return deposited;
  }

  async #depositFor(user: number): Promise<Deposited> {
    const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const sub = this.#users[user] ?? '';
    const data = { direction: 'In', from: 'tel:+15550101', to: [sub], date: new Date().toISOString() };
    const { modSeq } = await this.#deposit({
      method: 'POST',
      path: `/v1/users/${encodeURIComponent(sub)}/operations`,
      body: {
        operations: [
          {
            op: 'create',
            type: 'message',
            id,
            conversationId: 'c1',
            data: {
              ...data,
              messageContext: 'chat-message',
              contentType: 'text/plain',
              textContent: 'On my way',
            },
            conversation: { kind: 'oneToOne', participants: [sub, 'tel:+15550101'] },
          },
        ],
      },
      answer: depositResponseSchema,
      signal: this.options.signal,
    });
    return { user, modSeq, answeredAtMs: performance.now() };
  }

  /** Waits until the devices have the commit and the window is over. */
  async #quiet(deposited: Deposited): Promise<void> {
    await this.#settle([deposited]);
    await delay(this.options.pushWindowMs + 200, undefined, { signal: this.options.signal });
  }

  /** @throws Error when a device does not get the last commit of its box. */
  async #settle(deposited: readonly Deposited[]): Promise<void> {
    const lasts = new Map<number, number>();
    for (const { user, modSeq } of deposited) lasts.set(user, Math.max(modSeq, lasts.get(user) ?? 0));
    const untilMs = performance.now() + LAST_FRAME_WITHIN_MS;
    for (const [user, last] of lasts) {
      for (const listener of this.#listeners[user] ?? []) {
        while (!listener.knows(last)) {
          if (performance.now() > untilMs)
            throw new Error(`a device was not notified of commit ${last} within a minute`);
          await delay(10, undefined, { signal: this.options.signal });
        }
      }
    }
  }

  #numbers(deposited: readonly Deposited[], echo: Times): PushNumbers {
    const frames = this.#listeners.flat().map((listener) => listener.frames.length);
    const delays = deposited.flatMap(({ user, modSeq, answeredAtMs }) =>
      (this.#listeners[user] ?? []).flatMap((listener) => listener.notifiedAfter(modSeq, answeredAtMs) ?? []),
    );
    return {
      ...this.scenario,
      framesPerDevice: {
        mean: frames.reduce((sum, each) => sum + each, 0) / frames.length,
        most: Math.max(...frames),
      },
      answerToFrame: timesOf(delays.map((ms) => Math.max(0, ms))),
      commitToPost: timesOf(this.cloud.takePushes().map(({ delayMs }) => delayMs)),
      echo,
    };
  }
}

/** Runs `times` calls, at most `atOnce` at a time. The first failure ends the run. */
async function inParallel(
  times: number,
  atOnce: number,
  act: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, worker));
}
