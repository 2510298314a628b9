import { createInterface } from 'node:readline';
import { CliProblem, lineFor, UsageProblem } from './cli-problem.js';
import { printable } from './printable.js';
import { Terminal } from './terminal.js';

/** The surroundings of a command. */
export interface CommandContext {
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C, on SIGTERM, and when the reader of the output has ended. */
  signal: AbortSignal;
  /** Lines of standard input. A command that does not read leaves them to the next program. */
  input?: AsyncIterable<string>;
}

/** A command. Resolves to its exit code. */
export type Command = (args: string[], context: CommandContext) => Promise<number>;

const INTERRUPTED = 130; // 128 + SIGINT, the convention of shells

/** Runs a command as this process: arguments, signals, one line for an error, exit code. */
export async function runAsProcess(command: Command): Promise<void> {
  const stop = new AbortController();
  const terminal = new Terminal(process.stdout, process.stderr);
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED); // a second signal exits at once
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let pipeClosed = false;
  const onOutputError = ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') throw new Error(message);
    pipeClosed = true; // by a reader like `head`
    stop.abort();
  };
  process.stdout.on('error', onOutputError);
  process.stderr.on('error', onOutputError);
  const ended = new AbortController();
  const context = { terminal, env: process.env, signal: stop.signal, input: inputLines(ended.signal) };
  const exitCode = await runCommand(command, process.argv.slice(2), context);
  ended.abort();
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
  process.exitCode = pipeClosed ? 0 : exitCode;
}

/** Runs a command, and prints one line for an error. @returns the exit code. */
export async function runCommand(command: Command, args: string[], context: CommandContext): Promise<number> {
  try {
    return await command(args, context);
  } catch (error) {
    context.terminal.show('');
    if (context.signal.aborted) return INTERRUPTED;
    context.terminal.say(printable(lineFor(error)));
    if (error instanceof UsageProblem) context.terminal.say('--help shows the usage');
    return error instanceof CliProblem ? error.exitCode : 1;
  }
}

/** Lines of standard input. Reading begins with the first request for a line. */
async function* inputLines(signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: process.stdin, signal });
  try {
    yield* lines;
  } finally {
    lines.close();
    process.stdin.destroy(); // an open input would keep the process running
  }
}
