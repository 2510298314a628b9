import type * as z from 'zod/mini';
import { SyncProblem } from '../../core/sync-problem.js';
import { faultsOf } from '../../protocol/faults.js';

/** A body or frame as its schema says. @throws SyncProblem `invalid-request` with all its faults. */
export function parsed<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (!result.success) throw new SyncProblem('invalid-request', { errors: faultsOf(result.error) });
  return result.data;
}

/** A part of the path: it has no pointer into the body, so that its fault is told in words. */
export function parsedPart<Schema extends z.ZodMiniType>(
  schema: Schema,
  name: string,
  input: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const faults = faultsOf(result.error).map(({ detail }) => detail);
  throw new SyncProblem('invalid-request', { detail: `${name} in the path ${faults.join(', ')}` });
}
