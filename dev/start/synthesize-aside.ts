import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCloudProblem, messageOf } from '../../packages/local-cloud/src/problem.js';
import type { Undo } from '../../packages/local-cloud/src/undo.js';
import { synthesize } from '../../scripts/synthesize.js';

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
