import { createInterface } from 'node:readline';
import { CliProblem, lineFor, UsageProblem } from './cli-problem.js';
import { printable } from './printable.js';
import { Terminal } from './terminal.js';

export interface CommandContext {
  terminal: Terminal;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, SIGTERM, and when nobody reads the output any more. */
  signal: AbortSignal;
  /** Lines that the command may ask for. Who does not ask leaves them to the next. */
  input?: AsyncIterable<string>;
}

/** A command of the terminal; resolves to its exit code. */
export type Command = (args: string[], context: CommandContext) => Promise<number>;

const INTERRUPTED = 130; // 128 + SIGINT, as shells have it

/** Runs a command as the whole process: arguments, signals, one line for whatever is thrown, exit code. */
export async function runAsProcess(command: Command): Promise<void> {
  const stop = new AbortController();
  const terminal = new Terminal(process.stdout, process.stderr);
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED); // the second time somebody is impatient
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let pipeClosed = false;
  const onOutputError = ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') throw new Error(message);
    pipeClosed = true; // as `head` does once it has enough
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

export async function runCommand(command: Command, args: string[], context: CommandContext): Promise<number> {
  try {
    return await command(args, context);
  } catch (error) {
    context.terminal.show('');
    if (context.signal.aborted) return INTERRUPTED;
    context.terminal.say(printable(lineFor(error)));
    if (error instanceof UsageProblem) context.terminal.say('--help shows how it is called');
    return error instanceof CliProblem ? error.exitCode : 1;
  }
}

/** Lines of the input, read when the first one is asked for. */
async function* inputLines(signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: process.stdin, signal });
  try {
    yield* lines;
  } finally {
    lines.close();
    process.stdin.destroy(); // it would keep the process
  }
}
