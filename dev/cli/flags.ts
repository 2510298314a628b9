import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { faultsOf } from '../../protocol/faults.js';
import { UsageProblem } from './cli-problem.js';
import { printable } from './printable.js';

/** Schema of a number in a flag. Shape: decimal digits. */
export const countFlag = (least: number, most: number) => {
  const message = `must be a number from ${least} to ${most}`;
  return z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, message)),
    z.pipe(z.transform(Number), z.number().check(z.gte(least, message), z.lte(most, message))),
  );
};

/** Schema of a URL in a flag; removes slashes at its end. */
export const urlFlag = z.pipe(
  z
    .string()
    .check(z.refine((url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url), 'must be an http(s) URL')),
  z.transform((url: string) => url.replace(/\/+$/, '')),
);

/**
 * The flags of a command, read by its schema. Positional arguments are `files`.
 * @throws UsageProblem naming the first fault.
 */
export function parseFlags<T>(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
  schema: z.ZodMiniType<T>,
): T {
  const parsed = schema.safeParse(flagsOf(args, options), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [fault] = faultsOf(parsed.error);
  const name = fault?.pointer.split('/')[1] ?? '';
  throw new UsageProblem(`${name === 'files' ? 'FILE' : `--${name}`} ${fault?.detail}`);
}

function flagsOf(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): object {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { ...values, files: positionals };
  } catch (error) {
    // The first sentence of Node.js names the fault; the next one guesses what else was meant.
    throw new UsageProblem(printable((error as Error).message).split('. ')[0] ?? '');
  }
}
