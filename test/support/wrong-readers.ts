import type { BoxId } from '../../core/model/items.js';
import { CONTENTS, ENTRIES, endOf } from '../../core/model/keys.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Store } from '../../core/ports/store.js';

const ALL = 1000;

/** A reader whose token is a number. It keeps the ids of the messages that it has received. */
export interface WrongReader {
  readonly told: ReadonlySet<string>;
  poll(): Promise<void>;
}

/** The result of an index sorted by version: everything after a number, as far as the view shows it. */
async function messagesBehind(store: Store, box: BoxId, since: number): Promise<StoredItem[]> {
  const { items } = await store.query(box, { from: CONTENTS, to: endOf(CONTENTS), limit: ALL });
  return items
    .filter((item) => item.kind === 'message' && item.version > since)
    .sort((a, b) => a.version - b.version);
}

abstract class Reader implements WrongReader {
  readonly told = new Set<string>();
  protected since = 0;

  constructor(
    protected readonly store: Store,
    protected readonly box: BoxId,
  ) {}

  abstract poll(): Promise<void>;

  protected tell(items: readonly StoredItem[]): void {
    for (const item of items) if (item.kind === 'message') this.told.add(item.id);
  }
}

/**
 * Wrong on purpose: trusts the highest version that it saw. The view may show one message of an entry before
 * the other. The reader then never asks for the other one.
 */
export class HighestSeenReader extends Reader {
  async poll(): Promise<void> {
    const items = await messagesBehind(this.store, this.box, this.since);
    this.tell(items);
    this.since = Math.max(this.since, ...items.map(({ version }) => version));
  }
}

/**
 * Wrong on purpose: reads the newest entry of the log first, and then the view up to it. It ignores the log,
 * which is ahead of the view.
 */
export class HeadFirstReader extends Reader {
  async poll(): Promise<void> {
    const range = { from: ENTRIES, to: endOf(ENTRIES), limit: 1, descending: true };
    const [head] = (await this.store.query(this.box, range)).items;
    if (!head) return;
    const items = await messagesBehind(this.store, this.box, this.since);
    this.tell(items.filter(({ version }) => version <= head.version));
    this.since = head.version;
  }
}
