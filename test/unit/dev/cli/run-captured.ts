import { type Command, runCommand } from '../../../../dev/cli/command.js';
import { Terminal } from '../../../../dev/cli/terminal.js';

/** Runs a command in this process. @returns its output as lines. */
export async function runCaptured(
  command: Command,
  args: string[],
  {
    env = {},
    signal = new AbortController().signal,
    isTTY = false,
    onLine = () => undefined,
    input,
  }: CaptureOptions = {},
) {
  const out: string[] = [];
  const err: string[] = [];
  const into = (texts: string[]) => ({
    isTTY,
    write: (text: string) => {
      texts.push(text);
      onLine(text);
    },
  });
  const terminal = new Terminal(into(out), into(err));
  const code = await runCommand(command, args, { terminal, env, signal, ...(input && { input }) });
  return { code, out: linesOf(out), err: linesOf(err), shown: err.join('') };
}

interface CaptureOptions {
  env?: Record<string, string>;
  signal?: AbortSignal;
  isTTY?: boolean;
  onLine?: (text: string) => void;
  input?: AsyncIterable<string>;
}

const linesOf = (texts: string[]): string[] => texts.join('').split('\n').slice(0, -1);
