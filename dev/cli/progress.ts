import type { Terminal } from './terminal.js';

const BAR_WIDTH = 24;
const REDRAW_EVERY_MS = 100;
const PLAIN_LINE_EVERY_MS = 3_000;

/** Shows progress: a bar that is redrawn in place on a terminal, else a line every three seconds. */
export class Progress {
  readonly #startedMs = Date.now();
  #drawnMs: number;

  constructor(private readonly terminal: Terminal) {
    this.#drawnMs = terminal.isInteractive ? 0 : this.#startedMs;
  }

  /** Shows the progress. `fraction`: completed part, 0 to 1. `text`: the same in words. */
  update(fraction: number, text: string): void {
    const now = Date.now();
    const every = this.terminal.isInteractive ? REDRAW_EVERY_MS : PLAIN_LINE_EVERY_MS;
    if (now - this.#drawnMs < every) return;
    this.#drawnMs = now;
    const done = Math.min(1, Math.max(0, fraction));
    const percent = `${Math.floor(done * 100)} %`.padStart(5);
    const filled = Math.round(done * BAR_WIDTH);
    const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
    if (this.terminal.isInteractive) this.terminal.show(`${bar} ${percent}  ${text}`);
    else this.terminal.say(`${percent}  ${text}`);
  }

  /** Removes the bar. */
  end(): void {
    this.terminal.show('');
  }

  /** Time since the start. Unit: seconds. */
  get seconds(): number {
    return (Date.now() - this.#startedMs) / 1000;
  }
}
