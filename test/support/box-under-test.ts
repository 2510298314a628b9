import { reap } from '../../core/lifecycle/purge.js';
import { scheduleReaping } from '../../core/lifecycle/schedule-purge.js';
import type { Head, StoredItem } from '../../core/model/items.js';
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
    for (const commit of await this.commits(BOX)) await scheduleReaping(this.core, BOX, commit);
    for (let next = this.reaps.shift(); next; next = this.reaps.shift()) await reap(this.core, next);
  }

  async item(sk: string): Promise<StoredItem | undefined> {
    return (await this.store.get(BOX, [sk])).get(sk);
  }

  async head(): Promise<Head> {
    const head = await this.item('C~HEAD');
    if (head?.kind !== 'head') throw new Error('the box has no head');
    return head;
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
