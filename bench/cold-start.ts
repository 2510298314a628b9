import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { BUNDLE_OPTIONS, handlerNames } from '../infra/bundle.js';
import { ratioOf, timesOf } from './support/timing.js';

/**
 * A function's bundle, compared with an empty handler that has the same AWS clients and commands. Units:
 * bytes, ms.
 */
export interface ColdStart {
  readonly function: string;
  readonly bytes: number;
  readonly emptyBytes: number;
  readonly importMs: number;
  readonly emptyImportMs: number;
  readonly ratio: number | undefined; // of the import times; undefined without an AWS client, since the empty handler then imports nothing
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = /node_modules\/(@aws-sdk\/client-[a-z-]+)\/dist-es\/commands\/(\w+Command)\.js$/;
const CLIENT = /node_modules\/(@aws-sdk\/client-[a-z-]+)\/dist-es\/(\w+Client)\.js$/;

/** Imports each bundle in its own process, alternating with its empty counterpart. */
export async function measureColdStarts({
  rounds,
  onFunction = () => undefined,
}: {
  rounds: number;
  onFunction?: (name: string) => void;
}): Promise<ColdStart[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cpm-sync-bench-'));
  try {
    const measured: ColdStart[] = [];
    for (const name of handlerNames()) {
      onFunction(name);
      measured.push(await measureOne(name, folder, rounds));
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOne(name: string, folder: string, rounds: number): Promise<ColdStart> {
  const full = join(folder, `${name}.mjs`);
  const empty = join(folder, `${name}-empty.mjs`);
  const entry = join(ROOT, 'functions', name, 'handler.ts');
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [entry],
    outfile: full,
    metafile: true,
  });
  const { contents, hasClients } = emptyHandler(metafile);
  const stdin = { contents, resolveDir: ROOT, loader: 'ts' as const };
  await build({ ...BUNDLE_OPTIONS, stdin, outfile: empty });
  const samples: { full: number[]; empty: number[] } = { full: [], empty: [] };
  for (let round = 0; round < rounds; round++) {
    samples.empty.push(await importMs(empty));
    samples.full.push(await importMs(full));
  }
  const [ours, floor] = [timesOf(samples.full).median, timesOf(samples.empty).median];
  return {
    function: name,
    bytes: statSync(full).size,
    emptyBytes: statSync(empty).size,
    importMs: ours,
    emptyImportMs: floor,
    ratio: hasClients ? ratioOf(samples.full, samples.empty) : undefined,
  };
}

/** An empty handler with the same AWS clients as the bundle. */
function emptyHandler({ outputs }: Metafile): { contents: string; hasClients: boolean } {
  const [output] = Object.values(outputs).filter(({ entryPoint }) => entryPoint);
  const files = Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [file] : [],
  );
  const named = (pattern: RegExp) =>
    files.flatMap((file) => [pattern.exec(file)?.slice(1) ?? []].filter(({ length }) => length));
  const clients = named(CLIENT);
  const imports = [...clients, ...named(COMMAND)].map(([from, what]) => `import { ${what} } from '${from}';`);
  const settings = `{ region: 'eu-central-1', endpoint: 'http://127.0.0.1:1' }`;
  const contents = `${imports.join('\n')}
    export const clients = [${clients.map(([, client]) => `new ${client}(${settings})`).join(', ')}];
    export const commands = [${named(COMMAND)
      .map(([, command]) => command)
      .join(', ')}];
    export const handler = async () => ({ statusCode: 204 });`;
  return { contents, hasClients: clients.length > 0 };
}

/**
 * Measures processor time instead of elapsed time. Importing waits for nothing, and other processes must not
 * distort the result.
 */
const MEASURE = `
  const before = process.cpuUsage();
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String((user + system) / 1000));
  process.exit(0);`;

/** The environment in which Lambda starts a function. */
const ENVIRONMENT = {
  STORE_TABLE: 'store',
  TIMELINE: '0',
  REGISTRY_TABLE: 'registry',
  PUSH_QUEUE_URL: 'https://example.com/push',
  PURGE_QUEUE_URL: 'https://example.com/purge',
  ERASE_QUEUE_URL: 'https://example.com/erase',
  ERASE_SETTLE_SECONDS: '5',
  TOKEN_SECRET_ID: 'token-key',
  SOCKET_CALLBACK_URL: 'https://example.com/v1',
  SOCKET_URL: 'wss://example.com/v1',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  SERVICE_NAME: 'bench',
};

async function importMs(file: string): Promise<number> {
  const args = ['--input-type=module', '--eval', MEASURE, pathToFileURL(file).href];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...ENVIRONMENT },
  });
  return Number(stdout.trim().split('\n').at(-1));
}
