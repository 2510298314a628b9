import { SyncProblem } from '../../../core/model/sync-problem.js';
import {
  problemDocument,
  retryAfterSeconds,
  syncProblemOf,
} from '../../../functions/runtime/http/problem-document.js';
import { PROBLEMS, type ProblemKind } from '../../../protocol/problem.js';

const named = (name: string, members: object = {}): Error =>
  Object.assign(new Error('from AWS'), { name, ...members });

test.each([
  named('ThrottlingException'),
  named('RequestLimitExceeded'),
  named('TimeoutError'),
  named('InternalServerError', { $metadata: { httpStatusCode: 500 } }),
  named('SomethingNew', { $metadata: { httpStatusCode: 503 } }),
  named('Error', { code: 'ECONNRESET' }),
  named('ProvisionedThroughputExceededException'),
])('[ER19] an error that passes by itself is unavailable: %s', (error) => {
  const problem = syncProblemOf(error);
  expect(problem.kind).toBe('unavailable');
  expect(retryAfterSeconds(problem)).toBe(1);
  expect(problem.cause).toBe(error);
});

test.each([
  named('ValidationException', { $metadata: { httpStatusCode: 400 } }),
  named('AccessDeniedException', { $metadata: { httpStatusCode: 400 } }),
  new TypeError('x is not a function'),
  'a string',
])('[ER20] an error of our own is internal: %s', (error) => {
  const problem = syncProblemOf(error);
  expect(problem.kind).toBe('internal');
  expect(retryAfterSeconds(problem)).toBeUndefined();
});

test('[ER3] the details of an internal problem are not told', () => {
  const document = problemDocument(new SyncProblem('internal', { detail: 'table boxes is gone' }), 'r1');
  expect(document).toEqual({
    type: '/problems/internal',
    title: expect.any(String),
    status: 500,
    detail: expect.not.stringContaining('table boxes'),
    requestId: 'r1',
  });
});

test.each(Object.keys(PROBLEMS) as ProblemKind[])(
  '[ER1] %s tells a detail, also where it was given none',
  (kind) => {
    const { detail, title } = problemDocument(new SyncProblem(kind), 'r1');
    expect(detail).toMatch(/^[A-Z].{20,}$|^errors /);
    expect(detail).not.toBe(title);
  },
);

test('[ER1] a problem document carries what its problem does, and no empty members', () => {
  const problem = new SyncProblem('operation-gap', { expectedN: 7, detail: 'five are missing' });
  expect(problemDocument(problem, 'r1')).toEqual({
    type: '/problems/operation-gap',
    title: 'Operations before the first one are missing',
    status: 409,
    detail: 'five are missing',
    requestId: 'r1',
    expectedN: 7,
  });
});

test('who is to come back is told when, in whole seconds', () => {
  expect(retryAfterSeconds(new SyncProblem('busy', { retryAfterSeconds: 0.2 }))).toBe(1);
  expect(retryAfterSeconds(new SyncProblem('too-many-requests', { retryAfterSeconds: 30 }))).toBe(30);
  expect(retryAfterSeconds(new SyncProblem('not-found'))).toBeUndefined();
});
