import { isSameJson } from '../../protocol/json.js';
import type { OperationInput } from '../../protocol/operation.js';
import type { MessageStorageClient } from '../api/message-storage-client.js';
import type { Mapping, Ref } from './source.js';

export interface Differences<Rec> {
  changed: Rec[]; // as the client shows them; new or different in the other store
  gone: Rec[]; // in the other store, and no longer shown
}

/** A change in the other store. */
export interface RecordChange<Rec> {
  record: Rec;
  isDeleted: boolean;
}

/**
 * Keeps the records of another store equal to the elements that a client shows. Only the client synchronizes, so only the
 * client implements the protocol. This class compares records and converts changes to operations.
 */
export class Mirror<Item, Rec> {
  constructor(
    readonly client: MessageStorageClient,
    private readonly mapping: Mapping<Item, Rec>,
    private readonly keyOf: (record: Rec) => string,
  ) {}

  /** Finds the changes that the other store needs. It reads the whole store, so call it at start, not per message. */
  async differences(records: readonly Rec[]): Promise<Differences<Rec>> {
    const rest = new Map(records.map((record) => [this.keyOf(record), record]));
    const changed: Rec[] = [];
    for await (const item of this.mapping.source.all(this.client)) {
      const record = this.mapping.recordOf(item);
      if (record === undefined) continue;
      const key = this.keyOf(record);
      if (!isSameJson(rest.get(key), record)) changed.push(record);
      rest.delete(key);
    }
    return { changed, gone: [...rest.values()] };
  }

  /** The record as the client shows it; undefined if it shows none. */
  async shown(ref: Ref): Promise<Rec | undefined> {
    const item = await this.mapping.source.one(this.client, ref);
    return item && this.mapping.recordOf(item);
  }

  /** Calls the listener with records that changed. @returns the function that removes the listener. */
  watch(onChange: (refs: Ref[]) => void): () => void {
    return this.mapping.source.watch(this.client, onChange);
  }

  refOf(record: Rec): Ref {
    return this.mapping.refOf(record);
  }

  /**
   * Performs changes of the other store and synchronizes. Without a connection the changes wait in the client's queue.
   * @returns the changes that the server refused. The client has undone them.
   * @throws InvalidOperation, or an error of `synchronize` other than Unreachable.
   */
  async perform(changes: readonly RecordChange<Rec>[]): Promise<RecordChange<Rec>[]> {
    const operations: OperationInput[] = [];
    const owners: RecordChange<Rec>[] = [];
    for (const change of changes) {
      for (const operation of await this.operationsFor(change)) {
        operations.push(operation);
        owners.push(change);
      }
    }
    if (operations.length === 0) return [];
    const refused = new Set<RecordChange<Rec>>();
    const ownerOf = new Map<number, RecordChange<Rec>>();
    const early: number[] = []; // refused before `perform` returned their numbers
    const end = this.client.on('refused', ({ operation: { n } }) => {
      const owner = ownerOf.get(n);
      if (owner) refused.add(owner);
      else early.push(n);
    });
    try {
      const numbered = await this.client.perform(...operations);
      for (const [i, { n }] of numbered.entries()) {
        const owner = owners[i];
        if (!owner) continue;
        ownerOf.set(n, owner);
        if (early.includes(n)) refused.add(owner);
      }
      await this.client.synchronize().catch(ignoreUnreachable);
    } finally {
      end();
    }
    return [...refused];
  }

  private async operationsFor({ record, isDeleted }: RecordChange<Rec>): Promise<OperationInput[]> {
    const { source, operationsFor } = this.mapping;
    const ref = this.mapping.refOf(record);
    const current = await source.one(this.client, ref);
    if (isDeleted) return current ? [source.deletion(ref)] : [];
    const ifModSeq = current && source.modSeqOf(current);
    return operationsFor(record, current).map((operation) =>
      operation.op === 'modify' && operation.type !== 'messageState' && ifModSeq !== undefined
        ? { ...operation, ifModSeq }
        : operation,
    );
  }
}

/** Ignores Unreachable, because the client keeps the operations and retries. @throws every other error. */
export function ignoreUnreachable(error: unknown): void {
  if ((error as Error | undefined)?.name !== 'Unreachable') throw error;
}
