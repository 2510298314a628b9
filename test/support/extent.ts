/** `npm test` tries a few of the random or exhaustive cases, `npm run test:all` tries all of them. */
export const isThorough = process.env.CPM_TEST_ALL === '1';

/**
 * The number of cases to try. A file that calls this runs briefly in `npm test`, and completely in `npm run
 * test:all`.
 */
export const extent = (quick: number, thorough: number): number => (isThorough ? thorough : quick);
