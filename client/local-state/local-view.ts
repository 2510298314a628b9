import {
  ELEMENT_TYPES,
  type Element,
  type ElementOf,
  type ElementType,
  type Removal,
} from '../../protocol/elements/element.js';
import type { StoreTransaction } from '../stores/local-store.js';
import { derive, type ViewChange } from './derive.js';
import { type ElementKey, entriesBelow, keyOf, ROWS, removalKey, rowKey, type ScanOptions } from './keys.js';
import { type Row, type Slot, shown } from './rows.js';

/** A confirmed element. One of an earlier generation was held before a reset, and the server has not sent it since. */
export interface ConfirmedElement {
  element: Element;
  generation: number;
}

/** Reads one layer of a slot. */
export type Layer = (slot: Slot | undefined) => Element | undefined;
export const confirmed: Layer = (slot) => slot?.confirmed;

interface Loaded {
  before: Row;
  row: Row;
  stored: Row; // as the transaction would read it
}

/** The elements of a row in one layer. */
export const elementsOf = (row: Row, layer: Layer): Element[] =>
  ELEMENT_TYPES.flatMap((type) => layer(row[type] as Slot | undefined) ?? []);

const isEmpty = (row: Row): boolean => Object.keys(row).length === 0;

/**
 * The elements of this device within one transaction, in two layers: confirmed and optimistic. It reads each row once and
 * changes rows in memory. `save` writes them with everything derived from them, such as summaries and sort orders.
 */
export class LocalView {
  readonly #rows = new Map<string, Loaded>();
  #removals?: boolean; // whether removals are stored; undefined: not read yet

  constructor(readonly tx: StoreTransaction) {}

  async row(key: string): Promise<Row> {
    const loaded = this.#rows.get(key);
    if (loaded) return loaded.row;
    const row = ((await this.tx.get(key)) ?? {}) as Row;
    this.#rows.set(key, { before: row, row, stored: row });
    return row;
  }

  async slot<T extends ElementType>(key: ElementKey & { type: T }): Promise<Slot<ElementOf<T>> | undefined> {
    return (await this.row(rowKey(key)))[key.type] as Slot<ElementOf<T>> | undefined;
  }

  /** The element that queries return. */
  async shown<T extends ElementType>(key: ElementKey & { type: T }): Promise<ElementOf<T> | undefined> {
    return shown(await this.slot(key)) as ElementOf<T> | undefined;
  }

  /** The confirmed element, of any generation. */
  async get(key: ElementKey): Promise<ConfirmedElement | undefined> {
    const slot: Slot | undefined = await this.slot(key);
    return slot?.confirmed && { element: slot.confirmed, generation: slot.generation ?? 0 };
  }

  /** Sets the confirmed element. */
  async put({ element, generation }: ConfirmedElement): Promise<void> {
    await this.#change(element, (slot) => ({ ...slot, confirmed: element, generation }));
  }

  /** Removes the confirmed element. */
  async drop(key: ElementKey): Promise<void> {
    await this.#change(key, ({ confirmed: _, generation: __, ...slot }) => slot);
  }

  /** Sets the optimistic layer: an element, null for a deletion, or undefined to show the confirmed element again. */
  async setOptimistic(key: ElementKey, optimistic: Element | null | undefined): Promise<void> {
    await this.#change(key, ({ optimistic: _, ...slot }) =>
      optimistic === undefined ? slot : { ...slot, optimistic },
    );
  }

  /** Yields the elements directly in a container, in one layer: the conversation histories of a folder, for example. */
  async *contentsOf(key: ElementKey, layer: Layer): AsyncGenerator<Element> {
    const { type: container, id, conversationId } = key;
    if (container === 'folder') {
      for await (const row of this.rowsBelow('H')) {
        const conversation = layer(row.conversationHistory);
        if (conversation?.type === 'conversationHistory' && conversation.folderId === id) yield conversation;
      }
    } else if (container === 'conversationHistory') {
      // Only rows of contents have keys below that of a conversation history.
      for (const kind of ROWS)
        for await (const row of this.rowsBelow(keyOf(kind, id))) yield* elementsOf(row, layer);
    } else if (container === 'sessionHistory') {
      for await (const row of this.rowsBelow(keyOf('M', conversationId ?? ''))) {
        const message = layer(row.message);
        if (message?.type === 'message' && message.sessionId === id) yield message;
      }
    } else if (container === 'message') {
      yield* elementsOf({ messageState: (await this.row(rowKey(key))).messageState }, layer);
    } else {
      container satisfies 'messageState'; // contains nothing
    }
  }

  /** Yields the rows below a prefix. It keeps only changed rows in memory. */
  async *rowsBelow(prefix: string, options?: ScanOptions): AsyncGenerator<Row> {
    await this.#flush();
    for await (const [key, value] of entriesBelow(this.tx, prefix, options)) {
      yield this.#rows.get(key)?.row ?? (value as Row);
    }
  }

  /** The remembered removal of an element. */
  async removalOf(key: ElementKey): Promise<Removal | undefined> {
    if (!(await this.#hasRemovals())) return undefined;
    return (await this.tx.get(removalKey(key))) as Removal | undefined;
  }

  rememberRemoval(removal: Removal): Promise<void> {
    this.#removals = true;
    return this.tx.put(removalKey(removal), removal);
  }

  async forgetRemoval(key: ElementKey): Promise<void> {
    if (await this.#hasRemovals()) await this.tx.delete(removalKey(key));
  }

  /** Most synchronizations bring no removals. One read then saves a read per element. */
  async #hasRemovals(): Promise<boolean> {
    this.#removals ??= (await this.tx.scan({ from: 'R', to: 'S', limit: 1 })).length > 0;
    return this.#removals;
  }

  async deleteBelow(prefix: string): Promise<void> {
    for await (const [key] of entriesBelow(this.tx, prefix)) await this.tx.delete(key);
  }

  /** Writes all changed rows. @returns the change that queries show. */
  async save(): Promise<ViewChange> {
    const changed = [...this.#rows].filter(([, { before, row }]) => before !== row);
    const change = await derive(this, changed);
    await this.#flush();
    return change;
  }

  setRow(key: string, row: Row): void {
    const loaded = this.#rows.get(key);
    if (loaded) loaded.row = row;
  }

  async #change(key: ElementKey, next: (slot: Slot) => Slot): Promise<void> {
    const name = rowKey(key);
    const { [key.type]: before, ...rest } = await this.row(name);
    const slot = next((before ?? {}) as Slot);
    this.setRow(name, (isEmpty(slot as Row) ? rest : { ...rest, [key.type]: slot }) as Row);
  }

  async #flush(): Promise<void> {
    for (const [key, loaded] of this.#rows) {
      if (loaded.stored === loaded.row) continue;
      loaded.stored = loaded.row;
      if (isEmpty(loaded.row)) await this.tx.delete(key);
      else await this.tx.put(key, loaded.row);
    }
  }
}
