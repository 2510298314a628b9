type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Merges a patch into a target. Null deletes a member, objects merge, every other value replaces. Neither argument is
 * changed. Members of the patch that are undefined are ignored. Source: RFC 7396.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (value !== undefined) merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/**
 * JSON text that is equal for equal values only. Object members are sorted by name, and undefined members are omitted.
 * Numbers that JSON cannot hold (`1e999` parses as Infinity) appear by name. -0 appears as 0.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .flatMap((name) =>
      value[name] === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(value[name])}`],
    );
  return `{${members.join()}}`;
}

/** Whether two values have the same canonical JSON. */
export const isSameJson = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);
