import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licences } from '../../scripts/licences.js';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** That ask for nothing but to be named. */
const PERMISSIVE = ['Apache-2.0', 'MIT', 'MIT-0', '0BSD', 'ISC', 'BSD-3-Clause', 'BSD-2-Clause'];

test('docs/licences.md is that of the lock file: if not, npm run licences', () => {
  expect(read('docs/licences.md')).toBe(licences());
});

test('every package that is deployed has a licence that allows it', () => {
  const rows = [...licences().matchAll(/^\| (\S+) \| \d\S* \| (.+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.filter(([, , licence = '']) => !PERMISSIVE.includes(licence)).map(([row]) => row)).toEqual([]);
});

test('every runtime dependency has its reason in ARCHITECTURE.md, and an exact version', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const chapter = read('ARCHITECTURE.md').split('## Packages that are deployed')[1]?.split('\n## ')[0] ?? '';
  const named = [...chapter.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(dependencies).sort());
  expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
