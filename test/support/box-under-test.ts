import { purge } from '../../core/lifecycle/purge.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import { readTail } from '../../core/log/tail.js';
import { viewOf } from '../../core/log/view.js';
import type { Head } from '../../core/model/log-entry.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Store } from '../../core/ports/store.js';
import type { Change } from '../../protocol/elements/element.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { BOX } from './builders.js';
import { Rig } from './rig.js';

/** A box for trying operations: it returns their results and its contents afterwards. */
export class BoxUnderTest extends Rig {
  private viewers = 0;

  constructor(store?: Store) {
    super(store);
  }

  /** Sends one request of the Participating Function, which must be processed completely. */
  async results(...operations: object[]): Promise<readonly OperationResult[]> {
    const { results } = await this.deposit(BOX, ...operations);
    expect(results).toHaveLength(operations.length);
    return results;
  }

  async statuses(...operations: object[]): Promise<string[]> {
    return (await this.results(...operations)).map(({ status }) => status);
  }

  /** The result of a single operation. */
  async result(operation: object): Promise<OperationResult> {
    const [result] = await this.results(operation);
    if (!result) throw new Error('the response must hold one result');
    return result;
  }

  /** Sets up the state before a test. Each operation must be applied. */
  async given(...operations: object[]): Promise<void> {
    expect(await this.statuses(...operations)).toEqual(operations.map(() => 'applied'));
  }

  /** Lets enough time pass that no earlier write can still be pending. */
  settle(): void {
    this.clock.nowMs += 120_000;
  }

  /** Purges all containers that were deleted so far, and deletes their records. */
  async emptied(): Promise<void> {
    for (const commit of await this.commits(BOX)) await schedulePurge(this.core, BOX, commit);
    for (let next = this.purges.shift(); next; next = this.purges.shift()) await purge(this.core, next);
  }

  /** An item of the view. */
  async item(sk: string): Promise<StoredItem | undefined> {
    const tail = await readTail(this.core, BOX);
    return tail && (await (await viewOf(this.core, BOX, tail)).get([sk])).get(sk);
  }

  async head(): Promise<Head> {
    const tail = await readTail(this.core, BOX);
    if (!tail) throw new Error('the box must exist');
    return tail.head;
  }

  /** Rows of the last commit, as `type id` with their other members. */
  async lastRows() {
    return (await this.commits(BOX)).at(-1)?.rows ?? [];
  }

  /** The changes for a device that has no elements yet. */
  async contents(): Promise<Change[]> {
    const viewer = await this.device(BOX, `viewer ${++this.viewers}`);
    return (await this.syncAll(viewer)).changes;
  }

  async element(type: string, id: string, conversationId?: string): Promise<Change | undefined> {
    return (await this.contents()).find(
      (change) =>
        change.type === type &&
        change.id === id &&
        (conversationId === undefined ||
          ('conversationId' in change && change.conversationId === conversationId)),
    );
  }

  async names(type: string): Promise<string[]> {
    return (await this.contents())
      .filter((change) => change.type === type)
      .map(({ id }) => id as string)
      .sort();
  }
}

/** Pointers of an `invalid` result. */
export const pointersOf = ({ status, problem }: OperationResult): string[] => {
  expect(status).toBe('invalid');
  return (problem?.errors ?? []).map(({ pointer }) => pointer);
};
