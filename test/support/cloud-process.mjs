// The local cloud for end-to-end tests, as a process outside jest. Plain Node, because global setup runs
// untransformed.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const STOP_WITHIN_MS = 10_000;
const quiet = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

const ended = (child) =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((settle) => child.once('exit', settle))
    : Promise.resolve();

/** Writes template and bundles into the folder; several clouds may use them. */
async function synthesize(outDir) {
  const script =
    "import { synthesize } from './scripts/synthesize.ts'; await synthesize({ outDir: process.argv[1] });";
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, outDir];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: quiet,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await ended(child);
  if (child.exitCode !== 0) throw new Error('The stack could not be synthesized');
}

/** The line of JSON with which a cloud reports that it is ready. */
function readyLine(child) {
  return new Promise((settle, fail) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (said.includes('\n')) settle(JSON.parse(said.split('\n', 1)[0]));
    });
    child.once('exit', () => fail(new Error('The local cloud ended before it was ready')));
  });
}

/**
 * Starts a cloud on a free port. It ends with `stop`, and with this process: by an exit handler, and because
 * it stops when the channel between the two closes, even after a kill.
 */
export async function startCloud() {
  const folder = mkdtempSync(join(tmpdir(), 'cpm-sync-e2e-'));
  const outDir = join(folder, 'cdk.out');
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    await synthesize(outDir);
  } catch (error) {
    removeFolder();
    throw error;
  }
  const logFile = join(folder, 'cloud.log');
  const log = openSync(logFile, 'w');
  const args = [
    '--import',
    'tsx',
    'dev/start/main.ts',
    '--port',
    '0',
    '--json',
    '--no-sample',
    '--out-dir',
    outDir,
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: quiet,
    stdio: ['ignore', 'pipe', log, 'ipc'],
  });
  closeSync(log);
  const kill = () => {
    child.kill('SIGKILL'); // its database ends with it
    removeFolder();
  };
  process.once('exit', kill);
  const stop = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended(child);
    clearTimeout(patience);
    process.off('exit', kill);
    removeFolder();
  };
  try {
    const { url, socketUrl, issuer, dynamodbEndpoint, tables } = await readyLine(child);
    const named = (start) => Object.entries(tables).find(([id]) => id.startsWith(start))?.[1];
    const [storeTable, registryTable] = [named('TablesStore'), named('TablesRegistry')];
    const facts = {
      url,
      socketUrl,
      issuer,
      dynamodbEndpoint,
      storeTable,
      registryTable,
      outDir,
      pid: child.pid,
    };
    return { facts, stop };
  } catch (error) {
    error.message += `:\n${readFileSync(logFile, 'utf8')}`;
    await stop();
    throw error;
  }
}
