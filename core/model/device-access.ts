import type { InstanceId } from '../../protocol/ids.js';
import { SyncProblem } from './sync-problem.js';

interface OfInstance {
  readonly instanceId: InstanceId;
}

/**
 * What was read of a device, its record or its receipt, for the instance that it is registered with.
 * @throws SyncProblem `device-not-registered`, `instance-replaced`.
 */
export function authorized<Read extends OfInstance>(
  read: Read | undefined,
  { instanceId }: OfInstance,
): Read {
  if (!read) throw new SyncProblem('device-not-registered');
  if (read.instanceId !== instanceId) throw new SyncProblem('instance-replaced');
  return read;
}

/** The record kept changing, or the device was registered anew under the same instance. */
export const changedMeanwhile = (): SyncProblem =>
  new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
