import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { isRefusal, isTooLarge } from '../../../../core/dynamodb/errors.js';

const cancelled = (...CancellationReasons: { Code: string; Message?: string }[]) =>
  new TransactionCanceledException({
    $metadata: {},
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${CancellationReasons.map(({ Code }) => Code).join(', ')}]`,
    CancellationReasons,
  });

const validation = (message: string) => Object.assign(new Error(message), { name: 'ValidationException' });

describe('isRefusal', () => {
  test.each([
    ['a condition of a single write', new ConditionalCheckFailedException({ $metadata: {}, message: '' })],
    ['a write under way', new TransactionConflictException({ $metadata: {}, message: '' })],
    ['a condition of a transaction', cancelled({ Code: 'None' }, { Code: 'ConditionalCheckFailed' })],
    ['a transaction under way', cancelled({ Code: 'TransactionConflict' }, { Code: 'None' })],
  ])('holds for %s', (_, error) => {
    expect(isRefusal(error)).toBe(true);
  });

  test.each([
    ['throttling', cancelled({ Code: 'ThrottlingError' }, { Code: 'None' })],
    ['throughput', cancelled({ Code: 'ConditionalCheckFailed' }, { Code: 'ProvisionedThroughputExceeded' })],
    ['a fault of the request', cancelled({ Code: 'ValidationError', Message: 'Item size' })],
    ['a lost connection', new Error('socket hang up')],
  ])('does not hold when a transaction fails for %s', (_, error) => {
    expect(isRefusal(error)).toBe(false);
  });
});

describe('isTooLarge', () => {
  test.each([
    ['as DynamoDB Local says it', validation('Payload in response is too large.4200186')],
    ['by its size', validation('Transaction payload size cannot exceed 4MB')],
    ['as a reason', cancelled({ Code: 'ValidationError', Message: 'Aggregate size of items exceeded 4 MB' })],
  ])('holds for a reading of more than 4 MB, %s', (_, error) => {
    expect(isTooLarge(error)).toBe(true);
  });

  test.each([
    ['throughput that was exceeded', cancelled({ Code: 'ProvisionedThroughputExceeded' })],
    [
      'two reads of one key',
      validation('Transaction request cannot include multiple operations on one item'),
    ],
  ])('does not hold for %s', (_, error) => {
    expect(isTooLarge(error)).toBe(false);
  });
});
