import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType } from 'aws-cdk-lib';
import { Code, type Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';

const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));
const FUNCTIONS = join(PROJECT_ROOT, 'functions');
const BUNDLE = 'index.mjs';
const MAP = `${BUNDLE}.map`;

/** What the SDK brings along for other surroundings than Lambda's. */
const IN_PLACE_OF = Object.fromEntries(
  [
    ['@aws-sdk/credential-provider-node', 'credential-provider-node.ts'],
    ['@smithy/core/checksum', 'checksum.ts'],
    ['@smithy/core/config', 'config.ts'],
    ['@smithy/core/event-streams', 'event-streams.ts'],
    ['@smithy/core/serde', 'serde.ts'],
    ['@aws-sdk/core/client', 'aws-client.ts'],
    ['@aws-sdk/middleware-endpoint-discovery', 'endpoint-discovery.ts'],
  ].map(([name, file]) => [name, join(PROJECT_ROOT, 'infra', 'in-place-of', file ?? '')]),
);

/** What CommonJS packages inside an ES module still ask for. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Every folder of functions/ that holds a handler. */
export const handlerNames = (): string[] =>
  readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, 'handler.ts')));

/** A bundle: one file with all that it imports, the AWS SDK included, and the map that leads back to the sources. */
interface Bundle {
  readonly code: Uint8Array;
  readonly map: Uint8Array;
}

/** How every function is bundled. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  minify: true,
  sourcemap: 'linked', // read when an error is logged, never at the start
  sourcesContent: false,
  alias: IN_PLACE_OF,
  loader: { '.json': 'empty' }, // each AWS client imports its package.json, to send its version
  legalComments: 'none',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  platform: 'node',
  target: 'node20', // the local cloud runs the same bundles on the developer's Node
  mainFields: ['module', 'main'],
  banner: { js: REQUIRE_BANNER },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** All bundles by function name. */
function bundleAll(): ReadonlyMap<string, Bundle> {
  const names = handlerNames();
  const { outputFiles } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: names.map((name) => ({ in: join(FUNCTIONS, name, 'handler.ts'), out: `${name}/index` })),
    outdir: PROJECT_ROOT, // nothing is written there
    write: false,
  });
  const output = (name: string): Uint8Array => {
    const file = outputFiles.find(({ path }) => path === join(PROJECT_ROOT, name));
    if (!file) throw new Error(`esbuild made no ${name}`);
    return file.contents;
  };
  return new Map(
    names.map((name) => [name, { code: output(`${name}/${BUNDLE}`), map: output(`${name}/${MAP}`) }]),
  );
}

let bundles: ReadonlyMap<string, Bundle> | undefined;

/** Made together, when the first one is asked for: what they share is read once. */
function bundleOf(name: string): Bundle {
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
          const { code, map } = bundleOf(name);
          writeFileSync(join(outDir, BUNDLE), code);
          writeFileSync(join(outDir, MAP), map);
          return true;
        },
      },
    },
  });
