import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parseCommandOptions } from '../src/command/command-options.js';
import { javaCommand } from '../src/dynamodb/java.js';
import { startLocalCloud } from '../src/local-cloud.js';
import { leashFile } from '../src/paths.js';
import { LocalCloudProblem } from '../src/problem.js';
import { COMMAND, killCloudProcesses, runToEnd, startCloudProcess } from './support/cloud-process.js';
import { eventually } from './support/eventually.js';
import { aTable, removeFolders, temporaryFolder, writeStack } from './support/stack.js';

jest.setTimeout(40_000);

afterAll(() => {
  killCloudProcesses();
  removeFolders();
});

/** Whether anything answers at a URL. */
const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

const emptyStack = () => writeStack({ resources: {} });

describe('the end of the command', () => {
  test('a hang-up ends the command with exit code 0', async () => {
    const cloud = await startCloudProcess(emptyStack());
    expect(await cloud.end('SIGHUP')).toBe(0);
    expect(await answers(cloud.url)).toBe(false);
  });

  test('Ctrl-C ends everything within two seconds; before, everything listens on 127.0.0.1 only', async () => {
    const cloud = await startCloudProcess(writeStack({ resources: { Store: aTable() } }));
    const { loopbackOnly } = await javaCommand();
    const urls = [cloud.url, cloud.servicesUrl, ...(loopbackOnly ? [cloud.dynamodbEndpoint] : [])];
    const reachable = (host: string) =>
      Promise.all(urls.map((url) => accepts(host, Number(new URL(url).port))));
    expect(new Set(await reachable('127.0.0.1'))).toEqual(new Set([true]));
    for (const address of outsideAddresses())
      expect(new Set(await reachable(address))).toEqual(new Set([false]));

    const begun = Date.now();
    expect(await cloud.end('SIGINT')).toBe(0);
    expect(Date.now() - begun).toBeLessThan(2000);
    expect([await answers(cloud.url), await answers(cloud.dynamodbEndpoint)]).toEqual([false, false]);
  });

  test('a program on the leash ends when its parent is killed', async () => {
    const sleeper = 'process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)';
    const holder = `const { spawn } = require('node:child_process');
      spawn(process.execPath, [${JSON.stringify(leashFile)}, process.execPath, '-e', ${JSON.stringify(sleeper)}],
        { stdio: ['pipe', 'inherit', 'inherit'], detached: true });
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = await once(parent.stdout, 'data');
    const alive = () => existsSync(`/proc/${pid}/stat`) || canSignal(Number(pid));
    expect(alive()).toBe(true);
    parent.kill('SIGKILL');
    await eventually(() => expect(alive()).toBe(false));
  });

  test('the command ends when its npm was killed', async () => {
    const outDir = emptyStack();
    const readyFile = join(temporaryFolder(), 'ready.json');
    const command = `node ${COMMAND} --port 0 --out-dir ${outDir} --ready-file ${readyFile}; true`;
    const npm = spawn(
      process.execPath,
      ['-e', `require('node:child_process').spawnSync('sh', ['-c', ${JSON.stringify(command)}])`],
      { env: { ...process.env, npm_lifecycle_event: 'start' }, stdio: 'ignore' },
    );
    const { url } = await eventually(() => JSON.parse(readFileSync(readyFile, 'utf8')), 20_000);
    expect(await answers(url)).toBe(true);
    npm.kill('SIGKILL');
    await eventually(async () => expect(await answers(url)).toBe(false));
  });
});

describe('one line and exit code 1', () => {
  const folderWithSomething = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'letter.txt'), 'dear');
    return folder;
  };
  const file = () => join(folderWithSomething(), 'letter.txt');
  const brokenTemplate = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'Test.template.json'), '{');
    return folder;
  };
  /** A PATH with only a java that prints this. */
  const pathWithJava = (says: string | undefined) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'bin'));
    if (says) writeFileSync(join(folder, 'bin', 'java'), `#!/bin/sh\necho '${says}' >&2\n`, { mode: 0o755 });
    return { PATH: join(folder, 'bin') };
  };
  const withTable = () => ['--port', '0', '--out-dir', writeStack({ resources: { Store: aTable() } })];
  const begin = (...args: string[]) => ['--port', '0', '--out-dir', emptyStack(), ...args];

  /** The line that the command would print; the start runs in this process. */
  const failure = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
    try {
      const { port, dataDir, dynamodbEndpoint, outDir } = parseCommandOptions(args, env);
      const cloud = await startLocalCloud({ port, dataDir, dynamodbEndpoint, outDir });
      await cloud.stop();
    } catch (error) {
      if (error instanceof LocalCloudProblem) return error.message;
      throw error;
    }
    throw new Error('nothing failed');
  };

  test.each<[string, () => string[], RegExp, NodeJS.ProcessEnv]>([
    ['an argument without a flag', () => ['phone'], /^Unexpected argument 'phone'/, {}],
    [
      'a port that is not a number',
      () => ['--port', 'http'],
      /^--port must be a number from 0 to 65535, got http$/,
      {},
    ],
    [
      'a variable that is not a port',
      () => [],
      /^PORT must be a number from 0 to 65535, got 70000$/,
      { PORT: '70000' },
    ],
    [
      'an endpoint that is not a URL',
      () => ['--dynamodb-endpoint', 'localhost'],
      /^--dynamodb-endpoint must be a URL like http:\/\/127\.0\.0\.1:8000, got localhost$/,
      {},
    ],
    [
      'an endpoint where nothing answers',
      () => [...withTable(), '--dynamodb-endpoint', 'http://127.0.0.1:9'],
      /^No DynamoDB answers at http:\/\/127\.0\.0\.1:9 /,
      {},
    ],
    [
      'a data folder with other contents',
      () => begin('--data', folderWithSomething()),
      /^The folder .* must be empty or a data folder of the local cloud/,
      {},
    ],
    [
      'a data folder that is a file',
      () => begin('--data', file()),
      /^The data folder .*letter\.txt cannot be used: it is a file$/,
      {},
    ],
    [
      'a data folder in a file',
      () => begin('--data', join(file(), 'data')),
      /^The data folder .* cannot be used: a part of its path is a file$/,
      {},
    ],
    ['no template', () => ['--port', '0', '--out-dir', temporaryFolder()], /^There is no template in /, {}],
    [
      'a broken template',
      () => ['--port', '0', '--out-dir', brokenTemplate()],
      /^The template .* cannot be read: /,
      {},
    ],
  ])('for %s', async (_what, args, message, env) => {
    const line = await failure(args(), env);
    expect(line).toMatch(message);
    expect(line).not.toContain('\n');
  });

  test.each([
    ['no Java', undefined, 'there is no java on the PATH'],
    ['an old Java', 'openjdk version "11.0.22" 2024-01-16', 'the one on the PATH is Java 11'],
    ['a very old Java', 'java version "1.8.0_402"', 'the one on the PATH is Java 8'],
  ])('for %s', async (_what, says, reason) => {
    await expect(javaCommand(pathWithJava(says))).rejects.toEqual(
      new LocalCloudProblem(
        `DynamoDB Local needs Java 17 or later: install it, or use another DynamoDB with --dynamodb-endpoint URL; ${reason}`,
      ),
    );
  });

  test('on stderr, with exit code 1', async () => {
    const flag = await runToEnd(['--colour']);
    expect(flag).toEqual({
      code: 1,
      stdout: '',
      stderr: "Unknown option '--colour'; --help lists the flags\n",
    });
    const java = await runToEnd(withTable(), pathWithJava(undefined));
    expect(java.code).toBe(1);
    expect(java.stderr).toMatch(/^DynamoDB Local needs Java 17 [^\n]*\n$/);
  });

  test('for a port that is taken, and nothing is left running', async () => {
    const cloud = await startLocalCloud({ port: 0, outDir: emptyStack() });
    const port = new URL(cloud.url).port;
    const { code, stderr } = await runToEnd(withTable().slice(2), { PORT: port });
    await cloud.stop();
    expect([code, stderr]).toEqual([
      1,
      `Port ${port} is taken: choose another with --port N or the variable PORT\n`,
    ]);
  });
});

test('a process that forked the command can call its methods, and ends it by disconnecting', async () => {
  const args = ['--json', '--port', '0', '--out-dir', emptyStack()];
  const child = fork(COMMAND, args, { execArgv: [], silent: true });
  const [line] = await once(child.stdout ?? child, 'data');
  const { issuer } = JSON.parse(String(line));
  const call = async (id: number, method: string, ...args: unknown[]) => {
    child.send({ id, method, args });
    return (await once(child, 'message'))[0];
  };
  const { result: token } = await call(1, 'token', 'me', 'items/read');
  expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())).toMatchObject({
    iss: issuer,
    sub: 'me',
  });
  expect(await call(2, 'invoke', 'Nobody', {})).toEqual({
    id: 2,
    error: 'There is no function Nobody; there are: none',
  });
  const ended = once(child, 'exit');
  child.disconnect();
  expect((await ended)[0]).toBe(0);
});

test('--help lists the flags', async () => {
  const { code, stdout } = await runToEnd(['--help']);
  expect(code).toBe(0);
  for (const flag of [
    '--port',
    '--data',
    '--dynamodb-endpoint',
    '--template',
    '--out-dir',
    '--json',
    '--ready-file',
  ]) {
    expect(stdout).toContain(flag);
  }
});

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const outsideAddresses = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
