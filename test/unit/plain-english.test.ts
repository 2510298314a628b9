import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findingsIn, PROSE, reportOf } from '../support/plain-english.js';

const ROOT = join(__dirname, '..', '..');

test.each(PROSE)('%s is in plain English', (path) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(reportOf([join(ROOT, path)])).toEqual([]);
});

const patternsIn = (sentence: string, file = 'page.md'): string[] =>
  findingsIn(file, sentence).map(({ pattern }) => pattern);

describe('the checker finds', () => {
  test.each([
    ['is no', 'The id is no string.'],
    ['is none', 'The value is none of these.'],
    ['no more', 'The device is no more.'],
    ['anew', 'The client begins anew.'],
    ['whoever', 'This page is for whoever is on call.'],
    ['begins with a pronoun', 'What was deleted stays deleted.'],
    ['begins with a pronoun', 'It is late. Who comes second gets `exists`.'],
    ['stands for is', 'The name stands in the header.'],
    ['go on', 'The client goes on with the next page.'],
    ['tell', 'A device is told of the change.'],
    ['take along', 'The removal takes along its contents.'],
  ])('%s in a sentence that has it', (pattern, sentence) => {
    expect(patternsIn(sentence)).toEqual([pattern]);
  });

  test.each([
    'There is no such element.',
    'The server no longer keeps it; there are no more than ten of them, and it is no longer valid.',
    'The code `what is no more` has `told` in it.',
    'Do you see what it does?',
    'He understands it. The key is known, `A` is not.',
    'MMS stands for Multimedia Messaging Service.',
    '## What a client does',
    '```sh\nWhat is no more, goes on anew.\n```',
  ])('nothing in %j', (text) => {
    expect(patternsIn(text)).toEqual([]);
  });

  const words = (count: number) => `${Array.from({ length: count }, () => 'word').join(' ')}.`;

  test.each([
    ['a page', 'page.md', 25, (text: string) => text],
    ['a table cell', 'page.md', 25, (text: string) => `| a | b |\n|---|---|\n| ${text} | x |`],
    ['a comment', 'core/code.ts', 30, (text: string) => `/** ${text} */\nconst x = 1;`],
    ['an error text', 'protocol/problem.ts', 25, (text: string) => `const x = '${text}';`],
  ])('a sentence of %s that is too long, and none that is not', (_, file, most, as) => {
    expect(patternsIn(as(words(most)), file)).toEqual([]);
    expect(patternsIn(as(words(most + 1)), file)).toEqual([`${most + 1} words`]);
  });

  test('the length of a sentence without its code, links, addresses and lists of values', () => {
    const values = Array.from({ length: 30 }, (_, i) => `\`v${i}\``).join(', ');
    const link = `[one two](https://example.com/a/b) https://example.com/${'x/'.repeat(40)}`;
    expect(patternsIn(`It must be one of ${values}. See ${link}.`)).toEqual([]);
  });

  test('each sentence with its file and line, across lines of a paragraph', () => {
    expect(findingsIn('page.md', '# Title\n\nIt is late. A device\nis told. It\nstands there.')).toEqual([
      { file: 'page.md', line: 3, pattern: 'tell', sentence: 'A device is told.' },
      { file: 'page.md', line: 4, pattern: 'stands for is', sentence: 'It stands there.' },
    ]);
  });

  test('comments of source files, in whatever form, and no code', () => {
    const source = [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source that is checked
      'const told = /stands/.test(`what ${"is told" /* it is told */} `);',
      '/**',
      ' * Reads. It goes',
      ' * on.',
      ' * @throws Error when nobody is told',
      ' */',
      "const url = 'https://example.com//told'; // is told",
      '// One that',
      '// is no more.',
      '// biome-ignore lint/x: what is told',
    ].join('\n');
    expect(findingsIn('core/code.ts', source).map(({ line, pattern }) => [line, pattern])).toEqual([
      [1, 'tell'],
      [3, 'go on'],
      [5, 'tell'],
      [7, 'tell'],
      [8, 'no more'],
    ]);
  });

  test('error texts of the protocol, and no other literals', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source that is checked
    const source = "const text = 'is no string';\nconst id = 'told';\nconst also = `is none of ${list}`;";
    expect(patternsIn(source, 'protocol/faults.ts')).toEqual(['is no', 'is none']);
    expect(patternsIn(source, 'protocol/text.ts')).toEqual([]);
  });
});
