import { isPartitionThrottled, isThrottled } from '../../../../core/dynamodb/throttling.js';

const named = (name: string, members: object = {}): Error =>
  Object.assign(new Error(''), { name, ...members });
const exceeded = (attempts: number): Error =>
  named('ProvisionedThroughputExceededException', { $metadata: { attempts } });

test.each([
  [exceeded(3), true],
  [named('ThrottlingException'), true],
  [named('RequestLimitExceeded'), true],
  [named('ValidationException'), false],
  ['ThrottlingException', false],
])('%s is throttling: %s', (error, expected) => {
  expect(isThrottled(error)).toBe(expected);
});

test.each<[Error, 'read' | 'write', boolean]>([
  [exceeded(3), 'read', true],
  [exceeded(1), 'write', true],
  [exceeded(2), 'write', false],
  [named('ThrottlingException', { $metadata: { attempts: 1 } }), 'write', false],
  [named('ThrottlingException'), 'read', false],
])('[XO8] %s of a %s is surely too much for the box, and nothing done: %s', (error, kind, expected) => {
  expect(isPartitionThrottled(error, kind)).toBe(expected);
});
