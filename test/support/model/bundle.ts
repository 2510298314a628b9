import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * Bundles a worker once into one file, so that its processes start at once and run as fast as in production.
 */
export async function bundled(
  worker: string,
  plugins: Plugin[] = [],
): Promise<{ file: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cpm-sync-model-'));
  const file = join(folder, 'worker.mjs');
  await build({
    entryPoints: [join(process.cwd(), worker)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins,
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
