import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { leashFile } from '../paths.js';
import { LocalCloudProblem } from '../problem.js';
import { javaCommand } from './java.js';

const START_TIMEOUT_MS = 30_000;

/** A running DynamoDB. */
export interface DynamoDbServer {
  readonly endpoint: string;
  /** Process id of the leash that runs DynamoDB Local. Undefined when another program runs it. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts DynamoDB Local on a free port. It ends with this process, even when this process is killed.
 * @param options.dbPath folder for its files. Undefined: in memory.
 * @throws LocalCloudProblem when Java is missing or too old, or DynamoDB Local does not start.
 */
export async function startDynamoDbLocal(options: {
  dbPath?: string | undefined;
  log: (line: string) => void;
}): Promise<DynamoDbServer> {
  const java = await javaCommand();
  if (!java.loopbackOnly) {
    options.log('This Java has no compiler: DynamoDB Local listens on all interfaces of this machine.');
  }
  if (options.dbPath) mkdirSync(options.dbPath, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const storage = options.dbPath ? ['-dbPath', options.dbPath] : ['-inMemory'];
  const args = [
    '-port',
    String(port),
    '-sharedDb',
    '-disableTelemetry',
    '-cors',
    'http://127.0.0.1',
    ...storage,
  ];
  const child = spawn(process.execPath, [leashFile, 'java', ...java.args, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // A separate process group: Ctrl-C in a terminal must not reach it, because the cloud stops it last.
    detached: true,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  let stopping = false;
  const stop = () => {
    stopping = true;
    return ended(child);
  };
  try {
    await untilReady(child, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  child.once('exit', () => {
    if (!stopping)
      options.log('DynamoDB Local has ended unexpectedly. Nothing can be stored: restart the local cloud.');
  });
  return { endpoint, pid: child.pid, stop };
}

/** Uses a DynamoDB that another program runs. @throws LocalCloudProblem when nothing answers there. */
export async function useDynamoDb(endpoint: string): Promise<DynamoDbServer> {
  if (!(await answers(endpoint))) {
    throw new LocalCloudProblem(`No DynamoDB answers at ${endpoint} (--dynamodb-endpoint)`);
  }
  return { endpoint: endpoint.replace(/\/$/, ''), pid: undefined, stop: async () => {} };
}

async function untilReady(child: ChildProcess, endpoint: string): Promise<void> {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-500);
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const reason = complaint.trim().split('\n').at(-1) ?? '';
      throw new LocalCloudProblem(`DynamoDB Local did not start${reason && `: ${reason}`}`);
    }
    await delay(50);
  }
}

/** Whether a DynamoDB answers. Any answer is enough: without credentials it is an error. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await exit;
}
