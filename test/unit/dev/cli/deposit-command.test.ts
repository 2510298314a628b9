import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { depositCommand } from '../../../../dev/cli/deposit-command.js';
import { problem } from '../../client/loopback.js';
import { FakeParticipation } from './fake-participation.js';
import { runCaptured } from './run-captured.js';

const USER = 'tel:+6590000000';

let folder: string;
let server: FakeParticipation;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deposit-'));
  server = await FakeParticipation.start();
});
afterEach(async () => {
  await server.loopback.close();
  await rm(folder, { recursive: true });
});

const aLine = (number: number, more: object = {}) => ({
  conversationId: `c${number % 3}`,
  participants: [USER, `tel:+655000${number % 3}`],
  direction: 'In',
  from: `tel:+655000${number % 3}`,
  to: [USER],
  date: '2011-11-24T01:37:01Z',
  imdnMessageId: `imdn-${number}`,
  textContent: `text ${number}`,
  seen: false,
  ...more,
});

const lines = (count: number) => Array.from({ length: count }, (_, i) => aLine(i + 1));

async function aFile(content: (object | string)[]): Promise<string> {
  const path = join(folder, 'messages.jsonl');
  const text = content.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');
  await writeFile(path, `${text}\n`);
  return path;
}

const deposit = (path: string, ...more: string[]) =>
  runCaptured(depositCommand, [path, '--user', USER, '--url', server.url, ...more]);

const countsOf = ({ out }: { out: string[] }) => JSON.parse(out[0] ?? '');
const NONE = { lines: 0, deposited: 0, alreadyThere: 0, deletedSince: 0, wrong: 0, refused: 0 };

test('every line becomes one message of its conversation, in batches of 50 to the box of the user', async () => {
  const run = await deposit(await aFile(lines(120)), '--json');
  expect(run.code).toBe(0);
  expect(countsOf(run)).toEqual({ ...NONE, lines: 120, deposited: 120 });
  expect(server.batches).toEqual([50, 50, 20]);
  expect(server.loopback.received.at(-1)).toMatchObject({
    method: 'POST',
    path: '/v1/users/tel%3A%2B6590000000/operations',
    authorization: 'Bearer token-1',
  });
  expect(server.stored.size).toBe(120);
});

test('a message is created with the id made of date and imdnMessageId, its conversation, and whether it was seen', async () => {
  const group = [USER, 'tel:+6550001', 'tel:+6550002'];
  await deposit(await aFile([aLine(1, { seen: true }), aLine(2, { participants: group })]));
  const [first, second] = server.stored.values();
  expect(first).toEqual({
    op: 'create',
    type: 'message',
    id: '016F9KFYJ84QMQE9QR', // 1322098621000 ms, then 40 bits of SHA-256, computed with other tools
    conversationId: 'c1',
    data: {
      messageContext: 'pager-message',
      direction: 'In',
      from: 'tel:+6550001',
      to: [USER],
      date: '2011-11-24T01:37:01Z',
      contentType: 'text/plain',
      textContent: 'text 1',
      imdnMessageId: 'imdn-1',
    },
    conversation: { kind: 'oneToOne', participants: [USER, 'tel:+6550001'] },
    flags: ['\\Seen'],
  });
  expect(second).toMatchObject({ conversation: { kind: 'group', participants: group } });
  expect(second).not.toHaveProperty('flags');
});

test('a second run stores nothing twice and counts all as there already', async () => {
  const path = await aFile(lines(60));
  await deposit(path);
  server.deleted.add([...server.stored.keys()][0] ?? '');
  const again = await deposit(path);
  expect(server.stored.size).toBe(60);
  expect(again.code).toBe(0);
  expect(again.out[0]).toMatch(
    /^60 lines in [\d.]+ s: 0 deposited, 60 already there \(1 of them deleted since\), 0 wrong, 0 refused$/,
  );
});

test('wrong lines are reported by number and fault, and the others are deposited', async () => {
  const run = await deposit(
    await aFile([
      aLine(1),
      '{"conversationId":',
      '',
      aLine(4, { date: 'yesterday', direction: 'Sideways' }),
      aLine(5, { to: undefined, mood: 'good' }),
      '"a text"',
      aLine(7),
    ]),
    '--json',
  );
  expect(run.err).toEqual([
    'line 2 is wrong: must be JSON',
    'line 4 is wrong: /direction must be one of "In", "Out"; /date must be an RFC 3339 time in UTC, such as 2026-01-31T08:15:00Z',
    'line 5 is wrong: /to is missing; /mood is not a known member',
    'line 6 is wrong: it must be an object, got a string',
  ]);
  expect(countsOf(run)).toEqual({ ...NONE, lines: 6, deposited: 2, wrong: 4 });
  expect(run.code).toBe(1);
});

test('refused operations are reported by line number, and the others are deposited', async () => {
  const run = await deposit(await aFile([aLine(1), aLine(2, { textContent: 'no room for this' }), aLine(3)]));
  expect(run.err).toEqual(['line 2 was refused: quotaExceeded']);
  expect(run.out[0]).toMatch(/2 deposited, 0 already there, 0 wrong, 1 refused$/);
  expect(run.code).toBe(1);
});

test('operations without a result are sent again, first in the next batch', async () => {
  server.atMost = 30;
  const run = await deposit(
    await aFile([...lines(69), aLine(70, { textContent: 'no room for this' })]),
    '--json',
  );
  expect(server.batches).toEqual([50, 40, 10]);
  expect(server.stored.size).toBe(69);
  expect(run.err).toEqual(['line 70 was refused: quotaExceeded']);
  expect(countsOf(run)).toEqual({ ...NONE, lines: 70, deposited: 69, refused: 1 });
});

test('a request holds at most 1 MB', async () => {
  const long = 'é'.repeat(30_000); // 60 KB each, of which 17 make a megabyte
  await deposit(await aFile(Array.from({ length: 40 }, (_, i) => aLine(i, { textContent: long }))));
  expect(server.stored.size).toBe(40);
  expect(Math.max(...server.batches)).toBe(17);
  const sizes = server.loopback.received.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
});

test('a request is retried when the server is busy, and a stored message counts as there already', async () => {
  server.refusals.push(problem(503, 'busy'), 'hangUp', { status: 429 });
  const run = await deposit(await aFile(lines(3)), '--json', '--batch', '2');
  expect(run.code).toBe(0);
  expect(countsOf(run)).toEqual({ ...NONE, lines: 3, deposited: 3 });
});

test('a token is renewed before it expires, and after it is rejected', async () => {
  server.tokenSeconds = 0;
  await deposit(await aFile(lines(2)), '--batch', '1');
  server.tokenSeconds = 3600;
  server.refusals.push({ status: 401, body: { message: 'Unauthorized' } });
  await deposit(await aFile(lines(1)));
  const tokens = server.loopback.received
    .filter(({ path }) => path !== '/dev/token')
    .map(({ authorization }) => authorization);
  expect(tokens).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-3', 'Bearer token-4']);
  expect(server.loopback.received[0]?.body).toEqual({
    sub: 'participating-function',
    scope: 'cpm/participate',
  });
});

test('--token and CPM_TOKEN are used unchanged, and the flag wins', async () => {
  server.givesTokens = false;
  const path = await aFile(lines(1));
  const args = [path, '--user', USER, '--url', server.url];
  await runCaptured(depositCommand, args, { env: { CPM_TOKEN: 'of-env' } });
  await runCaptured(depositCommand, [...args, '--token', 'of-flag'], { env: { CPM_TOKEN: 'of-env' } });
  expect(server.loopback.received.map(({ authorization }) => authorization)).toEqual([
    'Bearer of-env',
    'Bearer of-flag',
  ]);
});

test('a server without tokens is one line that asks for a token', async () => {
  server.givesTokens = false;
  const run = await deposit(await aFile(lines(1)));
  expect(run.code).toBe(1);
  expect(run.err).toEqual([
    `POST ${server.url}/dev/token must answer a token, got status 404: give a token with --token or CPM_TOKEN`,
  ]);
});

test('an answer without any result is an error', async () => {
  server.atMost = 0;
  const run = await deposit(await aFile(lines(1)));
  expect([run.code, run.err]).toEqual([
    1,
    ['The server must answer at least one result and at most 1, got 0'],
  ]);
});

test('a server error ends the run with the counts so far and one line', async () => {
  const path = await aFile(lines(3));
  server.refusals.push(problem(404, 'not-found'));
  const early = await deposit(path, '--batch', '1');
  expect([early.code, early.out, early.err]).toEqual([
    1,
    [],
    ['The server answered 404 not-found: not-found'],
  ]);
});

test('an interruption ends the run with the counts so far', async () => {
  const stop = new AbortController();
  const path = await aFile([...lines(2), 'wrong', ...lines(2)]);
  const args = [path, '--user', USER, '--url', server.url, '--batch', '1', '--json'];
  const run = await runCaptured(depositCommand, args, { signal: stop.signal, onLine: () => stop.abort() });
  expect(run.code).toBe(130);
  expect(countsOf(run)).toMatchObject({ deposited: 2, wrong: 1 });
  expect(server.stored.size).toBe(2);
});

test('control characters of a line never reach the terminal', async () => {
  const run = await deposit(await aFile([aLine(1, { '\u001b[2Jkey': 1 })]));
  expect(run.err).toEqual(['line 1 is wrong: /[2Jkey is not a known member']);
});

test('a terminal shows a bar, which is removed at the end', async () => {
  const path = await aFile(lines(4));
  const args = [path, '--user', USER, '--url', server.url, '--batch', '1'];
  const { shown } = await runCaptured(depositCommand, args, { isTTY: true });
  expect(shown).toMatch(/^\[#+-+\] +\d+ % {2}1 lines, \d+ a second/);
  expect(shown.endsWith('\r\u001b[K')).toBe(true);
});

describe('wrong usage gets one line and exit code 2:', () => {
  test.each([
    ['no file', [], 'FILE must be given once'],
    ['two files', ['a', 'b'], 'FILE must be given once'],
    ['a file that is not there', ['/nowhere/at-all'], 'FILE /nowhere/at-all cannot be read (ENOENT)'],
    ['a directory', [tmpdir()], `FILE must be a file, got the directory ${tmpdir()}`],
    ['an unknown flag', ['a', '--nope'], "Unknown option '--nope'"],
    ['a batch that is too large', ['a', '--batch', '51'], '--batch must be a number from 1 to 50'],
    ['a batch that is not a number', ['a', '--batch', '1e1'], '--batch must be a number from 1 to 50'],
    ['an address that is not a URL', ['a', '--url', 'ftp://x'], '--url must be an http(s) URL'],
  ])('%s', async (_, args, line) => {
    const url = args.includes('--url') ? [] : ['--url', server.url];
    const run = await runCaptured(depositCommand, [...args, '--user', USER, ...url]);
    expect([run.code, run.out, run.err]).toEqual([2, [], [line, '--help shows the usage']]);
  });

  test('no user', async () => {
    const run = await runCaptured(depositCommand, ['a', '--url', server.url]);
    expect([run.code, run.err[0]]).toEqual([2, '--user is missing']);
  });
});

test('--help shows the usage', async () => {
  const run = await runCaptured(depositCommand, ['--help']);
  expect(run.code).toBe(0);
  expect(run.out.join('\n')).toContain('npm run deposit -- FILE --user tel:+6590000000 --url');
});
