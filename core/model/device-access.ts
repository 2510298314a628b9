import type { InstanceId } from '../../protocol/ids.js';
import { SyncProblem } from './sync-problem.js';

interface OfInstance {
  readonly instanceId: InstanceId;
}

/**
 * Returns a device, or its idempotency record, if it is registered with the given instance.
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

/** The error for a device that changed during each attempt, or was registered again meanwhile: `busy`. */
export const changedMeanwhile = (): SyncProblem =>
  new SyncProblem('busy', { detail: 'the device is being changed elsewhere', retryAfterSeconds: 1 });
