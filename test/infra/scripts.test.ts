import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPTS = join(__dirname, '../../scripts');

/** The value of an expression over a script's exports, computed in a process of its own. */
function evaluated(script: string, expression: string): unknown {
  const url = pathToFileURL(join(SCRIPTS, script)).href;
  const code = `const it = await import('${url}'); console.log(JSON.stringify(${expression}) ?? 'null');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

describe('ready', () => {
  let project: string;

  const write = (file: string, content: object) =>
    writeFileSync(join(project, file), JSON.stringify(content));
  const ready = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/ready.mjs'], {
      cwd: project,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };

  /** A project whose one package lies beside it, so that installing needs no network. */
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'cpm-sync-ready-'));
    for (const folder of ['scripts', 'part']) mkdirSync(join(project, folder));
    copyFileSync(join(SCRIPTS, 'ready.mjs'), join(project, 'scripts/ready.mjs'));
    write('part/package.json', { name: 'part', version: '1.0.0' });
    write('package.json', { name: 'whole', version: '1.0.0', dependencies: { part: 'file:part' } });
    lock('1.0.0');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const lock = (version: string) =>
    write('package-lock.json', {
      name: 'whole',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name: 'whole', version: '1.0.0', dependencies: { part: 'file:part' } },
        'node_modules/part': { resolved: 'part', link: true },
        part: { version },
      },
    });

  test('packages are installed once, with one line, and then it says nothing', () => {
    expect(ready()).toEqual({ status: 0, said: 'Installing packages (npm ci) …\n' });
    expect(existsSync(join(project, 'node_modules/part/package.json'))).toBe(true);
    expect(ready()).toEqual({ status: 0, said: '' });
  }, 30_000);

  test('packages that npm has installed itself are left alone', () => {
    spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: project });
    expect(ready()).toEqual({ status: 0, said: '' });
  }, 30_000);

  test('another lock file is installed anew', () => {
    ready();
    write('part/package.json', { name: 'part', version: '1.0.1' });
    lock('1.0.1');
    expect(ready()).toEqual({ status: 0, said: 'Installing packages (npm ci) …\n' });
  }, 30_000);

  test('when npm fails, it says why and what to do', () => {
    write('package.json', {
      name: 'whole',
      version: '1.0.0',
      dependencies: { part: 'file:part', other: '1.0.0' },
    });
    const { status, said } = ready();
    expect(status).toBe(1);
    expect(said).toContain('EUSAGE');
    expect(said).toContain('npm ci failed. Check that');
  }, 30_000);

  test.each([
    ['18.20.4', 'Node.js must be version 20 or later, got 18.20.4. Install it from https://nodejs.org.'],
    ['20.0.0', null],
    ['24.1.0', null],
  ])('on Node %s it says %j', (version, fault) => {
    expect(evaluated('ready.mjs', `it.nodeFault('${version}')`)).toBe(fault);
  });
});

describe('the counts of a test run', () => {
  const report = (passed: number, failed: number, broken: number) => ({
    numPassedTests: passed,
    numFailedTests: failed,
    numRuntimeErrorTestSuites: broken,
  });

  test.each([
    ['all passed', report(5, 0, 0), 0, { passed: 5, failed: 0 }],
    ['some failed', report(5, 2, 0), 1, { passed: 5, failed: 2 }],
    ['a suite that cannot run counts as failed', report(5, 0, 1), 1, { passed: 5, failed: 1 }],
    ['no test at all is a failure', report(0, 0, 0), 0, { passed: 0, failed: 1 }],
    ['so is an exit code that no test explains', report(5, 0, 0), 1, { passed: 5, failed: 1 }],
    ['so is a run without a report', undefined, 0, { passed: 0, failed: 1 }],
  ])('%s', (_, result, code, counts) => {
    expect(evaluated('test.mjs', `it.countsOf(${JSON.stringify(result)}, ${code})`)).toEqual(counts);
  });
});

describe('advisories', () => {
  const weakness = (name: string, severity: string) => ({ [name]: { name, severity } });

  test.each([
    [
      'names high and critical ones',
      { ...weakness('a', 'high'), ...weakness('b', 'critical') },
      ['a: high', 'b: critical'],
      0,
    ],
    ['counts the others', { ...weakness('a', 'low'), ...weakness('b', 'moderate') }, [], 2],
    ['finds none', {}, [], 0],
  ])('%s', (_, vulnerabilities, severe, others) => {
    const text = JSON.stringify(JSON.stringify({ vulnerabilities }));
    expect(evaluated('advisories.mjs', `it.advisoriesIn(${text})`)).toEqual({ kind: 'read', severe, others });
  });

  test.each(['', '{"message":"405 Method Not Allowed","statusCode":405}'])(
    'are unavailable when npm prints %j',
    (text) => {
      expect(evaluated('advisories.mjs', `it.advisoriesIn(${JSON.stringify(text)})`)).toEqual({
        kind: 'unavailable',
      });
    },
  );
});
