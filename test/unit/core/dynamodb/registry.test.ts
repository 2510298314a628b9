import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { DynamoRegistry } from '../../../../core/dynamodb/registry.js';
import type { DeviceRecord } from '../../../../core/ports/registry.js';
import { BOX } from '../../../support/builders.js';

const error = { $metadata: {}, message: '' };
const conflict = () => new TransactionConflictException(error);

/** A database that answers one call after the other as it is told, and then that it was done. */
function registryThat(...failures: Error[]) {
  const calls: unknown[] = [];
  const send = async (command: unknown) => {
    calls.push(command);
    const failure = failures.shift();
    if (failure) throw failure;
    return {};
  };
  return { calls, registry: new DynamoRegistry({ send } as unknown as DynamoDBClient, 'registry', 'store') };
}

const phone = { box: BOX, deviceId: 'phone', instanceId: 'i1' } as unknown as DeviceRecord;
const set = { syncedModSeq: 5 };

test('a change of a device that meets a transaction on its record is tried again', async () => {
  const { calls, registry } = registryThat(conflict(), conflict());
  expect(await registry.patch(phone, { set })).toBe(true);
  expect(calls).toHaveLength(3);
});

test('but not for ever', async () => {
  const { registry } = registryThat(...Array.from({ length: 20 }, conflict));
  await expect(registry.patch(phone, { set })).rejects.toThrow(TransactionConflictException);
});

test('one whose condition does not hold is not', async () => {
  const { calls, registry } = registryThat(new ConditionalCheckFailedException(error));
  expect(await registry.patch(phone, { set })).toBe(false);
  expect(calls).toHaveLength(1);
});
