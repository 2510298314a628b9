import type { Clock } from '../../../../core/ports/clock.js';
import { AGAIN, retry, untilVisible } from '../../../../core/ports/retry.js';

const exhausted = () => new Error('exhausted');

test('a result ends the retries, and so does an error', async () => {
  const seen: number[] = [];
  const run = async (attempt: number) => {
    seen.push(attempt);
    return attempt === 2 ? undefined : AGAIN;
  };
  expect(await retry({ attempts: 5, exhausted }, run)).toBeUndefined();
  expect(seen).toEqual([0, 1, 2]);
  const failing = jest.fn(() => Promise.reject(new Error('broken')));
  await expect(retry({ attempts: 5, exhausted }, failing)).rejects.toThrow('broken');
  expect(failing).toHaveBeenCalledTimes(1);
});

test('all attempts are made, each after a pause but the first, before the retries are exhausted', async () => {
  const events: string[] = [];
  const pause = async (attempt: number) => void events.push(`pause ${attempt}`);
  const run = async (attempt: number) => {
    events.push(`attempt ${attempt}`);
    return AGAIN;
  };
  await expect(retry({ attempts: 3, pause, exhausted }, run)).rejects.toThrow('exhausted');
  expect(events).toEqual(['attempt 0', 'pause 1', 'attempt 1', 'pause 2', 'attempt 2']);
});

test.each([
  [1, []],
  [2, []],
  [4, [20, 20]],
])('a result that is complete on read %i is returned after pauses of %j ms', async (complete, pauses) => {
  const slept: number[] = [];
  const clock = { sleep: async (ms: number) => void slept.push(ms) } as unknown as Clock;
  let reads = 0;
  const read = async () => ++reads;
  expect(await untilVisible(clock, 4, read, (result) => result === complete)).toBe(complete);
  expect([reads, slept]).toEqual([complete, pauses]);
});

test('the last result is returned when none is complete', async () => {
  const clock = { sleep: async () => undefined } as unknown as Clock;
  let reads = 0;
  expect(
    await untilVisible(
      clock,
      3,
      async () => ++reads,
      () => false,
    ),
  ).toBe(3);
});
