import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The command of the package. */
export const COMMAND = join(__dirname, '..', '..', 'bin', 'local-cloud.mjs');

/** The line of JSON that the command prints when the cloud is ready. */
interface ReadyCloud {
  readonly url: string;
  readonly socketUrl: string;
  readonly issuer: string;
  readonly pid: number;
  readonly dynamodbEndpoint: string;
  readonly servicesUrl: string;
  readonly tables: Record<string, string>;
}

/** A local cloud in its own process. */
export interface CloudProcess extends ReadyCloud {
  readonly child: ChildProcess;
  /** Sends a signal. Resolves to the exit code, or to null when the signal ended the process. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Kills the processes that tests have left running. */
export function killCloudProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

function run(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs the command to its end. */
export async function runToEnd(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = run(args, env);
  const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)];
  const [code] = await once(child, 'close');
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Starts a cloud from a written stack and waits until it is ready. */
export async function startCloudProcess(outDir: string, ...args: string[]): Promise<CloudProcess> {
  const child = run(['--json', '--port', '0', '--out-dir', outDir, ...args], {});
  const stderr = collected(child.stderr);
  const stdout = collected(child.stdout);
  while (!stdout.text.includes('\n')) {
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'close')]);
    if (child.exitCode !== null) throw new Error(`The local cloud ended: ${stderr.text}`);
  }
  const ready = JSON.parse(stdout.text) as ReadyCloud;
  return {
    ...ready,
    child,
    async end(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      return (await ended)[0];
    },
  };
}

function collected(stream: NodeJS.ReadableStream | null): { text: string } {
  const all = { text: '' };
  stream?.setEncoding('utf8').on('data', (text: string) => {
    all.text += text;
  });
  return all;
}
