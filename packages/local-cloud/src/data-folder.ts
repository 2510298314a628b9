import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFolder } from './folder-lock.js';
import { codeOf, LocalCloudProblem, messageOf } from './problem.js';

/** Marks a folder as a data folder, so that a mistyped `--data` does not write into another folder. */
const MARK = 'local-cloud.json';
const VERSION = 1;

/** The folder in which a local cloud keeps its data. Only one cloud at a time can use it. */
export interface DataFolder {
  /** Absolute path of a file or folder in it. */
  path(name: string): string;
  /** The value last written under a name, or undefined. @throws LocalCloudProblem when the file is damaged. */
  readJson(name: string): unknown;
  /** Replaces a file as a whole. Only its owner can read it. */
  writeJson(name: string, value: unknown): void;
  release(): void;
}

/**
 * Opens a data folder, or makes one of a missing or empty folder.
 * @throws LocalCloudProblem when the folder cannot be used, has other contents, or is in use by another cloud.
 */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  const folder = resolve(dir);
  const path = (name: string) => join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(path(MARK))) mark(folder);
    checkVersion(path(MARK));
  } catch (error) {
    if (error instanceof LocalCloudProblem) throw error;
    throw new LocalCloudProblem(`The data folder ${folder} cannot be used: ${reasonOf(error)}`);
  }
  const lock = lockFolder(path('lock'), folder);
  // The database of a killed cloud ends a moment after the cloud. Two databases must not write the same files.
  if (lock.takenOver) await delay(500);
  return {
    path,
    readJson: (name) => (existsSync(path(name)) ? parsedFile(path(name)) : undefined),
    writeJson(name, value) {
      writeFileSync(path(`${name}.new`), `${JSON.stringify(value)}\n`, { mode: 0o600 });
      renameSync(path(`${name}.new`), path(name));
    },
    release: lock.release,
  };
}

function mark(folder: string) {
  if (readdirSync(folder).length > 0) {
    throw new LocalCloudProblem(
      `The folder ${folder} must be empty or a data folder of the local cloud: choose another for --data`,
    );
  }
  chmodSync(folder, 0o700);
  writeFileSync(join(folder, MARK), `${JSON.stringify({ version: VERSION })}\n`, { mode: 0o600 });
}

function checkVersion(file: string) {
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: number };
  if (version !== VERSION) {
    throw new LocalCloudProblem(
      `The version in ${file} must be ${VERSION}, got ${version}: delete the data folder`,
    );
  }
}

function parsedFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new LocalCloudProblem(`${file} is damaged (${messageOf(error)}): delete the data folder`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of its path is a file',
};

const reasonOf = (error: unknown) => REASONS[codeOf(error) ?? ''] ?? messageOf(error);
