import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceCommand } from '../../../../dev/cli/device-command.js';
import { aConversation, aFolder, aMessage, aRemoval, aState } from '../../client/builders.js';
import { FakeCloud, until } from '../../client/fake-cloud.js';
import { problem } from '../../client/loopback.js';
import { runCaptured } from './run-captured.js';

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await FakeCloud.start();
  cloud.changes.push(
    aFolder('f1', 1),
    aConversation('c1', 2),
    aMessage('m1', 'c1', 3, { textContent: 'Good morning' }),
    aMessage('m2', 'c1', 4),
    aState('m1', 'c1', 5),
  );
});
afterEach(() => cloud.stop());

const args = (...more: string[]) => {
  const whom = ['--user', 'tel:+6590000000', '--device', 'phone'];
  return [...whom, '--url', cloud.url, '--token', 'secret', ...more];
};

/** Starts the command, yields its lines, and ends it like Ctrl-C. */
function startDevice(...more: string[]) {
  const lines: string[] = [];
  const stop = new AbortController();
  const onLine = (text: string) => lines.push(text.trimEnd());
  const run = runCaptured(deviceCommand, args(...more), { signal: stop.signal, onLine });
  return { lines, run, stop, seen: (line: string) => until(() => lines.some((each) => each.includes(line))) };
}

test('--once ends with one line that counts what the device holds, by type', async () => {
  const run = await runCaptured(deviceCommand, args('--once', '--limit', '2', '--name', 'My phone'));
  expect(run.code).toBe(0);
  expect(run.out).toHaveLength(1);
  expect(run.out[0]).toMatch(
    /^1 folder, 1 conversation history, 0 session histories, 2 messages, 1 message state \(1 response, [\d.]+ s\)$/,
  );
  expect(run.err).toEqual([]);
  expect(cloud.requests).toEqual(['PUT /v1/devices/phone', 'POST /v1/sync']);
  expect(cloud.loopback.received.map(({ body }) => body)).toEqual([
    { instanceId: expect.any(String), name: 'My phone' },
    { deviceId: 'phone', instanceId: cloud.instanceId, limit: 2 },
  ]);
});

test('each run is a new instance of the device', async () => {
  await runCaptured(deviceCommand, args('--once'));
  const first = cloud.instanceId;
  await runCaptured(deviceCommand, args('--once'));
  expect(cloud.instanceId).not.toBe(first);
});

test('--json prints each element it holds as one line of JSON, and the counts elsewhere', async () => {
  const run = await runCaptured(deviceCommand, args('--once', '--json'));
  expect(run.out.map((line) => JSON.parse(line))).toEqual(cloud.changes);
  expect(run.err).toHaveLength(1);
});

test('stays connected and prints changes for people until it is ended', async () => {
  const { run, stop, seen } = startDevice();
  await seen('live');
  cloud.changes.push(
    aMessage('m3', 'c1', 6, {
      textContent: `Ring\u0007 \u001b[31mred\u001b[0m\nnext line ${'x'.repeat(90)}`,
    }),
    aState('m3', 'c1', 7, ['\\Flagged', '\\Seen']),
    aRemoval('message', 'm1', 8, { conversationId: 'c1' }),
  );
  cloud.announce();
  await seen('removed');
  stop.abort();
  const { code, out, err } = await run;
  expect(code).toBe(0);
  expect(out).toEqual([
    'synchronization request up to 9: 1 message in c1',
    `2026-01-31 08:15  c1  In  from tel:+15550101: Ring [31mred[0m next line ${'x'.repeat(43)}…`,
    'state of m3 in c1: \\Flagged \\Seen',
    'message m1 in c1 removed (deleted): 1 message, 1 message state',
  ]);
  expect(err.slice(1)).toEqual(['connecting', 'live', 'stopped']);
  await until(() => cloud.sockets.length === 0);
});

test('--json prints later changes and frames as lines of JSON too', async () => {
  const { run, stop, seen } = startDevice('--json');
  await seen('live');
  const removal = aRemoval('conversationHistory', 'c1', 8, { removed: 'outOfScope' });
  cloud.changes.push(aFolder('f2', 7), removal);
  cloud.announce();
  await seen('outOfScope');
  stop.abort();
  const { code, out } = await run;
  expect(code).toBe(0);
  expect(out.slice(5).map((line) => JSON.parse(line))).toEqual([
    { type: 'syncRequest', modSeq: 9, changes: { message: 1 }, conversations: ['c1'] },
    aFolder('f2', 7),
    removal,
  ]);
});

test('a device that is no longer registered ends with one line and exit code 1', async () => {
  const { run, seen } = startDevice();
  await seen('live');
  cloud.instanceId = undefined;
  cloud.announce();
  const { code, err } = await run;
  expect(code).toBe(1);
  expect(err.filter((line) => line.includes('revoked'))).toEqual([
    'The server answered 403 device-not-registered: device-not-registered. The device has been revoked',
  ]);
});

test('another run of the same device ends this one', async () => {
  const { run, seen } = startDevice();
  await seen('live');
  await runCaptured(deviceCommand, args('--once'));
  cloud.announce();
  const { code, err } = await run;
  expect(code).toBe(1);
  expect(err.join('\n')).toContain('Another run has replaced this instance of the device');
});

test('a lost connection is reported and opened again', async () => {
  const { run, stop, seen, lines } = startDevice();
  await seen('live');
  cloud.sockets[0]?.terminate();
  await until(() => lines.filter((line) => line === 'live').length === 2);
  stop.abort();
  expect((await run).err.slice(1)).toEqual([
    'connecting',
    'live',
    'offline: the connection was lost',
    'connecting',
    'live',
    'stopped',
  ]);
});

test('Ctrl-C during the first synchronization ends the command with exit code 0', async () => {
  cloud.refusal = problem(503, 'busy', {}, { 'retry-after': '30' });
  const { run, stop } = startDevice();
  await until(() => cloud.requests.length > 0);
  stop.abort();
  expect(await run).toMatchObject({ code: 0, out: [] });
});

test('a rejected token ends the command with one line and exit code 1', async () => {
  cloud.refusal = { status: 401, body: { message: 'Unauthorized' } };
  const run = await runCaptured(deviceCommand, args('--once'));
  expect([run.code, run.out, run.err]).toEqual([
    1,
    [],
    ['The server answered 401 (Unauthorized). The token is not valid, or has expired'],
  ]);
});

test('wrong usage gets one line and exit code 2', async () => {
  const run = await runCaptured(deviceCommand, ['--user', 'tel:+6590000000', '--url', cloud.url]);
  expect([run.code, run.err[0]]).toEqual([2, '--device is missing']);
  const limit = await runCaptured(deviceCommand, args('--limit', '1001'));
  expect([limit.code, limit.err[0]]).toEqual([2, '--limit must be a number from 1 to 1000']);
});

async function* lines(...given: string[]) {
  yield* given;
}

describe('commands on its input', () => {
  test('show and change what the device holds, and quit ends it', async () => {
    const run = await runCaptured(deviceCommand, args(), {
      input: lines(
        'list',
        'messages c1',
        'flag c1 m1 \\Flagged -\\Seen',
        'pending',
        'status',
        'quit',
        'list',
      ),
    });
    expect(run.code).toBe(0);
    expect(run.out).toEqual([
      expect.stringMatching(/^c1 {2}default {2}1 unread {2}/),
      expect.stringMatching(/^m2 {2}/),
      expect.stringMatching(/^m1 {2}.*Good morning {2}\[\\Seen\]$/),
      'modify messageState m1: will be sent',
      'modify messageState m1',
      expect.stringMatching(/^(connecting|live)$/),
    ]);
  });

  test('answer with one line of JSON for each value and each problem', async () => {
    const run = await runCaptured(deviceCommand, args('--json'), {
      input: lines('send tel:+6590000001 See you at six', 'send c9 Hello', 'fly', 'quit'),
    });
    const [sent, ...problems] = run.out.slice(cloud.changes.length).map((line) => JSON.parse(line));
    expect(sent).toMatchObject({
      op: 'create',
      conversationId: 'tel:+6590000001',
      conversation: { kind: 'oneToOne', participants: ['tel:+6590000000', 'tel:+6590000001'] },
      data: { textContent: 'See you at six', to: ['tel:+6590000001'] },
    });
    expect(problems).toEqual([
      {
        command: 'send',
        problem: expect.stringContaining(
          'a conversation on this device, or a URI that starts a new one, got c9',
        ),
      },
      { command: 'fly', problem: 'There is no command fly: help lists the commands' },
    ]);
  });

  test('report missing and invalid arguments and change nothing', async () => {
    const run = await runCaptured(deviceCommand, args(), {
      input: lines(
        'send',
        'move c1',
        'folder a/b',
        'prefs {"maxMessageAgeDays":0}',
        'prefs x',
        'pending',
        'quit',
      ),
    });
    expect(run.out).toEqual([]);
    expect(run.err.join('\n')).toMatch(
      /conversation must be given[\s\S]*folder must be given[\s\S]*must not contain a \/[\s\S]*Preferences: [\s\S]*Preferences must be JSON/,
    );
  });

  test('end without ending the device', async () => {
    const stop = new AbortController();
    const run = runCaptured(deviceCommand, args(), { signal: stop.signal, input: lines('list') });
    await until(() => cloud.sockets.length === 1);
    stop.abort();
    expect((await run).code).toBe(0);
  });
});

describe('--data FILE', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cpm-sync-device-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('keeps elements and pending operations: a later run continues with them, even without the server', async () => {
    const data = ['--data', join(folder, 'phone.db')];
    await runCaptured(deviceCommand, args('--once', ...data));
    const { instanceId } = cloud;
    cloud.refusal = problem(503, 'unavailable');
    const away = [
      '--user',
      'tel:+6590000000',
      '--device',
      'phone',
      '--url',
      'http://127.0.0.1:1',
      '--token',
      'x',
    ];
    const offline = await runCaptured(deviceCommand, [...away, ...data], {
      input: lines('messages c1', 'flag c1 m1 \\Flagged', 'quit'),
    });
    expect(offline.code).toBe(0);
    expect(offline.out.join('\n')).toMatch(/Good morning/);
    cloud.refusal = undefined;
    await runCaptured(deviceCommand, args(...data), { input: lines('pending', 'quit') });
    expect(cloud.instanceId).toBe(instanceId);
    const sent = cloud.loopback.received.flatMap(
      ({ body }) => (body as { operations?: object[] })?.operations ?? [],
    );
    expect(sent[0]).toMatchObject({ op: 'modify', type: 'messageState', id: 'm1', n: 1 });
  });

  test('is one line of error when it is not a database', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'This is not a database, and long enough to look like one.'.repeat(20));
    const run = await runCaptured(deviceCommand, args('--once', '--data', file));
    expect(run.code).toBe(1);
    expect(run.err).toEqual([expect.stringContaining(`${file} cannot be opened`)]);
  });
});
