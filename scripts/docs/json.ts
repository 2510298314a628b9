export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

const LINE_WIDTH = 110; // of biome.json

/** JSON as the formatter of this project leaves it: objects over several lines, lists on one where they fit. */
export function formatJson(value: Json): string {
  return `${formatted(value, '', 1)}\n`;
}

/** `before`: characters that are on the line already; `after`: those that will follow. */
function formatted(value: Json | undefined, indent: string, around: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    const line = `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;
    if (value.every(isPlain) && indent.length + around + line.length <= LINE_WIDTH) return line;
    return `[\n${value.map((each) => inner + formatted(each, inner, 1)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  const lines = members.map(([key, member]) => {
    const name = `${JSON.stringify(key)}: `;
    return inner + name + formatted(member, inner, name.length + 1);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isPlain = (value: Json): boolean => typeof value !== 'object' || value === null;

export const sortedByKey = <T>(members: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Every `$ref` in a document. */
export function refsIn(value: Json | undefined): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isList(value)) return value.flatMap(refsIn);
  return Object.entries(value).flatMap(([key, member]) =>
    key === '$ref' && typeof member === 'string' ? [member] : refsIn(member),
  );
}
