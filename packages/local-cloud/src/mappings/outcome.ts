import * as z from 'zod/mini';
import { FunctionError } from '../lambda/function-error.js';
import type { Invoke } from '../lambda/functions.js';

/** What became of a batch. */
export type Outcome =
  | { kind: 'done' }
  /** The function named the records that failed. */
  | { kind: 'partly'; failed: ReadonlySet<string> }
  | { kind: 'failed'; error: FunctionError };

const responseSchema = z.looseObject({
  batchItemFailures: z.optional(z.nullable(z.array(z.looseObject({ itemIdentifier: z.string() })))),
});

/**
 * Gives a batch to a function.
 * @param identifiers what the function may name, or undefined when it does not report failures of single records.
 */
export async function giveBatch(
  invoke: Invoke,
  records: readonly unknown[],
  identifiers: ReadonlySet<string> | undefined,
): Promise<Outcome> {
  let result: unknown;
  try {
    result = await invoke({ Records: records });
  } catch (error) {
    return {
      kind: 'failed',
      error: error instanceof FunctionError ? error : new FunctionError('Error', String(error)),
    };
  }
  if (!identifiers || typeof result !== 'object' || result === null) return { kind: 'done' };
  const parsed = responseSchema.safeParse(result);
  const failures = parsed.data?.batchItemFailures ?? [];
  // A report that makes no sense counts as a failure of everything, as in Lambda.
  if (!parsed.success || failures.some(({ itemIdentifier }) => !identifiers.has(itemIdentifier))) {
    return {
      kind: 'failed',
      error: new FunctionError('InvalidResponse', 'batchItemFailures names an unknown record'),
    };
  }
  if (failures.length === 0) return { kind: 'done' };
  return { kind: 'partly', failed: new Set(failures.map(({ itemIdentifier }) => itemIdentifier)) };
}
