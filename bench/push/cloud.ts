import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const readySchema = z.object({ url: z.string() });

/** A push as the notifier logs it. */
interface LoggedPush {
  readonly delayMs: number;
}
const pushSchema = z.object({ message: z.literal('pushSent'), delayMs: z.number() });

/** The local cloud in its own process, so that measuring takes no time from it. */
export interface BenchCloud {
  readonly url: string;
  /** Pushes posted since the last call. */
  takePushes(): LoggedPush[];
  stop(): Promise<void>;
}

/**
 * Starts the local cloud as `npm start` does, with everything in memory.
 * @param onDisk keeps everything in a folder, and deletes it at the end. DynamoDB Local then makes one write
 * at a time and flushes each to the disk. This measures how long pushes wait for the disk.
 * @throws Error when the local cloud does not start, or the signal aborts.
 */
export async function startBenchCloud(
  signal: AbortSignal,
  { onDisk = false }: { readonly onDisk?: boolean | undefined } = {},
): Promise<BenchCloud> {
  signal.throwIfAborted();
  const folder = onDisk ? await mkdtemp(join(tmpdir(), 'cpm-sync-bench-')) : undefined;
  const args = ['dev/start/main.ts', '--port', '0', '--json', '--no-sample', '--show-logs'];
  if (folder !== undefined) args.push('--data', join(folder, 'data'));
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'], // the child stops when this channel closes, whatever ends this process
    detached: true, // Ctrl-C must reach this process only, which then stops the child
  });
  const { stdout, stderr } = child as { stdout: Readable; stderr: Readable }; // both are pipes
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  const pushes: LoggedPush[] = [];
  const said: string[] = [];
  createInterface({ input: stderr }).on('line', (line) => {
    const push = pushOf(line);
    if (push) pushes.push(push);
    else if (!line.includes('{')) said.push(line);
  });
  try {
    const { url } = await new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
      createInterface({ input: stdout }).once('line', (line) => resolve(readySchema.parse(JSON.parse(line))));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      void ended.then(() => reject(new Error(`The local cloud did not start.\n${said.join('\n')}`)));
    });
    return { url, takePushes: () => pushes.splice(0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pushOf(line: string): LoggedPush | undefined {
  if (!line.includes('"pushSent"')) return undefined;
  const parsed = pushSchema.safeParse(JSON.parse(line.slice(line.indexOf('{'))));
  return parsed.data;
}
