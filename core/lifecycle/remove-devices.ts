import type { Core } from '../core.js';
import type { BoxId, Erasing } from '../model/items.js';
import { isStillMarked, persistently, stillMarked } from './erasing-mark.js';

/**
 * Disconnects and removes the devices of a box that is being erased. A connection is closed first, and the device
 * removed only while that is its connection: so none stays open that nobody knows of.
 * @throws SyncProblem `busy` when the devices kept changing.
 */
export const removeDevices = (core: Core, box: BoxId, mark: Erasing): Promise<void> =>
  persistently(core, async () => {
    const devices = await core.registry.devices(box);
    if (devices.length === 0 || !(await isStillMarked(core, box, mark))) return 'done';
    await Promise.all(
      devices.flatMap(({ connectionId }) => (connectionId ? [core.sockets.close(connectionId)] : [])),
    );
    // One after the other: all of them check the mark, and would be in each other's way.
    let outcome: 'done' | undefined = 'done';
    for (const device of devices) {
      if ((await core.registry.revoke(device, [stillMarked(mark)])) === 'refused') outcome = undefined;
    }
    return outcome;
  }).then(() => undefined);
