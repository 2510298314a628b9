import { setTimeout as delay } from 'node:timers/promises';
import { DynamoRegistry } from '../core/dynamodb/registry.js';
import { DynamoStore } from '../core/dynamodb/store.js';
import type { BoxId } from '../core/model/items.js';
import { SyncProblem } from '../core/model/sync-problem.js';
import { systemClock } from '../core/ports/clock.js';
import type { Core } from '../core/ports/core.js';
import { deposit as commitDeposit } from '../core/write/deposit.js';
import type { OperationInput } from '../protocol/operation.js';
import type { BenchServer } from './support/server.js';

/** Outcome when this many writers of one box each deposit one message after the other. */
export interface Contention {
  readonly writers: number;
  readonly commits: number;
  readonly attemptsPerCommit: number;
  readonly busyShare: number; // of all requests, the part answered with 503 `busy`
  readonly commitsPerSecond: number;
}

const COMMITS = 480; // of all writers together
/** Lambda polls a stream four times a second. Unit: ms. */
const STREAM_POLLED_MS = 250;

/** Measures this many writers of one box, one number after the other. Calls `onCount` before each case. */
export async function measureContention(
  server: BenchServer,
  operations: readonly OperationInput[],
  writers: readonly number[],
  onCount: (writers: number) => void = () => undefined,
): Promise<Contention[]> {
  const { database, storeTable, registryTable } = server;
  const measured: Contention[] = [];
  for (const count of writers) {
    onCount(count);
    let attempts = 0;
    const core = {
      store: new DynamoStore(database, storeTable, registryTable),
      registry: new DynamoRegistry(database, registryTable),
      clock: systemClock,
      observe: (event, { attempt = 0 }) => {
        if (event === 'commit') attempts += Number(attempt) + 1;
      },
    } as Partial<Core> as Core;
    const box = `tel:+155504${String(count).padStart(2, '0')}` as BoxId;
    await commitDeposit(core, box, operations.slice(0, 1));
    attempts = 0;
    const reader = readStream(server, box);
    measured.push(await race(core, box, operations, count, () => attempts));
    await reader.stop();
  }
  return measured;
}

/** Runs the stream reader beside the writers: it applies commits to the view. */
function readStream(server: BenchServer, box: BoxId): { stop(): Promise<void> } {
  let isOver = false;
  const reading = (async () => {
    for (; !isOver; await delay(STREAM_POLLED_MS)) await server.readsStream(await server.streamOf(box));
  })();
  return {
    async stop() {
      isOver = true;
      await reading;
    },
  };
}

async function race(
  core: Core,
  box: BoxId,
  operations: readonly OperationInput[],
  writers: number,
  attempts: () => number,
): Promise<Contention> {
  let busy = 0;
  const write = async (writer: number) => {
    for (let i = 0; i < COMMITS / writers; i++) {
      const operation = { ...operations[i % operations.length], id: `w${writer}-${i}` };
      for (;;) {
        try {
          await commitDeposit(core, box, [operation]);
          break;
        } catch (error) {
          if (!(error instanceof SyncProblem) || error.kind !== 'busy') throw error;
          busy += 1;
          await delay(1000 * Math.random() * (error.details.retryAfterSeconds ?? 1)); // as a client does
        }
      }
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    writers,
    commits: COMMITS,
    attemptsPerCommit: attempts() / COMMITS,
    busyShare: busy / (COMMITS + busy),
    commitsPerSecond: COMMITS / seconds,
  };
}
