/** A piece of prose: a paragraph, a list item, a table cell, a comment or an error text. `line` is its first, from 1. */
export interface Block {
  readonly kind: 'markdown' | 'comment' | 'text';
  readonly line: number;
  readonly text: string;
  /** A heading or a header cell: not a sentence. */
  readonly isTitle?: boolean;
}

const LIST_ITEM = /^\s*(?:[-*+]|\d+\.)\s+/;
const TABLE_ROW = /^\s*\|/;
const TABLE_RULE = /^\s*\|[\s:|-]+\|?\s*$/;

/** Replaces code and HTML comments by empty lines, so that line numbers stay the same. */
const withoutCode = (markdown: string): string[] => {
  const blank = (text: string) => '\n'.repeat(text.split('\n').length - 1);
  return markdown
    .replace(/^([ \t]*)(```+|~~~+)[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .split('\n');
};

/** Paragraphs, list items, headings and table cells of a page, without code blocks. */
export function blocksOfMarkdown(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; lines: string[] } | undefined;
  const close = () => {
    if (open) blocks.push({ kind: 'markdown', line: open.line, text: open.lines.join('\n') });
    open = undefined;
  };
  const lines = withoutCode(markdown);
  for (const [i, text] of lines.entries()) {
    const line = i + 1;
    if (text.trim() === '') {
      close();
      continue;
    }
    if (TABLE_ROW.test(text)) {
      close();
      if (TABLE_RULE.test(text)) continue;
      const isTitle = TABLE_RULE.test(lines[i + 1] ?? '');
      const cells = text.replace(/`[^`]*`/g, (code) => code.replaceAll('|', '/')).split('|');
      for (const cell of cells)
        if (cell.trim()) blocks.push({ kind: 'markdown', line, text: cell.trim(), isTitle });
      continue;
    }
    if (/^#{1,6}\s/.test(text)) {
      close();
      blocks.push({ kind: 'markdown', line, text: text.replace(/^#+\s+/, ''), isTitle: true });
      continue;
    }
    if (LIST_ITEM.test(text)) close();
    open ??= { line, lines: [] };
    open.lines.push(text.replace(LIST_ITEM, '').trim());
  }
  close();
  return blocks;
}

interface Token {
  readonly kind: 'line' | 'block' | 'string';
  readonly line: number;
  readonly text: string;
  /** Whether the comment is alone on its line. */
  readonly isAlone: boolean;
}

const REGEX_AFTER = /(?:^|[(,=:[!&|?{};+>]|\breturn|\bcase)\s*$/;

/** Comments and string literals of a TypeScript file. */
function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const depths: number[] = []; // braces that are open in each `${` around this place
  let line = 1;
  let at = 0;
  const take = (kind: Token['kind'], end: number) => {
    const lineStart = source.lastIndexOf('\n', at - 1) + 1;
    const text = source.slice(at, end);
    tokens.push({ kind, line, text, isAlone: source.slice(lineStart, at).trim() === '' });
    line += text.split('\n').length - 1;
    at = end;
  };
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at + 1;
    return pattern.test(source) ? pattern.lastIndex : source.length;
  };
  const takeTemplate = () => {
    take('string', endOf(/(?:[^\\`$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y));
    if (source[at - 1] === '{') depths.push(0);
  };
  while (at < source.length) {
    const char = source[at];
    const two = source.slice(at, at + 2);
    const last = depths.length - 1;
    if (two === '//') take('line', endOf(/[^\n]*/y));
    else if (two === '/*') take('block', endOf(/[\s\S]*?\*\//y));
    else if (char === '"') take('string', endOf(/(?:[^\\"\n]|\\[\s\S])*"?/y));
    else if (char === "'") take('string', endOf(/(?:[^\\'\n]|\\[\s\S])*'?/y));
    else if (char === '`') takeTemplate();
    else if (char === '}' && depths[last] === 0) {
      depths.pop();
      takeTemplate();
    } else if (char === '/' && REGEX_AFTER.test(source.slice(Math.max(0, at - 40), at)))
      at = endOf(/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y);
    else {
      if (char === '{' && last >= 0) depths[last] = (depths[last] ?? 0) + 1;
      if (char === '}' && last >= 0) depths[last] = (depths[last] ?? 0) - 1;
      if (char === '\n') line++;
      at++;
    }
  }
  return tokens;
}

const DIRECTIVE = /^\s*(?:biome-ignore|@ts-|eslint|swc|#region|#endregion|<reference)/;

/** Splits a comment at empty lines, list items and tags. */
function paragraphsOf(lines: readonly string[], line: number): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; lines: string[] } | undefined;
  const close = () => {
    if (open) blocks.push({ kind: 'comment', line: open.line, text: open.lines.join('\n') });
    open = undefined;
  };
  for (const [i, text] of lines.entries()) {
    if (text.trim() === '' || DIRECTIVE.test(text)) {
      close();
      continue;
    }
    if (LIST_ITEM.test(text) || /^\s*@\w+/.test(text)) close();
    open ??= { line: line + i, lines: [] };
    open.lines.push(
      text
        .replace(LIST_ITEM, '')
        .replace(/^\s*@(?:throws|param|returns)\s+(?:\{[^}]*\}\s*)?\w+\s*/, '')
        .trim(),
    );
  }
  close();
  return blocks;
}

/** Comments of a source file; with `withTexts` also its string literals of several words. */
export function blocksOfSource(source: string, { withTexts }: { withTexts: boolean }): Block[] {
  const blocks: Block[] = [];
  let run: { line: number; lines: string[] } | undefined;
  const close = () => {
    if (run) blocks.push(...paragraphsOf(run.lines, run.line));
    run = undefined;
  };
  for (const { kind, line, text, isAlone } of tokensOf(source)) {
    if (kind === 'line') {
      const words = text.replace(/^\/\/+ ?/, '');
      if (run && isAlone && line === run.line + run.lines.length) run.lines.push(words);
      else {
        close();
        run = { line, lines: [words] };
        if (!isAlone) close();
      }
      continue;
    }
    close();
    if (kind === 'block') {
      const lines = text
        .replace(/^\/\*+|\*\/$/g, '')
        .split('\n')
        .map((each) => each.replace(/^\s*\* ?/, ''));
      blocks.push(...paragraphsOf(lines, line));
    } else if (withTexts && /\S \S/.test(text)) {
      blocks.push({ kind: 'text', line, text: text.slice(1).replace(/(?:['"`]|\$\{)$/, '') });
    }
  }
  close();
  return blocks;
}
