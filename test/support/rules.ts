import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '../..');
const RULE = /^(?: *- |\| )\*\*([A-Z]{2}\d+)\*\*/gm; // `- **SY3** …`, or the first cell of a table's row
const ID = /[A-Z]{2}\d+/;
/**
 * Matches `test('[SY3] …'`, `test.concurrent('[SY3, SY4] …'`, and `])('[SY3] …'` of test.each. A skipped test
 * proves nothing, so it does not match.
 */
const QUOTE = new RegExp(
  `(?:\\btest(?:\\.concurrent)?|\\))\\(\\s*['"\`]\\[(${ID.source}(?:, ${ID.source})*)\\] `,
  'g',
);
const SKIPPED = /\b(?:test|describe)(?:\.concurrent)?\.(?:skip|todo|failing|only)\b/;

const testFiles = (): string[] =>
  readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') || path.endsWith('-contract.ts'))
    .map((path) => join(ROOT, 'test', path));

/** Numbers of the rules in protocol/RULES.md, in their order. */
export const rulesOf = (markdown: string): string[] =>
  [...markdown.matchAll(RULE)].map(([, rule]) => rule ?? '');

/** Rule numbers in the titles of tests. */
export const quotedIn = (source: string): string[] =>
  [...source.matchAll(QUOTE)].flatMap(([, list]) => (list ?? '').split(', '));

/** Numbers of all rules in protocol/RULES.md. */
export const rules = (): string[] => rulesOf(readFileSync(join(ROOT, 'protocol/RULES.md'), 'utf8'));

/** Each quoted rule, with the files that quote it. */
export function quotations(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of testFiles()) {
    const where = relative(ROOT, file);
    for (const rule of quotedIn(readFileSync(file, 'utf8'))) {
      found.set(rule, [...(found.get(rule) ?? []), where]);
    }
  }
  return found;
}

/** Test files with a skipped test. */
export const filesWithSkipped = (): string[] =>
  testFiles()
    .filter((file) => SKIPPED.test(readFileSync(file, 'utf8')))
    .map((file) => relative(ROOT, file));
