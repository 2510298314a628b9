import type { BoxId, StoredItem } from '../../core/model/items.js';
import { endOf, HEAD_KEY } from '../../core/model/keys.js';
import type { Store } from '../../core/ports/store.js';

const CONTENTS = 'E#';
const ALL = 1000;

/** A reader that keeps a number as its token, and what it was told so far: the ids of messages. */
export interface WrongReader {
  readonly told: ReadonlySet<string>;
  poll(): Promise<void>;
}

/** What an index sorted by modSeq gives, as far as the reader can see it: everything behind a number. */
async function messagesBehind(store: Store, box: BoxId, since: number): Promise<StoredItem[]> {
  const { items } = await store.query(box, { from: CONTENTS, to: endOf(CONTENTS), limit: ALL });
  return items
    .filter((item) => item.kind === 'message' && item.modSeq > since)
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
 * Wrong on purpose: trusts the highest modSeq that it saw. Of a commit it may see one message before the other, and
 * then never asks for the other again.
 */
export class HighestSeenReader extends Reader {
  async poll(): Promise<void> {
    const items = await messagesBehind(this.store, this.box, this.since);
    this.tell(items);
    this.since = Math.max(this.since, ...items.map(({ version }) => version));
  }
}

/**
 * Wrong on purpose: reads the head first, then the index up to it. The head of a commit may be seen before what the
 * commit wrote.
 */
export class HeadFirstReader extends Reader {
  async poll(): Promise<void> {
    const head = (await this.store.get(this.box, [HEAD_KEY])).get(HEAD_KEY);
    if (head?.kind !== 'head') return;
    const items = await messagesBehind(this.store, this.box, this.since);
    this.tell(items.filter(({ version }) => version <= head.modSeq));
    this.since = head.modSeq;
  }
}
