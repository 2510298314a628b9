import { ELEMENT_TYPES, type Element, type Removal } from '../protocol/elements/element.js';
import { type InstanceId, instanceIdSchema } from '../protocol/ids.js';
import { type Counts, countsByType } from './counts.js';
import type { ElementKey, Held, LocalStore, StoreTransaction, SyncState } from './local-store.js';

/** Ids hold no control characters, so that no two keys meet. */
const keyOf = ({ type, conversationId = '', id }: ElementKey): string => `${type}\n${conversationId}\n${id}`;

function containerKeyOf(element: Element): string | undefined {
  if (element.type === 'folder') return undefined;
  return element.type === 'conversationHistory'
    ? keyOf({ type: 'folder', id: element.folderId })
    : keyOf({ type: 'conversationHistory', id: element.conversationId });
}

const mintInstanceId = (): InstanceId => instanceIdSchema.parse(globalThis.crypto.randomUUID());

/** A local store that lasts as long as its object. Each is a new instance of the device unless one is given. */
export const memoryStore = (instanceId: string = mintInstanceId()): LocalStore => new MemoryStore(instanceId);

class MemoryStore implements LocalStore, StoreTransaction {
  readonly #held = new Map<string, Held>();
  readonly #contents = new Map<string, Map<string, Held>>(); // by key of the container
  readonly #removals = new Map<string, Removal>();
  #state: SyncState;
  #undo: (() => void)[] = []; // of the transaction that runs
  #last: Promise<unknown> = Promise.resolve();

  constructor(instanceId: string) {
    const id = instanceIdSchema.parse(instanceId);
    this.#state = { instanceId: id, registered: false, generation: 0, sweeping: false };
  }

  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#runAlone(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runAlone<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    this.#undo = [];
    try {
      return await work(this);
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    }
  }

  async counts(): Promise<Counts> {
    const counts = countsByType();
    for (const { element } of await this.#snapshot()) counts[element.type] += 1;
    return counts;
  }

  /** Between transactions, so that nobody sees half of one. */
  #snapshot(): Promise<Held[]> {
    return this.transaction(async () => [...this.#held.values()]);
  }

  async *elements(): AsyncIterable<Element> {
    const held = await this.#snapshot();
    for (const type of ELEMENT_TYPES) {
      for (const { element } of held) if (element.type === type) yield element;
    }
  }

  async state(): Promise<SyncState> {
    return this.#state;
  }

  async setState(state: SyncState): Promise<void> {
    const before = this.#state;
    this.#undo.push(() => {
      this.#state = before;
    });
    this.#state = state;
  }

  async get(key: ElementKey): Promise<Held | undefined> {
    return this.#held.get(keyOf(key));
  }

  async heldIn(container: ElementKey): Promise<Held[]> {
    return [...(this.#contents.get(keyOf(container))?.values() ?? [])];
  }

  async heldBefore(generation: number): Promise<Held[]> {
    return [...this.#held.values()].filter((held) => held.generation < generation);
  }

  async put(held: Held): Promise<void> {
    this.#replace(keyOf(held.element), held);
  }

  async drop(key: ElementKey): Promise<void> {
    this.#replace(keyOf(key), undefined);
  }

  #replace(key: string, held: Held | undefined): void {
    const before = this.#held.get(key);
    this.#undo.push(() => this.#write(key, before));
    this.#write(key, held);
  }

  #write(key: string, held: Held | undefined): void {
    const before = this.#held.get(key);
    const left = before && containerKeyOf(before.element);
    if (left) this.#leave(left, key);
    if (!held) return void this.#held.delete(key);
    this.#held.set(key, held);
    const entered = containerKeyOf(held.element);
    if (!entered) return;
    if (!this.#contents.has(entered)) this.#contents.set(entered, new Map());
    this.#contents.get(entered)?.set(key, held);
  }

  #leave(container: string, key: string): void {
    const contents = this.#contents.get(container);
    contents?.delete(key);
    if (contents?.size === 0) this.#contents.delete(container);
  }

  async removalOf(key: ElementKey): Promise<Removal | undefined> {
    return this.#removals.get(keyOf(key));
  }

  async rememberRemoval(removal: Removal): Promise<void> {
    this.#setRemoval(keyOf(removal), removal);
  }

  async forgetRemoval(key: ElementKey): Promise<void> {
    this.#setRemoval(keyOf(key), undefined);
  }

  async forgetRemovals(): Promise<void> {
    for (const key of [...this.#removals.keys()]) this.#setRemoval(key, undefined);
  }

  #setRemoval(key: string, removal: Removal | undefined): void {
    const before = this.#removals.get(key);
    const write = (value: Removal | undefined) =>
      value ? this.#removals.set(key, value) : this.#removals.delete(key);
    this.#undo.push(() => write(before));
    write(removal);
  }
}
