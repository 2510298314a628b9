import type * as z from 'zod/mini';
import { SyncProblem } from '../../core/sync-problem.js';
import { faultsOf } from '../../protocol/faults.js';

/** Far more than anybody makes by mistake: an answer has to stay below what Lambda returns. */
const FAULTS_MAX = 1000;

/** A body or frame as its schema says. @throws SyncProblem `invalid-request` with all its faults, the first thousand. */
export function parsed<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const faults = faultsOf(result.error);
  throw new SyncProblem('invalid-request', {
    ...(faults.length > FAULTS_MAX && {
      detail: `errors lists the first ${FAULTS_MAX} of ${faults.length} faults`,
    }),
    errors: faults.slice(0, FAULTS_MAX),
  });
}

/** The parts of a path. They have no pointer into the body, so that their faults are told in words, all at once. */
export function parsedPath(
  schemas: Readonly<Record<string, z.ZodMiniType>>,
  parts: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    const result = schema.safeParse(parts[name], { reportInput: true });
    if (result.success) values[name] = result.data;
    else faults.push(...faultsOf(result.error).map(({ detail }) => `${name} in the path ${detail}`));
  }
  if (faults.length > 0) throw new SyncProblem('invalid-request', { detail: faults.join(', ') });
  return values;
}
