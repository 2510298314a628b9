import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS, handlerNames } from '../../infra/bundle.js';
import { sampleEvent } from '../support/sample-events.js';
import type { WholeServer } from '../support/whole.js';
import { heavyEvents } from './heavy-events.js';

/** Use of a function's process. Units: MB of resident memory, ms of processor time. */
export interface MemoryUse {
  readonly function: string;
  readonly events: number;
  readonly startMb: number; // after loading
  readonly peakMb: number;
  readonly startCpuMs: number;
  readonly cpuMs: number; // of the median event
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/** Gives heavy events to the bundle of each function, each in its own process as on Lambda. */
export async function measureMemory(
  server: WholeServer,
  onFunction: (name: string) => void = () => undefined,
): Promise<MemoryUse[]> {
  onFunction('filling a box');
  const heavy = await heavyEvents(server);
  const folder = mkdtempSync(join(tmpdir(), 'cpm-sync-memory-'));
  try {
    const used: MemoryUse[] = [];
    for (const name of order(handlerNames())) {
      onFunction(name);
      const file = join(folder, `${name}.mjs`);
      const entry = join(ROOT, 'functions', name, 'handler.ts');
      await build({ ...BUNDLE_OPTIONS, entryPoints: [entry], outfile: file });
      const events = (await heavy[name]?.()) ?? [sampleEvent(name)];
      used.push({ function: name, events: events.length, ...(await runChild(file, events)) });
    }
    return used;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The functions that empty the box must run last. */
const order = (names: readonly string[]): string[] => [
  ...names.filter((name) => name !== 'purger'),
  ...names.filter((name) => name === 'purger'),
];

function runChild(file: string, events: readonly unknown[]): Promise<Omit<MemoryUse, 'function' | 'events'>> {
  const child = fork(CHILD, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  return new Promise((settle, fail) => {
    child.once('message', (message) => settle(message as Omit<MemoryUse, 'function' | 'events'>));
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`${file} ended with ${code} before it had answered`)));
    child.send(events);
  });
}
