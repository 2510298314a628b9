import type { Core } from '../core.js';
import type { BoxId } from '../model/items.js';
import { readHead } from './read-log.js';
import { SyncProblem } from '../model/sync-problem.js';

/**
 * Devices of a box that is being erased are unknown before all else is gone. So whoever does not know a device looks
 * whether that is why, and answers `busy`. It costs nothing where the device is known.
 * @throws SyncProblem `busy`, and whatever the action throws.
 */
export async function unlessErasing<T>(core: Core, box: BoxId, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const isUnknown =
      error instanceof SyncProblem && (error.kind === 'device-not-registered' || error.kind === 'not-found');
    if (isUnknown) await readHead(core, box);
    throw error;
  }
}
