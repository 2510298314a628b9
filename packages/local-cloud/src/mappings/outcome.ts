import * as z from 'zod/mini';
import { FunctionError } from '../lambda/function-error.js';
import type { Invoke } from '../lambda/functions.js';

/** The result of a batch. */
export type Outcome =
  | { kind: 'done' }
  /** The function has named the failed records. */
  | { kind: 'partly'; failed: ReadonlySet<string> }
  | { kind: 'failed'; error: FunctionError };

const responseSchema = z.looseObject({
  batchItemFailures: z.optional(z.nullable(z.array(z.looseObject({ itemIdentifier: z.string() })))),
});

/**
 * Invokes a function with a batch.
 * @param identifiers of the records that the function may name as failed. Undefined: it only fails as a whole.
 */
export async function invokeWithBatch(
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
  // An invalid report counts as a failure of the whole batch, as in Lambda.
  if (!parsed.success || failures.some(({ itemIdentifier }) => !identifiers.has(itemIdentifier))) {
    return {
      kind: 'failed',
      error: new FunctionError('InvalidResponse', 'batchItemFailures must name records of the batch'),
    };
  }
  if (failures.length === 0) return { kind: 'done' };
  return { kind: 'partly', failed: new Set(failures.map(({ itemIdentifier }) => itemIdentifier)) };
}
