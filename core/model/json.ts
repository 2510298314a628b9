/**
 * JSON with the members of all objects in one order, and numbers beyond all others (`1e999`) by their name, where JSON has
 * none: what is the same value, and nothing else, has the same text.
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

/** The same value as it is kept: -0 is 0, and a member that is undefined is none. */
export const isSameJson = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);
