import { setTimeout as delay } from 'node:timers/promises';

/** Repeats an attempt until it does not throw. Resolves to its result, or throws the last error after the timeout. */
export async function eventually<Result>(
  attempt: () => Result | Promise<Result>,
  timeoutMs = 8000,
): Promise<Result> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
