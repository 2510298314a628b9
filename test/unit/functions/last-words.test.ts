import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { queueEndpoint } from '../../../functions/runtime/batch/batch-endpoints.js';
import { httpEndpoint } from '../../../functions/runtime/http/endpoint.js';
import { route } from '../../../functions/runtime/http/route.js';
import { frameEndpoint } from '../../../functions/runtime/websocket/socket-endpoint.js';
import { capturedLog } from './captured-log.js';
import { context, httpEvent, socketEvent } from './gateway-events.js';

// Middy takes its timer from this module, which fake timers leave alone.
jest.mock('node:timers', () => ({
  ...jest.requireActual('node:timers'),
  setTimeout: (...args: Parameters<typeof setTimeout>) => globalThis.setTimeout(...args),
}));

/** Lambda ends the function after this time. */
const REMAINING_MS = 15_000;
/** The answer must be out this long before. */
const LEFT_MS = 400;

capturedLog();
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const never = () => new Promise<never>(() => {});

/** The answer, if it comes shortly before Lambda ends the function. */
async function answeredInTime<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  let found: Answer | undefined;
  void answer.then((value) => {
    found = value;
  });
  await jest.advanceTimersByTimeAsync(REMAINING_MS - LEFT_MS);
  return found;
}

test('a socket function that takes too long answers in time, with an error frame that has the id of the request', async () => {
  const slow = frameEndpoint(never);
  const answer = await answeredInTime(
    slow(socketEvent('{"action":"sync","id":"r7"}'), context(REMAINING_MS)),
  );
  expect(answer?.statusCode).toBe(200);
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({
    type: 'error',
    id: 'r7',
    problem: { type: '/problems/unavailable', status: 503 },
  });
});

test('an HTTP function that takes too long answers 503 in time', async () => {
  const slow = httpEndpoint({ 'GET /v1/slow': route({ scope: 'cpm/sync' }, never) });
  const answer = await answeredInTime(slow(httpEvent({ routeKey: 'GET /v1/slow' }), context(REMAINING_MS)));
  expect(answer?.statusCode).toBe(503);
});

test('a queue function says in time which message took too long, and postpones that message alone', async () => {
  const postponed: string[] = [];
  const slow = queueEndpoint(z.string(), (body) => (body === 'slow' ? never() : Promise.resolve()), {
    postpone: async (records) => void postponed.push(...records.map(({ messageId }) => messageId)),
  });
  const Records = ['fast', 'slow'].map((body) => ({ messageId: body, body: JSON.stringify(body) }));
  const answer = await answeredInTime(slow({ Records } as unknown as SQSEvent, context(REMAINING_MS)));
  expect(answer?.batchItemFailures).toEqual([{ itemIdentifier: 'slow' }]);
  expect(postponed).toEqual(['slow']);
});
