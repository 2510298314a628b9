import type { BoxView } from '../log/view.js';
import { latestVersionOf } from '../model/effects.js';
import type { BoxId, FolderName } from '../model/items.js';
import { behindKey, endOf, FOLDER_NAMES } from '../model/keys.js';
import type { Head } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { entryOf, versionOf } from '../model/version.js';
import type { Core } from '../ports/core.js';

const FOLDER_NAMES_PER_READ = 1000; // a box has some 500

/**
 * Items of a box as of the newest known log entry. Each key is read from the store once; entries that others append
 * meanwhile are applied over the items that were read.
 */
export class ItemReader {
  private folders: { readonly asOf: string; readonly names: readonly FolderName[] } | undefined;

  /** @param items by their keys, as read before; `undefined` for a key without an item */
  constructor(
    private readonly core: Core,
    private readonly box: BoxId,
    private readonly view: BoxView,
    private readonly items: Map<string, StoredItem | undefined>,
  ) {}

  /** The item under a key, read where it was not read yet. */
  async read(sk: string): Promise<StoredItem | undefined> {
    if (!this.items.has(sk)) await this.readFromStore([sk]);
    return this.get(sk);
  }

  /** The item under a key that was read before; undefined for other keys. */
  get(sk: string): StoredItem | undefined {
    return this.view.laidOver(sk, this.items.get(sk));
  }

  /** The same, also of an item that has expired and that the database may have removed already. */
  getWithExpired(sk: string): StoredItem | undefined {
    return this.view.laidOver(sk, this.items.get(sk), true);
  }

  /** Reads all known keys again, for entries that do not contain everything that was written with them. */
  reread(): Promise<void> {
    return this.readFromStore([...this.items.keys()]);
  }

  /** Keys of items that were read and are newer than the head. */
  keysAhead(head: Head): readonly string[] {
    const newest = versionOf(head.timeline, head.index);
    return [...this.items].flatMap(([sk, item]) => {
      const shown = item && this.view.laidOver(sk, item);
      return shown && (entryOf(latestVersionOf(shown)) > newest || modSeqOf(shown) > head.modSeq) ? [sk] : [];
    });
  }

  /** Names of all folders of the box: there are as many as folders, however many were deleted. Read once for each head. */
  async folderNames({ nonce }: Pick<Head, 'nonce'>): Promise<readonly FolderName[]> {
    if (this.folders?.asOf !== nonce) this.folders = { asOf: nonce, names: await this.readFolderNames() };
    return this.folders.names;
  }

  private async readFolderNames(): Promise<readonly FolderName[]> {
    const names: FolderName[] = [];
    for (let from = FOLDER_NAMES; ; ) {
      const range = { from, to: endOf(FOLDER_NAMES), limit: FOLDER_NAMES_PER_READ };
      const { items, more, last } = await this.view.query(range);
      names.push(...items.filter((item) => item.kind === 'folderName'));
      if (!more || last === undefined) return names;
      from = behindKey(last);
    }
  }

  private async readFromStore(keys: readonly string[]): Promise<void> {
    const found = await this.core.store.get(this.box, keys);
    for (const sk of keys) this.items.set(sk, found.get(sk));
  }
}

/** Number of the commit that last changed an element of an item; 0 where the item is not an element. */
const modSeqOf = (item: StoredItem): number =>
  Math.max('modSeq' in item ? item.modSeq : 0, item.kind === 'message' ? (item.state?.modSeq ?? 0) : 0);
