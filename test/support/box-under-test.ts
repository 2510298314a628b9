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

/** A box that operations are tried on: what they answer, and what is there afterwards. */
export class BoxUnderTest extends Rig {
  private viewers = 0;

  constructor(store?: Store) {
    super(store);
  }

  /** One request of the Participating Function, which has to be processed in full. */
  async results(...operations: object[]): Promise<readonly OperationResult[]> {
    const { results } = await this.deposit(BOX, ...operations);
    expect(results).toHaveLength(operations.length);
    return results;
  }

  async statuses(...operations: object[]): Promise<string[]> {
    return (await this.results(...operations)).map(({ status }) => status);
  }

  /** The result of the one operation. */
  async result(operation: object): Promise<OperationResult> {
    const [result] = await this.results(operation);
    if (!result) throw new Error('no result');
    return result;
  }

  /** All that operations may assume: each of them has to be applied. */
  async given(...operations: object[]): Promise<void> {
    expect(await this.statuses(...operations)).toEqual(operations.map(() => 'applied'));
  }

  /** All that was written is old: nothing of it can be on its way. */
  settle(): void {
    this.clock.nowMs += 120_000;
  }

  /** All containers that were deleted so far are cleared away and forgotten. */
  async emptied(): Promise<void> {
    for (const commit of await this.commits(BOX)) await schedulePurge(this.core, BOX, commit);
    for (let next = this.purges.shift(); next; next = this.purges.shift()) await purge(this.core, next);
  }

  /** An item as the view has it. */
  async item(sk: string): Promise<StoredItem | undefined> {
    const tail = await readTail(this.core, BOX);
    return tail && (await (await viewOf(this.core, BOX, tail)).get([sk])).get(sk);
  }

  async head(): Promise<Head> {
    const tail = await readTail(this.core, BOX);
    if (!tail) throw new Error('there is no box');
    return tail.head;
  }

  /** Rows of the last commit, as `type id`, with what else was told of them. */
  async lastRows() {
    return (await this.commits(BOX)).at(-1)?.rows ?? [];
  }

  /** What a device is sent that has nothing yet. */
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
