import { existsSync, readFileSync } from 'node:fs';

/** Code for functions: `note(value)` appends a value to the file in the variable NOTES. */
export const NOTE = `import { appendFileSync } from 'node:fs';
const note = (value) => appendFileSync(process.env.NOTES, JSON.stringify(value) + '\\n');
`;

/** The values in such a file. */
// biome-ignore lint/suspicious/noExplicitAny: the values are read without a type
export function readNotes(file: string): any[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
