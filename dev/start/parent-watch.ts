import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf } from '../../packages/local-cloud/src/problem.js';

const run = promisify(execFile);

const LOOK_EVERY_MS = 1000;

/**
 * Tells when the npm that started this process is no more. It starts a shell which starts us: a killed npm leaves both
 * running, and a terminal that is closed by force does so too. Without npm nothing is watched.
 */
export async function watchParents(onGone: () => void): Promise<() => void> {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const grandparent = await parentOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === undefined || isRunning(grandparent))) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'ppid=', '-p', String(pid)]);
    const parent = Number(stdout.trim());
    return parent > 1 ? parent : undefined;
  } catch {
    return undefined; // no ps: the direct parent is watched
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
