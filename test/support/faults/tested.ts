import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Fault } from './faults.js';
import { withFault } from './planted.js';

/** Unit: ms. Tests that take longer do not come to an end, which is a failure. */
const LONGEST_MS = 60_000;

/** Whether the unit tests of a file fail once the fault is in the source. @throws Error where the fault is out of date. */
export async function failsIn(test: string, fault: Fault, signal: AbortSignal): Promise<boolean> {
  withFault(fault, await readFile(fault.file, 'utf8'));
  const { file, from, to } = fault;
  const jest = spawn('node', ['node_modules/jest/bin/jest.js', test, '--selectProjects', 'unit', '--bail'], {
    env: { ...process.env, CPM_FAULT: JSON.stringify({ file, from, to }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  jest.stderr.on('data', (data) => {
    said += data;
  });
  const stop = () => jest.kill('SIGKILL');
  let isEndless = false;
  const limit = setTimeout(() => {
    isEndless = true;
    stop();
  }, LONGEST_MS);
  signal.addEventListener('abort', stop, { once: true });
  const [code] = await once(jest, 'exit');
  signal.removeEventListener('abort', stop);
  clearTimeout(limit);
  // A run without tests fails as well, and says nothing about the fault.
  return isEndless || (code === 1 && /Tests: +[1-9]\d* failed/.test(said));
}
