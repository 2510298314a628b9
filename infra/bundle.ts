import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType } from 'aws-cdk-lib';
import { Code, type Runtime } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));
const FUNCTIONS = join(PROJECT_ROOT, 'functions');
const BUNDLE = 'index.mjs';

/** What CommonJS packages inside an ES module still ask for. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Every folder of functions/ that holds a handler. */
const handlerNames = (): string[] =>
  readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, 'handler.ts')));

/** All bundles by function name, each one file with all it imports, the AWS SDK included. */
function bundleAll(): ReadonlyMap<string, Uint8Array> {
  const names = handlerNames();
  const { outputFiles } = buildSync({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: names.map((name) => ({ in: join(FUNCTIONS, name, 'handler.ts'), out: name })),
    outdir: PROJECT_ROOT, // nothing is written there
    write: false,
    bundle: true,
    minify: true,
    keepNames: true, // stack traces stay readable without a source map
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'node20', // the local cloud runs the same bundles on the developer's Node
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  return new Map(names.map((name, i) => [name, outputFiles[i]?.contents ?? new Uint8Array()]));
}

let bundles: ReadonlyMap<string, Uint8Array> | undefined;

/** Made together, when the first one is asked for: what they share is read once. */
function bundleOf(name: string): Uint8Array {
  bundles ??= bundleAll();
  const bundle = bundles.get(name);
  if (!bundle) throw new Error(`there is no handler in functions/${name}`);
  return bundle;
}

/** The code of a function. Its hash is that of the bundle, so that only what has changed is deployed. */
export const bundledCode = (name: string, runtime: Runtime): Code =>
  Code.fromAsset(FUNCTIONS, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: runtime.bundlingImage, // never pulled: the local bundling always answers
      command: [name], // tells the assets of one source apart
      local: {
        tryBundle(outDir) {
          writeFileSync(join(outDir, BUNDLE), bundleOf(name));
          return true;
        },
      },
    },
  });
