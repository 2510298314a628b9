/**
 * JSON with sorted members, and with `Infinity` for numbers such as `1e999`, which JSON cannot express. Two values have the
 * same text if and only if they are the same.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return String(value); // that of -0 is 0
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join()}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}

/** Whether two values are the same as stored: -0 is 0, and undefined members are ignored. */
export const isSameJson = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);
