const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Control characters, and those that turn the direction of the text around them. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from elsewhere on one line of a terminal: nothing in it moves the cursor, changes colours or reorders the line. */
export const printable = (text: string): string => text.replace(LINE_BREAKS, ' ').replace(UNSAFE, '');

/** At most `length` characters; what was cut shows. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** JSON for a terminal: what JSON leaves unescaped and a terminal would act on is escaped. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
