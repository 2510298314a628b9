/** `npm test` tries few of the random or exhaustive cases, `npm run test:all` all of them. */
export const isThorough = process.env.CPM_TEST_ALL === '1';

/** How many cases are tried: the tests of a file that asks run once in `npm test`, and in full in `npm run test:all`. */
export const extent = (quick: number, thorough: number): number => (isThorough ? thorough : quick);
