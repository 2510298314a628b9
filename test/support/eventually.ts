import { setTimeout as delay } from 'node:timers/promises';

/** Tries until it does not throw; then answers its result, or throws the last error. */
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
