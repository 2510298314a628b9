import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';

const PROJECT_ROOT = resolve(__dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const started = new Set<Command>();

/** A command in its own process group, as a terminal would start it. */
export class Command {
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  #wake: () => void = () => {};

  private constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text;
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.err += text;
      this.#wake();
    });
    this.ended = new Promise((settle) => {
      child.on('close', (code) => {
        started.delete(this);
        settle({ code, out: this.out, err: this.err });
        this.#wake();
      });
    });
    started.add(this);
  }

  static start(program: string, args: readonly string[], { env, ...options }: SpawnOptions = {}): Command {
    return new Command(
      spawn(program, args, {
        cwd: PROJECT_ROOT,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
        ...options,
      }),
    );
  }

  /** `npm run NAME -- ARGS`, without npm's own output. */
  static npm(name: string, args: readonly string[], options: SpawnOptions = {}): Command {
    return Command.start('npm', ['run', '--silent', name, '--', ...args], options);
  }

  /** The same command without npm: it starts faster, and its signals and exit code are not npm's. */
  static cli(name: string, args: readonly string[]): Command {
    return Command.start(process.execPath, ['--import', 'tsx', `dev/cli/${name}.ts`, ...args]);
  }

  /**
   * Waits until the output matches. @throws Error with all output when the command ends first, or when time
   * runs out.
   */
  async until<T>(look: (output: Command) => T | undefined | false, withinMs = 30_000): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = look(this);
      if (found) return found;
      const restMs = deadline - Date.now();
      if (restMs <= 0 || this.child.exitCode !== null) {
        throw new Error(
          `the output did not appear (exit code ${this.child.exitCode}):\n${this.out}\n${this.err}`,
        );
      }
      await new Promise<void>((settle) => {
        const timer = setTimeout(settle, restMs);
        this.#wake = () => {
          clearTimeout(timer);
          settle();
        };
      });
    }
  }

  /** Sends a signal to the whole process group, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.child.pid ?? 0), signal);
    } catch {
      // all processes have ended
    }
  }

  /** Ends all commands that tests have left running. */
  static async killAll(): Promise<void> {
    const all = [...started];
    for (const command of all) command.signal('SIGKILL');
    await Promise.all(all.map(({ ended }) => ended));
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A variable that marks every process started by a command, at any depth and in any process group. */
export const MARK = 'CPM_E2E_MARK';

/** Command lines of running processes that carry a mark. Reads /proc, so it works only on Linux. */
export const runningWith = (mark: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isMarked = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${mark}`);
        return isMarked ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
      } catch {
        return []; // has just ended, or belongs to another user
      }
    });
