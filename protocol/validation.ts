import * as z from 'zod/mini';
import { faultsOf, pointerOf } from './faults.js';
import { FAULTS_TOLD_MAX } from './limits.js';
import type { Fault } from './problem.js';

type Issue = z.core.$ZodIssue;
type Definition = z.core.$ZodTypes['_zod']['def'];

export type Validated<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: Fault[] };

/**
 * The value that a schema makes of an input, or all faults of the input. Every boundary validates with this function, so
 * that the same shape has the same faults everywhere. Source: RULES.md, ER2.
 * The schema library stops at a list that is too long. This function also checks the elements of such a list, and
 * reports at most FAULTS_TOLD_MAX faults of them.
 */
export function validate<Schema extends z.ZodMiniType>(
  schema: Schema,
  input: unknown,
): Validated<z.infer<Schema>> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  const { issues } = result.error;
  const skipped = new Map<string, Issue[]>(); // by pointer, since two lists may be in one object
  for (const { code, path, input: list } of issues) {
    if (code !== 'too_big' || !Array.isArray(list)) continue;
    for (const place of placesOn(path, schema, input)) skipped.set(pointerOf(place.at), skippedIn(place));
  }
  return { ok: false, faults: faultsOf({ issues: [...issues, ...[...skipped.values()].flat()] }) };
}

interface Place {
  readonly at: readonly PropertyKey[];
  readonly def: Definition;
  readonly value: unknown;
  readonly isList: boolean; // the list that is too long
}

/** The list at the end of a path, and everything that contains the list. */
function* placesOn(path: readonly PropertyKey[], schema: z.core.$ZodType, input: unknown): Generator<Place> {
  let [def, value] = [defOf(schema), input];
  for (const [i, key] of path.entries()) {
    yield { at: path.slice(0, i), def, value, isList: false };
    const member = memberOf(def, key);
    if (!member) return;
    [def, value] = [defOf(member), (value as Record<PropertyKey, unknown>)[key]];
  }
  yield { at: path, def, value, isList: true };
}

/** Issues that the library does not look for: those of checks that always run, and those of the elements. */
function skippedIn({ at, def, value, isList }: Place): Issue[] {
  const checks = (def.checks ?? []).filter(
    ({ _zod: { def: check } }) => check.check === 'custom' && check.when,
  );
  const found = issuesOf(z.unknown().check(...(checks as never[])), value, at);
  if (!isList || def.type !== 'array') return found;
  for (const [i, element] of (value as readonly unknown[]).entries()) {
    if (found.length >= FAULTS_TOLD_MAX) break;
    found.push(...issuesOf(def.element, element, [...at, i]));
  }
  return found;
}

const issuesOf = (schema: z.core.$ZodType, input: unknown, at: readonly PropertyKey[]): Issue[] =>
  (z.safeParse(schema, input, { reportInput: true }).error?.issues ?? []).map((issue) => ({
    ...issue,
    path: [...at, ...issue.path],
  }));

/** The definition of a schema inside its wrappers: optional, nullable, with a default, or transformed. */
function defOf(schema: z.core.$ZodType): Definition {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default')
    return defOf(def.innerType);
  return def.type === 'pipe' ? defOf(def.in) : def;
}

function memberOf(def: Definition, key: PropertyKey): z.core.$ZodType | undefined {
  if (def.type === 'object') return def.shape[String(key)];
  return def.type === 'array' ? def.element : undefined;
}

/** For a check that also runs when elements have faults. Such a check gets the list as it was received. */
export const ifList = ({ value }: { readonly value: unknown }): boolean => Array.isArray(value);
