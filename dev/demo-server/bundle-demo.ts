import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalCloudProblem } from '@cpm-sync/local-cloud';
import { build } from 'esbuild';
import { projectRoot } from '../project-root.js';

interface BundledDemo {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

let bundled: Promise<BundledDemo> | undefined;

/** The demo page. The first request bundles it. @throws LocalCloudProblem when it cannot be bundled. */
export function bundledDemo(): Promise<BundledDemo> {
  bundled ??= bundle().catch((error) => {
    bundled = undefined;
    throw error;
  });
  return bundled;
}

async function bundle(): Promise<BundledDemo> {
  const demo = join(projectRoot, 'demo');
  const { outputFiles } = await build({
    entryPoints: { page: join(demo, 'main.tsx') },
    outdir: demo, // the build writes no file
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  }).catch((cause) => {
    throw new LocalCloudProblem(`The demo page cannot be bundled: ${cause.message}`);
  });
  const output = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return {
    html: await readFile(join(demo, 'index.html'), 'utf8'),
    script: output('.js'),
    style: output('.css'),
  };
}
