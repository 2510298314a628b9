/** Time that remains for the response before Lambda ends the function. */
export const LAST_WORDS_MS = 500;

/** The result of the work. Unit of `ms`: milliseconds. @throws Error when the work takes longer; the work itself continues */
export async function withinTime<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('the work took too long')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
