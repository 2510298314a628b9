import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { faultsOf } from '../../protocol/faults.js';
import { UsageProblem } from './cli-problem.js';
import { printable } from './printable.js';

/** A flag's number. Shape: decimal digits. */
export const countFlag = (least: number, most: number) => {
  const message = `is no number from ${least} to ${most}`;
  return z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, message)),
    z.pipe(z.transform(Number), z.number().check(z.gte(least, message), z.lte(most, message))),
  );
};

export const urlFlag = z.pipe(
  z.string().check(z.refine((url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url), 'is no http(s) URL')),
  z.transform((url: string) => url.replace(/\/+$/, '')),
);

/**
 * The flags of a command as its schema reads them; positional arguments are `files`.
 * @throws UsageProblem naming the first thing that is wrong.
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
    // Node says what is wrong in the first sentence, and what else one might have meant in the next.
    throw new UsageProblem(printable((error as Error).message).split('. ')[0] ?? '');
  }
}
