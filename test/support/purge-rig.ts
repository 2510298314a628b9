import { purge } from '../../core/lifecycle/purge.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import type { BoxId, Counts } from '../../core/model/items.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import { BoxUnderTest } from './box-under-test.js';
import { aConversation, aMessage, aSession, BOX } from './builders.js';
import { countedIn } from './counted.js';
import { MemoryStore } from './memory-store.js';

/** Counts its own items, whatever the head says. A test can end the process that writes. */
export class CountedStore extends MemoryStore {
  failAfter = Number.POSITIVE_INFINITY; // calls
  calls = 0;
  beforeAppend: (() => Promise<unknown>) | undefined;

  private call(): void {
    if (++this.calls > this.failAfter) throw new Error('the process ended');
  }

  override async append(of: BoxId, entry: LogEntry) {
    this.call();
    const { beforeAppend } = this;
    this.beforeAppend = undefined;
    await beforeAppend?.();
    return super.append(of, entry);
  }

  override async project(...args: Parameters<MemoryStore['project']>) {
    this.call();
    return super.project(...args);
  }

  override async replace(...args: Parameters<MemoryStore['replace']>) {
    this.call();
    return super.replace(...args);
  }

  override async remove(...args: Parameters<MemoryStore['remove']>) {
    this.call();
    return super.remove(...args);
  }

  counted(): Counts {
    return countedIn(this.all(BOX));
  }
}

/** A box with containers to purge, and the functions that purge them. */
export class PurgeRig extends BoxUnderTest {
  constructor(readonly counts = new CountedStore()) {
    super(counts);
  }

  /** Expects that the head counts what the items are, once all entries are applied. */
  async expectCounted(more: Partial<Counts> = {}): Promise<void> {
    await this.projected(BOX);
    const counted = this.counts.counted();
    expect((await this.head()).counts).toEqual(counted);
    expect(counted).toMatchObject(more);
  }

  /** Orders a purge for each commit that deleted a container. */
  async order(): Promise<void> {
    for (const commit of await this.commits(BOX)) await schedulePurge(this.core, BOX, commit);
  }

  /** Carries out all orders, also those that follow from them. */
  async work(): Promise<void> {
    for (let message = this.purges.shift(); message; message = this.purges.shift())
      await purge(this.core, message);
  }

  /** Creates a conversation history in f1 with so many messages. Every second message has a state. */
  async fill(count: number, conversationId = 'c1'): Promise<void> {
    await this.given(aConversation({ id: conversationId, folderId: 'f1' }), aSession({ conversationId }));
    const all = Array.from({ length: count }, (_, i) =>
      aMessage({
        id: `m${String(i).padStart(4, '0')}`,
        conversationId,
        ...(i % 2 === 0 && { flags: ['x'] }),
        ...(i % 3 === 0 && { sessionId: 's1' }),
      }),
    );
    for (let i = 0; i < count; i += 50) await this.given(...all.slice(i, i + 50));
  }
}
