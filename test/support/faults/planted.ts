import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { Fault } from './fault.js';

/**
 * The source with a fault in it.
 * @throws Error if the file does not contain the text of the rule exactly once: the fault is out of date.
 */
export function withFault({ name, file, from, to }: Fault, source: string): string {
  const found = source.split(from).length - 1;
  if (found !== 1) throw new Error(`${name}: its rule stands ${found} times in ${file}`);
  return source.replace(from, () => to);
}

/** Bundles what is run with a fault in it; the files of the project stay as they are. */
export const planted = (fault: Fault): Plugin => ({
  name: 'fault',
  setup({ onLoad }) {
    const path = join(process.cwd(), fault.file);
    onLoad({ filter: /\.ts$/ }, async (args) =>
      args.path === path
        ? { contents: withFault(fault, await readFile(path, 'utf8')), loader: 'ts' }
        : undefined,
    );
  },
});
