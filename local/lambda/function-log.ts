import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where the output of the functions goes. */
export interface FunctionLog {
  write(functionName: string, line: string): void;
  close(): Promise<void>;
}

/**
 * One line of a function is one line of the file: time, function, text.
 * @param file appended to; none: the lines go to `also` alone.
 */
export function openFunctionLog(file: string | undefined, also?: (line: string) => void): FunctionLog {
  if (file) mkdirSync(dirname(file), { recursive: true });
  const stream = file ? createWriteStream(file, { flags: 'a' }) : undefined;
  stream?.on('error', () => {}); // a full disk shall not end the cloud
  return {
    write(functionName, line) {
      stream?.write(`${new Date().toISOString()} ${functionName} ${line}\n`);
      also?.(`${functionName} ${line}`);
    },
    close: () => new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve())),
  };
}
