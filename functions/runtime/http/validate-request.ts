import type * as z from 'zod/mini';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { FAULTS_TOLD_MAX } from '../../../protocol/limits.js';
import { validate } from '../../../protocol/validation.js';
import { hiddenMembers } from './hidden-members.js';

/** The valid value of a body, frame or query. @throws SyncProblem `invalid-request` with its first FAULTS_TOLD_MAX faults */
export function validateRequest<Schema extends z.ZodMiniType>(
  schema: Schema,
  input: unknown,
): z.infer<Schema> {
  const result = validate(schema, input);
  const hidden = hiddenMembers(input);
  if (result.ok && hidden.length === 0) return result.value;
  const seen = result.ok ? [] : result.faults;
  const named = new Set(seen.map(({ pointer }) => pointer));
  const faults = [...hidden.filter(({ pointer }) => !named.has(pointer)), ...seen];
  throw new SyncProblem('invalid-request', {
    ...(faults.length > FAULTS_TOLD_MAX && {
      detail: `errors lists only the first ${FAULTS_TOLD_MAX} faults`,
    }),
    errors: faults.slice(0, FAULTS_TOLD_MAX),
  });
}

/** The valid parts of a path. @throws SyncProblem `invalid-request` whose `detail` names all faults, since a path has no JSON pointers */
export function validatePath(
  schemas: Readonly<Record<string, z.ZodMiniType>>,
  parts: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    const result = validate(schema, parts[name]);
    if (result.ok) values[name] = result.value;
    else faults.push(...result.faults.map(({ detail }) => `${name} in the path ${detail}`));
  }
  if (faults.length > 0) throw new SyncProblem('invalid-request', { detail: faults.join(', ') });
  return values;
}
