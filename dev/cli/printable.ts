const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Control characters, and characters that change the direction of text. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Foreign text for one line of a terminal. It cannot move the cursor, change colours or reorder the line. */
export const printable = (text: string): string => text.replace(LINE_BREAKS, ' ').replace(UNSAFE, '');

/** At most `length` characters. An ellipsis shows that text was cut. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** JSON for a terminal. It escapes characters that a terminal interprets and JSON allows. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
