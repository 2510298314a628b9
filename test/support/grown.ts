import { projectEntries } from '../../core/lifecycle/project-entry.js';
import { readTail } from '../../core/log/tail.js';
import { BOX } from './builders.js';
import type { Rig } from './rig.js';

/**
 * Deposits each operation in its own commit. All are applied to the view at once, as with a stream that is
 * never late.
 */
export async function grow(rig: Rig, operations: readonly object[]): Promise<void> {
  await rig.projected(BOX);
  for (const operation of operations) {
    await rig.deposit(BOX, operation);
    const { entries = [] } = (await readTail(rig.core, BOX)) ?? {};
    await projectEntries(rig.core, BOX, entries.slice(-1));
  }
}
