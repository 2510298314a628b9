import * as z from 'zod/mini';
import { beginLog, boxTag, describeError, logger } from '../../../functions/runtime/observability/log.js';
import { capturedLog } from './captured-log.js';

const log = capturedLog();

test('a box is named by the first 12 hex digits of its SHA-256', () => {
  // printf 'tel:+15550100' | sha256sum
  expect(boxTag('tel:+15550100')).toBe('b2619dadf7e6');
});

test('keys of one invocation do not reach the next one', () => {
  beginLog('first');
  logger.appendKeys({ caller: 'abc' });
  beginLog('second');
  logger.info('here');
  expect(log.lines()).toEqual([expect.objectContaining({ requestId: 'second' })]);
  expect(log.lines()[0]).not.toHaveProperty('caller');
});

test('an error is told with its causes and where it was thrown', () => {
  const error = new Error('outer', { cause: new TypeError('inner') });
  expect(describeError(error)).toMatchObject({
    name: 'Error',
    message: 'outer',
    stack: expect.stringContaining('log.test'),
    cause: { name: 'TypeError', message: 'inner' },
  });
});

test('members of an error that may hold items of the database are left out', () => {
  const error = Object.assign(new Error('cancelled'), {
    CancellationReasons: [{ Item: { text: { S: 'secret' } } }],
    $metadata: { httpStatusCode: 400, requestId: 'R1' },
  });
  const told = describeError(error);
  expect(told).toMatchObject({ awsStatus: 400, awsRequestId: 'R1' });
  expect(JSON.stringify(told)).not.toContain('secret');
});

test('an error of JSON.parse does not quote the text', () => {
  const thrown = (() => {
    try {
      return JSON.parse('my secret');
    } catch (error) {
      return error;
    }
  })();
  expect((thrown as Error).message).toContain('secret');
  expect(JSON.stringify(describeError(thrown))).not.toContain('secret');
});

test('an error of a schema tells pointers, not input', () => {
  const { error } = z.safeParse(
    z.object({ a: z.object({ b: z.int() }) }),
    { a: { b: 'my secret' } },
    { reportInput: true },
  );
  const told = JSON.stringify(describeError(error));
  expect(told).toContain('/a/b');
  expect(told).not.toContain('secret');
});

test('what is thrown without being an error is not printed', () => {
  expect(describeError('my secret')).toEqual({ message: 'thrown: string' });
});

test('causes that go in a circle come to an end', () => {
  const error = new Error('round');
  error.cause = error;
  expect(JSON.stringify(describeError(error)).match(/round/g)?.length).toBe(6);
});
