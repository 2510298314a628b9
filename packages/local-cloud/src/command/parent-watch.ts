import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf } from '../problem.js';

const run = promisify(execFile);

const CHECK_EVERY_MS = 1000;

/**
 * Calls `onGone` when the npm that started this process has ended. Does nothing in a process without npm.
 * npm starts a shell, and the shell starts this process. A killed npm or a closed terminal leaves both running.
 * @returns a function that ends the watch.
 */
export async function watchParents(onGone: () => void): Promise<() => void> {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const grandparent = await parentOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === undefined || isRunning(grandparent))) return;
    clearInterval(timer);
    onGone();
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'ppid=', '-p', String(pid)]);
    const parent = Number(stdout.trim());
    return parent > 1 ? parent : undefined;
  } catch {
    return undefined; // without ps, only the direct parent is watched
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
