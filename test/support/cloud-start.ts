import { setTimeout as delay } from 'node:timers/promises';
import { unique } from './cloud.js';
import { Command, MARK, runningWith } from './cloud-command.js';

const READY = /Ctrl-C stops it\./;

/** `npm start` with flags, as in a terminal; it can be asked which processes it has left. */
export class StartedCloud {
  readonly mark = unique();
  readonly command: Command;
  readonly beganMs = Date.now();

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.command = Command.start('npm', ['start', '--silent', '--', ...args], {
      env: { ...env, [MARK]: this.mark },
    });
  }

  /** Until it says that it is ready. @throws Error with its output when it does not. */
  async ready(withinMs = 60_000): Promise<this> {
    await this.command.until(({ out }) => READY.test(out), withinMs);
    return this;
  }

  /** What it prints beside a heading. */
  shown(heading: string): string {
    return new RegExp(`^${heading} +(.*)$`, 'm').exec(this.command.out)?.[1] ?? '';
  }

  get running(): string[] {
    return runningWith(this.mark);
  }

  /** Waits until nothing runs any more. @returns what does all the same. */
  async leftAfter(ms: number): Promise<string[]> {
    for (const deadline = Date.now() + ms; this.running.length > 0 && Date.now() < deadline; )
      await delay(50);
    return this.running;
  }
}
