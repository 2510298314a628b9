import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { aMessage } from '../../client/builders.js';
import { FakeCloud } from '../../client/fake-cloud.js';

const LINE = {
  conversationId: 'c1',
  participants: ['tel:+1', 'tel:+2'],
  direction: 'In',
  from: 'tel:+2',
  to: ['tel:+1'],
  date: '2026-01-31T08:15:00Z',
  imdnMessageId: 'i1',
  textContent: 'Good morning',
};
const ROOT = resolve(__dirname, '../../../..');
const started: ChildProcess[] = [];
let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await FakeCloud.start();
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await cloud.stop();
});

/** A command in its own process, as the npm script runs it. */
function startProcess(name: string, args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', `dev/cli/${name}.ts`, ...args], { cwd: ROOT });
  started.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, out, err }));
  const saw = async (text: string) => {
    while (!err.includes(text)) await once(child.stderr, 'data');
  };
  return { child, ended, saw };
}

const device = (url: string, ...more: string[]) =>
  startProcess('device', [
    '--user',
    'tel:+1',
    '--device',
    'phone',
    '--url',
    url,
    '--token',
    'secret',
    ...more,
  ]);

test('a missing server gets one line that says how to start one, and exit code 1', async () => {
  const url = cloud.url;
  await cloud.stop();
  const whom = ['--user', 'tel:+1', '--url', url];
  const file = join(await mkdtemp(join(tmpdir(), 'cli-')), 'one.jsonl');
  await writeFile(file, JSON.stringify(LINE));
  const runs = [startProcess('deposit', [file, ...whom]), startProcess('device', [...whom, '--device', 'd'])];
  for (const { ended } of runs)
    expect(await ended).toEqual({
      code: 1,
      out: '',
      err: `No answer from ${url} (ECONNREFUSED). Is the server running? The local cloud starts with: npm start\n`,
    });
  await rm(dirname(file), { recursive: true });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a connected device with exit code 0', async (signal) => {
  const { child, ended, saw } = device(cloud.url);
  await saw('live');
  child.kill(signal);
  expect((await ended).code).toBe(0);
});

test('a command ends quietly when the reader of its output has ended', async () => {
  for (let i = 1; i <= 2000; i++) cloud.changes.push(aMessage(`m${i}`, 'c1', i));
  cloud.pageSize = 1000;
  const { child, ended } = device(cloud.url, '--json');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const { code, err } = await ended;
  expect(code).toBe(0);
  expect(err).not.toMatch(/EPIPE|at /);
});
