// npm test: lint, types, template, then every jest project. Further arguments go to jest, in one run of it; with
// --only-jest nothing else runs. The last line counts: the checks as one test each, a suite that cannot run as one that
// failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ONLY_JEST = '--only-jest';

/** The model runs on all cores in processes of its own, and is done soonest with nothing beside it. */
const JEST_RUNS = [
  ['--selectProjects', 'model', '--runInBand'],
  ['--ignoreProjects', 'model'],
];

const CHECKS = [
  { name: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'template', args: ['--import', 'tsx', 'scripts/synth.ts'] },
];

/** Runs Node with these arguments; what it says is kept, or shown at once. */
function node(args, { shown = false } = {}) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    env: {
      ...process.env,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: '1',
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
 * The counts of a jest run, by the report that it wrote (undefined: none) and its exit code. No test at all is a
 * failure, and so is an exit code that no failed test explains.
 */
export function countsOf(report, code) {
  if (!report) return { passed: 0, failed: 1 };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const unexplained = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed };
}

async function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'cpm-sync-test-'));
  const outputFile = join(folder, 'report.json');
  try {
    const { code } = await node(
      ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${outputFile}`, ...args],
      { shown: true },
    );
    return countsOf(readReport(outputFile), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function main(args) {
  const checks = args.includes(ONLY_JEST) ? [] : CHECKS;
  const results = await Promise.all(checks.map(check));
  const asked = args.filter((arg) => arg !== ONLY_JEST);
  const total = {
    passed: results.filter(Boolean).length,
    failed: results.filter((isPassed) => !isPassed).length,
  };
  for (const run of asked.length > 0 ? [asked] : JEST_RUNS) {
    const { passed, failed } = await jest(run);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
}
