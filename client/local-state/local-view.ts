import {
  ELEMENT_TYPES,
  type Element,
  type ElementType,
  type Removal,
} from '../../protocol/elements/element.js';
import type { StoreTransaction } from '../stores/local-store.js';
import { derive, type ViewChange } from './derive.js';
import { type ElementKey, entriesBelow, keyOf, removalKey, rowKey, type ScanOptions } from './keys.js';
import { type ElementOf, type Row, type Slot, shown } from './rows.js';

/** A confirmed element. One of an earlier generation was there before a reset and has not been sent since. */
export interface ConfirmedElement {
  element: Element;
  generation: number;
}

/** Which layer of what is held is meant. */
export type Layer = (slot: Slot | undefined) => Element | undefined;
export const confirmed: Layer = (slot) => slot?.confirmed;

interface Loaded {
  before: Row;
  row: Row;
  stored: Row; // as the transaction has it
}

export const elementsOf = (row: Row, layer: Layer): Element[] =>
  ELEMENT_TYPES.flatMap((type) => layer(row[type] as Slot | undefined) ?? []);

const isEmpty = (row: Row): boolean => Object.keys(row).length === 0;

/**
 * What a device holds, within one transaction: rows are read once, changed in memory, and written at the end
 * together with all that is derived from them (summaries, orders).
 */
export class LocalView {
  readonly #rows = new Map<string, Loaded>();
  #removals?: boolean; // whether any are remembered, once that is known

  constructor(readonly tx: StoreTransaction) {}

  async row(key: string): Promise<Row> {
    const known = this.#rows.get(key);
    if (known) return known.row;
    const row = ((await this.tx.get(key)) ?? {}) as Row;
    this.#rows.set(key, { before: row, row, stored: row });
    return row;
  }

  async slot<T extends ElementType>(key: ElementKey & { type: T }): Promise<Slot<ElementOf[T]> | undefined> {
    return (await this.row(rowKey(key)))[key.type] as Slot<ElementOf[T]> | undefined;
  }

  /** What the application is shown under a key. */
  async shown<T extends ElementType>(key: ElementKey & { type: T }): Promise<ElementOf[T] | undefined> {
    return shown(await this.slot(key)) as ElementOf[T] | undefined;
  }

  async get(key: ElementKey): Promise<ConfirmedElement | undefined> {
    const slot: Slot | undefined = await this.slot(key);
    return slot?.confirmed && { element: slot.confirmed, generation: slot.generation ?? 0 };
  }

  async put({ element, generation }: ConfirmedElement): Promise<void> {
    await this.#change(element, (slot) => ({ ...slot, confirmed: element, generation }));
  }

  async drop(key: ElementKey): Promise<void> {
    await this.#change(key, ({ confirmed: _, generation: __, ...slot }) => slot);
  }

  /** Lays an element over the confirmed one, or with null takes it away from sight, or with undefined lifts that again. */
  async setOptimistic(key: ElementKey, optimistic: Element | null | undefined): Promise<void> {
    await this.#change(key, ({ optimistic: _, ...slot }) =>
      optimistic === undefined ? slot : { ...slot, optimistic },
    );
  }

  /** What is in a container in a layer, one below the other: a folder's conversation histories, a message's state … */
  async *contentsOf(key: ElementKey, layer: Layer): AsyncGenerator<Element> {
    const { type, id, conversationId } = key;
    if (type === 'folder') {
      for await (const row of this.rowsBelow('C')) {
        const conversation = layer(row.conversationHistory);
        if (conversation?.type === 'conversationHistory' && conversation.folderId === id) yield conversation;
      }
    } else if (type === 'conversationHistory') {
      for (const kind of ['S', 'M'])
        for await (const row of this.rowsBelow(keyOf(kind, id))) yield* elementsOf(row, layer);
    } else if (type === 'sessionHistory') {
      for await (const row of this.rowsBelow(keyOf('M', conversationId ?? ''))) {
        const message = layer(row.message);
        if (message?.type === 'message' && message.sessionId === id) yield message;
      }
    } else if (type === 'message') {
      yield* elementsOf({ messageState: (await this.row(rowKey(key))).messageState }, layer);
    }
  }

  /** Rows below a prefix, without keeping those that nobody changes. */
  async *rowsBelow(prefix: string, reading?: ScanOptions): AsyncGenerator<Row> {
    await this.#flush();
    for await (const [key, value] of entriesBelow(this.tx, prefix, reading)) {
      yield this.#rows.get(key)?.row ?? (value as Row);
    }
  }

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

  /** Mostly there are none, and then nobody looks for them. */
  async #hasRemovals(): Promise<boolean> {
    this.#removals ??= (await this.tx.scan({ from: 'R', to: 'S', limit: 1 })).length > 0;
    return this.#removals;
  }

  async deleteBelow(prefix: string): Promise<void> {
    for await (const [key] of entriesBelow(this.tx, prefix)) await this.tx.delete(key);
  }

  /** Writes everything, and says what an application would see of it. */
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
