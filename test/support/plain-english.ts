import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Block, blocksOfMarkdown, blocksOfSource } from './prose-blocks.js';

/** All pages and folders with prose. `node --import tsx test/support/plain-english-report.ts [paths]` prints the findings. */
export const PROSE: readonly string[] = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs', '.github'],
  ...[
    'protocol',
    'core',
    'client',
    'functions',
    'infra',
    'packages',
    'dev',
    'demo',
    'scripts',
    'bench',
    'test',
  ],
];

/** A sentence that breaks a rule of plain English. `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly pattern: string;
  readonly sentence: string;
}

/** Longest sentence in words, by the kind of text. */
const WORDS_MAX = { markdown: 25, comment: 30, text: 25 } as const;

/** Each pattern by the name that a finding shows. The checker tries it on one sentence at a time. */
const BANNED: Readonly<Record<string, RegExp>> = {
  'is no': /(?<!\bthere )\b(?:is|are|was|were|be) no\b(?! (?:longer|more|\w+er)\b)/i,
  'is none': /\b(?:is|are|was|were|be) none\b/i,
  'no more': /\bno more\b(?!(?: \w+)? than\b)/i,
  anew: /\banew\b/i,
  whoever: /\b(?:whoever|whomever)\b/i,
  'begins with a pronoun': /^(?:what|whatever|who|whose|whom|of what|where that)\b(?![\s\S]*\?$)/i,
  'stands for is': /\b(?:stands?|stood)\b(?!-| (?:alone|for|in for)\b)/i,
  'go on': /\b(?:go|goes|going|went|gone) on\b/i,
  tell: /\b(?:tells?|telling|told)\b/i,
  'take along': /\b(?:takes?|took|taken|taking) along\b/i,
};

const CODE = '\u2039code\u203a';
const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|sec|no)|\b[A-Z])\.$/;

/** Replaces what is not prose: code, links, addresses, rule numbers and lists of values. The result keeps line breaks. */
const proseOf = (text: string): string =>
  text
    .replace(/`[^`]*`/g, (code) => CODE + '\n'.repeat(code.split('\n').length - 1))
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\bhttps?:\/\/\S*[^\s.,;:)]/g, CODE)
    .replace(/\[(?:5\.6\.x[\d.]*|[A-Z]{2}\d+)(?:, (?:5\.6\.x[\d.]*|[A-Z]{2}\d+))*\]/g, '')
    .replace(/\*\*([A-Z]{2}\d+)\*\*/g, '')
    .replace(/\*\*|__/g, '')
    .replace(new RegExp(`${CODE}(?:(?:,|;| ·| \\/)?\\s+(?:(?:and|or)\\s+)?${CODE})+`, 'g'), CODE);

interface Sentence {
  readonly text: string;
  readonly offset: number;
}

/** Splits at the end of a sentence: a full stop, question or exclamation mark that white space and a new start follow. */
function sentencesOf(prose: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  for (const { index, 0: mark } of prose.matchAll(
    /[.!?][)"'\u201d*]*(?=\s+["'(\u201c\u2039*]*[A-Z\u2039\d]|\s*$)/g,
  )) {
    const end = index + mark.length;
    if (ABBREVIATION.test(prose.slice(start, index + 1))) continue;
    sentences.push({ text: prose.slice(start, end), offset: start });
    start = end;
  }
  sentences.push({ text: prose.slice(start), offset: start });
  return sentences.flatMap(({ text, offset }) => {
    const trimmed = text.trim();
    return trimmed
      ? [{ text: trimmed.replace(/\s+/g, ' '), offset: offset + text.indexOf(trimmed[0] ?? '') }]
      : [];
  });
}

const wordsIn = (sentence: string): number =>
  sentence.split(/[\s\u2014\u2013]+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

function findingsInBlock(file: string, { kind, line, text, isTitle }: Block): Finding[] {
  const prose = proseOf(text);
  return sentencesOf(prose).flatMap((sentence) => {
    const at = line + prose.slice(0, sentence.offset).split('\n').length - 1;
    const found = Object.entries(BANNED)
      .filter(
        ([name, pattern]) => pattern.test(sentence.text) && !(isTitle && name === 'begins with a pronoun'),
      )
      .map(([name]) => name);
    const words = wordsIn(sentence.text);
    if (words > WORDS_MAX[kind]) found.push(`${words} words`);
    return found.map((pattern) => ({ file, line: at, pattern, sentence: sentence.text }));
  });
}

/** Files whose string literals are texts that customers read. */
const HAS_TEXTS = /(?:^|\/)(?:protocol\/(?:problem|faults)[^/]*|scripts\/docs\/words)\.ts$/;

/**
 * Every sentence of one file that breaks a rule.
 * Looks at Markdown outside of code blocks, and at comments of source files. Error texts are the literals of
 * `protocol/problem*.ts`, `protocol/faults*.ts` and `scripts/docs/words.ts`.
 */
export function findingsIn(file: string, source: string): Finding[] {
  const blocks =
    extname(file) === '.md'
      ? blocksOfMarkdown(source)
      : blocksOfSource(source, { withTexts: HAS_TEXTS.test(file) });
  return blocks.flatMap((block) => findingsInBlock(file, block));
}

const READ = new Set(['.md', '.ts', '.tsx', '.mts', '.mjs', '.js']);
const SKIPPED = new Set(['node_modules', 'cdk.out', 'coverage', 'dist']);

/** Files below a path that the checker reads, in order of their names. */
function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name) && !name.startsWith('.'))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const below = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(below);
      return READ.has(extname(entry.name)) ? [below] : [];
    });
}

/** Findings below the given paths, as `file:line: pattern: sentence`. */
export const reportOf = (paths: readonly string[]): string[] =>
  paths
    .flatMap(filesBelow)
    .flatMap((file) => findingsIn(file, readFileSync(file, 'utf8')))
    .map(({ file, line, pattern, sentence }) => `${file}:${line}: ${pattern}: ${sentence}`);
