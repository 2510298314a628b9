import { createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const LARGE_BYTES = 20 * 1024 * 1024;

/** The log of the functions. */
export interface FunctionLog {
  write(functionName: string, line: string): void;
  close(): Promise<void>;
}

/**
 * Opens the log. Each line of a function is one line of the file: time, function, text.
 * @param file the log appends to it, or replaces it when it is larger than 20 MB. Undefined: no file.
 * @param also receives each line too, without the time.
 */
export function openFunctionLog(file: string | undefined, also?: (line: string) => void): FunctionLog {
  if (file) mkdirSync(dirname(file), { recursive: true });
  const large = file && existsSync(file) && statSync(file).size > LARGE_BYTES;
  const stream = file ? createWriteStream(file, { flags: large ? 'w' : 'a' }) : undefined;
  stream?.on('error', () => {}); // a full disk must not stop the cloud
  return {
    write(functionName, line) {
      stream?.write(`${new Date().toISOString()} ${functionName} ${line}\n`);
      also?.(`${functionName} ${line}`);
    },
    close: () => new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve())),
  };
}
