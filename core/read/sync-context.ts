import type { Tail } from '../log/tail.js';
import type { BoxView } from '../log/view.js';
import type { BoxId } from '../model/items.js';
import type { Core } from '../ports/core.js';
import type { HighWaterMark } from './high-water-mark.js';
import type { RowContext } from './own-writes.js';
import type { Page } from './page.js';

/**
 * A response is sent after this many reads, however little it holds, and the device asks for more. Between the elements
 * of a device there may be many that are not for it. Unit: reads of at most 1,000 items.
 */
export const READS_MAX = 30;

/** Everything that the rules read with and write to while they build one response. `synchronize` makes it once per request. */
export interface SyncContext extends RowContext {
  readonly core: Core;
  readonly box: BoxId;
  /** The end of the log as the request found it. No response goes beyond its head. */
  readonly tail: Tail;
  readonly page: Page;
  readonly highWater: HighWaterMark;
  /**
   * The items of the box as of the tail's head, opened on first use. No item is older than the position, so the device
   * misses nothing that the log has passed.
   */
  readonly view: () => Promise<BoxView>;
}
