import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, LocalCloudProblem } from './problem.js';

const DYING_MS = 3000;
const LOOK_AGAIN_MS = 50;

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same number, where the system says it. */
  readonly startedAt: string | undefined;
}

export interface FolderLock {
  /** Whether a process held it that is no more. */
  readonly takenOver: boolean;
  release(): void;
}

/**
 * Takes the lock of a folder; one that was left behind by a dead process is taken over.
 * @throws LocalCloudProblem when a living process has it.
 */
export function lockFolder(file: string, folder: string): FolderLock {
  const deadline = Date.now() + DYING_MS;
  let takenOver = false;
  while (!claimed(file)) {
    const holder = holderOf(file);
    if (holder && isAlive(holder)) {
      // One that was killed a moment ago takes its time to go.
      if (Date.now() < deadline) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
        continue;
      }
      throw new LocalCloudProblem(`The data folder ${folder} is in use by process ${holder.pid}`);
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
    return undefined; // cut off by a kill, or gone meanwhile
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

/** The fields of /proc/PID/stat behind the name of the program, which may hold spaces; none where there is no /proc. */
function fieldsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

/** Dead, but nobody has asked for its exit code yet. */
const isZombie = (pid: number): boolean => fieldsOf(pid)[0] === 'Z';

/** When a process was started, in clock ticks since the system was; undefined where there is no /proc. */
const startOf = (pid: number): string | undefined => fieldsOf(pid)[19];
