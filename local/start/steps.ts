import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../scripts/synthesize.js';
import { LocalCloudProblem, messageOf } from '../problem.js';
import type { Undo } from '../undo.js';

/** Runs a step and says what it is and how long it took. */
export async function step<Result>(
  say: (line: string) => void,
  title: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const begun = Date.now();
  const result = await run();
  say(`${title} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  return result;
}

/** Synthesizes the stack into a folder of its own: another synthesis must not take the bundles from under our functions. */
export async function synthesizeAside(undo: Undo): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'cpm-sync-local-'));
  undo.later(() => rmSync(outDir, { recursive: true, force: true }));
  try {
    await synthesize({ outDir });
  } catch (error) {
    throw new LocalCloudProblem(messageOf(error));
  }
  return outDir;
}
