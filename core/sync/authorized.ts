import type { Caller } from '../commit/commit-operations.js';
import type { DeviceRecord } from '../registry.js';
import { SyncProblem } from '../sync-problem.js';

/**
 * The record of a device as it was read, for the instance that it is registered with.
 * @throws SyncProblem `device-not-registered`, `instance-replaced`.
 */
export function authorized(
  read: DeviceRecord | undefined,
  { instanceId }: Pick<Caller, 'instanceId'>,
): DeviceRecord {
  if (!read) throw new SyncProblem('device-not-registered');
  if (read.instanceId !== instanceId) throw new SyncProblem('instance-replaced');
  return read;
}

/** The record kept changing, or the device was registered anew under the same instance. */
export const changedMeanwhile = (): SyncProblem =>
  new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
