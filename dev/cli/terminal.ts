export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Where a command writes: results to stdout; all that is for people only, and what changes in place, to stderr. */
export class Terminal {
  #shown = '';

  constructor(
    private readonly stdout: OutputStream,
    private readonly stderr: OutputStream,
  ) {}

  get isInteractive(): boolean {
    return this.stderr.isTTY === true;
  }

  /** A line of the result. */
  print(line: string): void {
    this.#aroundShown(() => this.stdout.write(`${line}\n`));
  }

  /** A line for people. */
  say(line: string): void {
    this.#aroundShown(() => this.stderr.write(`${line}\n`));
  }

  /** A line that stays below the others and replaces the one shown before; nothing where it could not be replaced. */
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
