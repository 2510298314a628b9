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

/** SDK modules that a bundle replaces, because a cold start would take a third longer: docs/decisions/0065-three-sdk-modules.md. */
const SDK_MODULES = Object.fromEntries(
  [
    ['@aws-sdk/credential-provider-node', 'credential-provider-node.ts'],
    ['@aws-sdk/core/client', 'aws-client.ts'],
    ['@smithy/core/event-streams', 'event-streams.ts'],
  ].map(([name, file]) => [name, join(PROJECT_ROOT, 'infra', 'sdk-modules', file ?? '')]),
);

/** CommonJS packages inside an ES module call `require`. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Names of all folders of functions/ that contain a handler. */
export const handlerNames = (): string[] =>
  readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, 'handler.ts')));

/** A bundle: one file with all of its imports, including the AWS SDK, and the source map. */
interface Bundle {
  readonly code: Uint8Array;
  readonly map: Uint8Array;
}

/** How every function is bundled. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  minify: true,
  sourcemap: 'linked', // a function reads the map when it logs an error, never at its start
  sourcesContent: false,
  alias: SDK_MODULES,
  loader: { '.json': 'empty' }, // each AWS client imports its package.json to send its version
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
    outdir: PROJECT_ROOT, // esbuild writes nothing
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

/** The first request builds all bundles together, so that esbuild reads shared files once. */
function bundleOf(name: string): Bundle {
  bundles ??= bundleAll();
  const bundle = bundles.get(name);
  if (!bundle) throw new Error(`functions/${name} must contain a handler.ts`);
  return bundle;
}

/** The code of a function. Its hash is the hash of the bundle, so that a deployment updates only changed functions. */
export const bundledCode = (name: string, runtime: Runtime): Code =>
  Code.fromAsset(FUNCTIONS, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: runtime.bundlingImage, // never pulled: local bundling always succeeds
      command: [name], // distinguishes the assets of one source
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
