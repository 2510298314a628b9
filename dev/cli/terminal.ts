/** A stream like `process.stdout`. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** The output of a command: results on stdout; lines for people, and lines that change in place, on stderr. */
export class Terminal {
  #shown = '';

  constructor(
    private readonly stdout: OutputStream,
    private readonly stderr: OutputStream,
  ) {}

  get isInteractive(): boolean {
    return this.stderr.isTTY === true;
  }

  /** Prints a line of the result. */
  print(line: string): void {
    this.#aroundShown(() => this.stdout.write(`${line}\n`));
  }

  /** Prints a line for people. */
  say(line: string): void {
    this.#aroundShown(() => this.stderr.write(`${line}\n`));
  }

  /**
   * Shows a line below all others, in place of the one shown before. Does nothing on an output that is not a
   * terminal.
   */
  show(line: string): void {
    if (!this.isInteractive) return;
    this.#clear();
    this.#shown = line.slice(0, (this.stderr.columns ?? 80) - 1);
    this.stderr.write(this.#shown);
  }

  #aroundShown(write: () => void): void {
    const shown = this.#shown;
    this.#clear();
    write();
    if (shown) this.show(shown);
  }

  #clear(): void {
    if (this.#shown) this.stderr.write('\r\u001b[K');
    this.#shown = '';
  }
}
