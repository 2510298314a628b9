/** Time kept to answer before Lambda would cut the function off. */
export const LAST_WORDS_MS = 500;

/** @throws Error when the work is not done in time; it is not stopped by that. */
export async function withinTime<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('it took too long')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
