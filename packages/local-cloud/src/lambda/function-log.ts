import { createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const LARGE_BYTES = 20 * 1024 * 1024;

/** Where the output of the functions goes. */
export interface FunctionLog {
  write(functionName: string, line: string): void;
  close(): Promise<void>;
}

/**
 * One line of a function is one line of the file: time, function, text.
 * @param file appended to, or begun anew when it has become large; none: the lines go to `also` alone.
 */
export function openFunctionLog(file: string | undefined, also?: (line: string) => void): FunctionLog {
  if (file) mkdirSync(dirname(file), { recursive: true });
  const large = file && existsSync(file) && statSync(file).size > LARGE_BYTES;
  const stream = file ? createWriteStream(file, { flags: large ? 'w' : 'a' }) : undefined;
  stream?.on('error', () => {}); // a full disk shall not end the cloud
  return {
    write(functionName, line) {
      stream?.write(`${new Date().toISOString()} ${functionName} ${line}\n`);
      also?.(`${functionName} ${line}`);
    },
    close: () => new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve())),
  };
}
