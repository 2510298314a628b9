import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Fault } from './fault.js';
import { withFault } from './planted.js';

/** Unit: ms. A test that a fault keeps from ending is stopped after this time, and has failed. */
const LONGEST_MS = 120_000;

interface Options {
  readonly fault?: Fault;
  readonly titles?: readonly string[]; // absent: all tests of the files
  readonly limitMs?: number;
  readonly signal: AbortSignal;
}

/**
 * Runs the tests of files that one jest project has.
 * @returns the files in which a test failed or did not end
 * @throws Error when a file ran no test, which says nothing about the fault.
 */
async function failedFiles(
  files: readonly string[],
  { fault, titles, limitMs = Number.POSITIVE_INFINITY, signal }: Options,
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cpm-sync-faults-'));
  const outputFile = join(folder, 'report.json');
  const project = projectOf(files[0] ?? '');
  const args = [...files, '--selectProjects', project, '--json', `--outputFile=${outputFile}`];
  if (titles) args.push('--testNamePattern', titles.map(escaped).join('|'));
  if (fault) args.push('--runInBand');
  try {
    const { isEndless, errors } = await ended(args, fault, { limitMs, signal });
    if (isEndless || signal.aborted) return files;
    const report = await readFile(outputFile, 'utf8').catch(() => '{}');
    return failedIn(JSON.parse(report) as JestReport, files, errors);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs jest to its end, or to the limit of time. */
async function ended(
  args: readonly string[],
  fault: Fault | undefined,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<{ isEndless: boolean; errors: string }> {
  const jest = spawn('node', ['node_modules/jest/bin/jest.js', ...args], {
    env: { ...process.env, CPM_FAULT: JSON.stringify(fault ?? {}) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  jest.stderr.on('data', (data) => {
    errors += data;
  });
  let isEndless = false;
  const stop = () => jest.kill('SIGKILL');
  const limit = Number.isFinite(limitMs)
    ? setTimeout(() => {
        isEndless = true;
        stop();
      }, limitMs)
    : undefined;
  signal.addEventListener('abort', stop, { once: true });
  await once(jest, 'close');
  signal.removeEventListener('abort', stop);
  clearTimeout(limit);
  return { isEndless, errors };
}

/** The jest project of a test file: jest.config.mjs. */
const projectOf = (file: string): string => (file.startsWith('test/') ? (file.split('/')[1] ?? '') : 'local');

interface JestReport {
  readonly testResults?: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function failedIn({ testResults = [] }: JestReport, files: readonly string[], errors: string): string[] {
  const ran = testResults.filter(({ assertionResults }) =>
    assertionResults.some(({ status }) => status === 'failed' || status === 'passed'),
  );
  if (ran.length < files.length) throw new Error(`a file ran no test: ${errors.slice(-500)}`);
  return ran
    .filter(({ assertionResults }) => assertionResults.some(({ status }) => status === 'failed'))
    .map(({ name }) => relative(process.cwd(), name));
}

const escaped = (title: string) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether the test that the fault names fails with the fault. @throws Error where the fault is out of date. */
export async function failsIn(test: string, fault: Fault, signal: AbortSignal): Promise<boolean> {
  withFault(fault, await readFile(fault.file, 'utf8'));
  const titles = fault.title === undefined ? {} : { titles: [fault.title] };
  return (await failedFiles([test], { fault, ...titles, limitMs: LONGEST_MS, signal })).length > 0;
}

/** The files of tests that fail without any fault: their failures prove nothing. */
export async function failingAnyway(
  faults: readonly Fault[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const titlesOf = new Map<string, (string | undefined)[]>();
  for (const { test, title } of faults)
    if (test !== undefined) titlesOf.set(test, [...(titlesOf.get(test) ?? []), title]);
  const failed: string[] = [];
  const wholeByProject = new Map<string, string[]>();
  for (const [file, given] of titlesOf) {
    const titles = given.filter((title) => title !== undefined);
    const project = projectOf(file);
    if (titles.length < given.length)
      wholeByProject.set(project, [...(wholeByProject.get(project) ?? []), file]);
    else failed.push(...(await failedFiles([file], { titles, signal })));
  }
  for (const files of wholeByProject.values()) failed.push(...(await failedFiles(files, { signal })));
  return failed;
}
