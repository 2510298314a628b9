import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandRun, LocalCloudProblem, messageOf } from '@cpm-sync/local-cloud';
import { synthesize } from '../../scripts/synthesize.js';

/**
 * Synthesizes the stack into a folder that the end of the run deletes. The folder belongs to this run alone: another
 * synthesis would replace the bundles of running functions.
 * @throws LocalCloudProblem when synthesis fails.
 */
export async function synthesizeAside({ atEnd }: Pick<CommandRun, 'atEnd'>): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'cpm-sync-local-'));
  atEnd(() => rmSync(outDir, { recursive: true, force: true }));
  try {
    await synthesize({ outDir });
  } catch (error) {
    throw new LocalCloudProblem(messageOf(error));
  }
  return outDir;
}
