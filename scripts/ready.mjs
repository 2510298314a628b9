// Runs before every npm script. It checks the version of Node and installs the packages of package-lock.json.
// It must use only Node itself, since no package may be installed yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_AT_LEAST = 20;
const STAMP = 'node_modules/.ready';
const INSTALLED = 'node_modules/.package-lock.json'; // npm's own record of the installed packages

/** The reason why this version of Node is too old; undefined if it is not. */
export function nodeFault(version) {
  if (Number.parseInt(version, 10) >= NODE_AT_LEAST) return undefined;
  return `Node.js must be version ${NODE_AT_LEAST} or later, got ${version}. Install it from https://nodejs.org.`;
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Whether npm's record matches the lock file. Optional packages may be absent on this platform. */
function installedAsLocked(root) {
  if (!existsSync(join(root, INSTALLED))) return false;
  const { '': _project, ...locked } = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(join(root, INSTALLED)).packages;
  const same = ([path, { integrity, version, optional, devOptional, peer }]) => {
    const found = installed[path];
    if (!found) return Boolean(optional || devOptional || peer);
    return found.version === version && found.integrity === integrity;
  };
  return Object.entries(locked).every(same) && Object.keys(installed).every((path) => path in locked);
}

/**
 * Whether node_modules matches package-lock.json. A stamp file makes this check fast after the first time.
 */
export function isInstalled(root) {
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  if (!installedAsLocked(root)) return false;
  writeFileSync(stamp, digest);
  return true;
}

/** The npm that started this script, or else the one on the path. */
const npmCommand = () =>
  process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, [process.env.npm_execpath], false]
    : ['npm', [], process.platform === 'win32'];

function install(root) {
  const [command, first, shell] = npmCommand();
  const child = spawn(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  return new Promise((settle) => {
    child.on('error', (error) => settle({ failed: true, said: String(error) }));
    child.on('close', (code) => settle({ failed: code !== 0, said }));
  });
}

/** Installs the packages and shows the elapsed time on one line. */
async function installShown(root) {
  const begun = Date.now();
  const line = () => `Installing packages (npm ci), ${Math.round((Date.now() - begun) / 1000)} s`;
  const { stdout } = process;
  const ticking = stdout.isTTY ? setInterval(() => stdout.write(`\r${line()}`), 1000) : undefined;
  if (!ticking) console.log('Installing packages (npm ci) …');
  const { failed, said } = await install(root);
  clearInterval(ticking);
  if (stdout.isTTY) stdout.write(`\r${line()}\n`);
  if (!failed) return true;
  console.error(said.trim());
  console.error(
    'npm ci failed. Check that the registry of npm can be reached (npm ping) and that package-lock.json is as committed (git checkout package-lock.json), then try again.',
  );
  return false;
}

/** @returns whether the project is ready to run. */
export async function ready(root) {
  const fault = nodeFault(process.versions.node);
  if (fault) console.error(fault);
  if (fault) return false;
  if (isInstalled(root)) return true;
  if (!(await installShown(root))) return false;
  return isInstalled(root);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = (await ready(fileURLToPath(new URL('..', import.meta.url)))) ? 0 : 1;
}
