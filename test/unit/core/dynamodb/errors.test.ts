import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { isConditionFailed, translated, translateErrors } from '../../../../core/dynamodb/errors.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';

const named = (name: string, members: object = {}): Error =>
  Object.assign(new Error(''), { name, ...members });
const conditionFailed = () => new ConditionalCheckFailedException({ $metadata: {}, message: '' });

test('a condition that fails is told from every other failure', () => {
  expect(isConditionFailed(conditionFailed())).toBe(true);
  for (const other of [named('ThrottlingException'), new Error('socket hang up'), 'text', undefined]) {
    expect(isConditionFailed(other)).toBe(false);
  }
});

test.each<[string, 'read' | 'write', Error, string]>([
  ['too much of a read', 'read', named('ProvisionedThroughputExceededException'), 'too-many-requests'],
  [
    'too much of a write that was sent once',
    'write',
    named('ProvisionedThroughputExceededException', { $metadata: { attempts: 1 } }),
    'too-many-requests',
  ],
  [
    'too much of a write that was sent again, and may have been done',
    'write',
    named('ProvisionedThroughputExceededException', { $metadata: { attempts: 3 } }),
    'unavailable',
  ],
  ['too much of all', 'write', named('RequestLimitExceeded'), 'unavailable'],
  ['throttling', 'read', named('ThrottlingException'), 'unavailable'],
])('[XO8] %s, as a %s, is the problem that it stands for', async (_, kind, error, problem) => {
  const found = translated(error, kind);
  expect(found).toBeInstanceOf(SyncProblem);
  expect(found).toMatchObject({ kind: problem, cause: error });
  await expect(translateErrors(kind, () => Promise.reject(error))).rejects.toMatchObject({ kind: problem });
});

test.each([conditionFailed(), new Error('socket hang up'), named('ValidationException')])(
  '%s stays what it is: the outcome is not known, or the request is wrong',
  async (error) => {
    expect(translated(error, 'write')).toBe(error);
    await expect(translateErrors('read', () => Promise.reject(error))).rejects.toBe(error);
  },
);

test('a call that succeeds gives its answer', async () => {
  expect(await translateErrors('read', async () => 5)).toBe(5);
});
