import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, LocalCloudProblem } from './problem.js';

/** A killed process may hold its lock so long before it has ended. */
const DYING_MS = 3000;
const CHECK_EVERY_MS = 50;

interface Holder {
  readonly pid: number;
  /** Distinguishes a process from a later one with the same number. Undefined where there is no /proc. */
  readonly startedAt: string | undefined;
}

/** The lock of a folder. */
export interface FolderLock {
  /** Whether the previous holder ended without releasing the lock. */
  readonly takenOver: boolean;
  release(): void;
}

/**
 * Takes the lock of a folder. A lock that a dead process has left is taken over.
 * @throws LocalCloudProblem when a running process holds the lock.
 */
export function lockFolder(file: string, folder: string): FolderLock {
  const deadline = Date.now() + DYING_MS;
  let takenOver = false;
  while (!claimed(file)) {
    const holder = holderOf(file);
    if (holder && isAlive(holder)) {
      // A process that was killed a moment ago may still be ending.
      if (Date.now() < deadline) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CHECK_EVERY_MS);
        continue;
      }
      throw new LocalCloudProblem(
        `The data folder ${folder} is in use by process ${holder.pid}: stop it, or choose another folder`,
      );
    }
    rmSync(file, { force: true });
    takenOver = true;
  }
  return { takenOver, release: () => rmSync(file, { force: true }) };
}

function claimed(file: string): boolean {
  try {
    const holder: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
    writeFileSync(file, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new LocalCloudProblem(`The lock ${file} cannot be written: ${codeOf(error)}`);
  }
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined; // half written by a killed process, or released meanwhile
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  return !isZombie(pid) && (startedAt === undefined || startedAt === startOf(pid));
}

/** The fields of /proc/PID/stat after the program name, which may contain spaces. Empty where there is no /proc. */
function fieldsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

/** Whether a process has ended, but its parent has not read its exit code yet. */
const isZombie = (pid: number): boolean => fieldsOf(pid)[0] === 'Z';

/** Start of a process, in clock ticks since boot. Undefined where there is no /proc. */
const startOf = (pid: number): string | undefined => fieldsOf(pid)[19];
