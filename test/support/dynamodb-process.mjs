// DynamoDB Local for the integration tests, in memory, on a free port. Plain Node: global setup runs untransformed.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_TIMEOUT_MS = 30_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Any answer will do: without credentials it is an error. */
async function answers(endpoint) {
  try {
    await (await fetch(endpoint, { signal: AbortSignal.timeout(2000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** Starts it on a leash: it ends with `stop`, and with this process however that ends. */
export async function startDynamoDb() {
  const { javaCommand } = await tsImport('../../packages/local-cloud/src/dynamodb/java.ts', import.meta.url);
  const java = await javaCommand();
  const port = await freePort();
  const options = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)];
  const leash = join(ROOT, 'packages/local-cloud/src/dynamodb/leash.mjs');
  const args = [leash, 'java', ...java.args, ...options];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-500);
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.ref(); // else nothing is left to wait for, and the process ends in the middle of it
    child.stdin.end();
    await exit;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + START_TIMEOUT_MS; !(await answers(endpoint)); await delay(50)) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop();
    throw new Error(`DynamoDB Local did not start (it needs Java 17 or later): ${complaint.trim()}`);
  }
  child.unref();
  return { endpoint, stop };
}
