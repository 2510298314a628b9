import { setTimeout as delay } from 'node:timers/promises';
import { unique } from './cloud.js';
import { Command, MARK, runningWith } from './cloud-command.js';

const READY = /Ctrl-C stops it\./;

/** `npm start` with flags, as in a terminal. It can list the processes that it has left running. */
export class StartedCloud {
  readonly mark = unique();
  readonly command: Command;
  readonly beganMs = Date.now();

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.command = Command.start('npm', ['start', '--silent', '--', ...args], {
      env: { ...env, [MARK]: this.mark },
    });
  }

  /** Waits until it reports that it is ready. @throws Error with its output when it does not. */
  async ready(withinMs = 60_000): Promise<this> {
    await this.command.until(({ out }) => READY.test(out), withinMs);
    return this;
  }

  /** The text that it prints after a heading. */
  shown(heading: string): string {
    return new RegExp(`^${heading} +(.*)$`, 'm').exec(this.command.out)?.[1] ?? '';
  }

  get running(): string[] {
    return runningWith(this.mark);
  }

  /** Waits until no process runs. @returns the processes that still run when time is up. */
  async leftAfter(ms: number): Promise<string[]> {
    for (const deadline = Date.now() + ms; this.running.length > 0 && Date.now() < deadline; )
      await delay(50);
    return this.running;
  }
}
