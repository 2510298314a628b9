import type { Element, Removal } from '../../protocol/elements/element.js';
import { isSameJson } from '../../protocol/json.js';
import type { OperationResult, OperationStatus } from '../../protocol/operation-result.js';
import type { Effective } from '../../protocol/preferences.js';
import type { ChangeApplier } from '../local-state/change-applier.js';
import { type ElementKey, elementKeyOf } from '../local-state/keys.js';
import { confirmed, type LocalView } from '../local-state/local-view.js';
import { isTooOld, isWanted, truncateText } from '../local-state/scope.js';
import { created, modified, stateKey, targetOf, withPatch } from './effects.js';
import type { Answered, Numbered, QueuedOperation } from './queued-operation.js';

/** What became of an operation. One that was refused is rolled back. */
export interface Settled {
  operation: Numbered;
  status: OperationStatus;
  isRefused: boolean;
  modSeq?: number; // of the commit, where it was applied
  current?: Element; // as it is, where that is why it was refused
  problem?: OperationResult['problem'];
}

/** What the server's result means for the operation that it answers. `current`: the element as it is, where it is known. */
export function settledBy(
  operation: Numbered,
  { status, modSeq, problem }: OperationResult,
  current: Element | undefined,
): Settled {
  const isDone =
    status === 'applied' ||
    status === 'unchanged' ||
    (operation.op === 'delete' && status === 'gone') ||
    // Sent again by another instance of the device, what was created before is there.
    (operation.op === 'create' &&
      status === 'exists' &&
      isSameJson({ ...current, ...operation.data, id: operation.id }, current));
  return { operation, status, isRefused: !isDone, modSeq, current: isDone ? undefined : current, problem };
}

/** What decides whether something is kept. */
export interface Bounds {
  effective: Effective | undefined;
  nowMs: number;
}

/**
 * Makes the operations that the server has applied part of what is confirmed, unless they arrived as changes: what a
 * client did itself is not always sent to it.
 */
export async function confirmOwn(
  view: LocalView,
  applier: ChangeApplier,
  queue: readonly QueuedOperation[],
  bounds: Bounds,
): Promise<void> {
  const own = queue.flatMap(({ operation, answered }) => {
    const { modSeq, comesAsChange } = answered as Answered;
    return modSeq === undefined || comesAsChange ? [] : [{ operation, modSeq }];
  });
  const told = new Set<string>();
  for (const { operation, modSeq } of own) {
    const target = targetOf(operation);
    for (const key of [target, stateKey(target)]) {
      if (await applier.hasArrived(key, modSeq)) told.add(versionName(key, modSeq));
    }
  }
  const confirmation = new Confirmation(applier, bounds, told);
  for (const { operation, modSeq } of own) await confirmation.confirm(operation, modSeq);

  // What was created outside of the scope may have been moved into it by a later one of them.
  for (const { operation } of own) {
    if (operation.op !== 'create' || operation.type !== 'conversationHistory') continue;
    const held = await applier.current(targetOf(operation));
    if (!held || !bounds.effective || isWanted(bounds.effective, held)) continue;
    const contents: Element[] = [];
    for await (const content of view.contentsOf(held, confirmed)) contents.push(content);
    await applier.drop('scope', [held, ...contents]);
  }
}

class Confirmation {
  constructor(
    private readonly applier: ChangeApplier,
    private readonly bounds: Bounds,
    private readonly told: ReadonlySet<string>,
  ) {}

  async confirm(operation: Numbered, modSeq: number): Promise<void> {
    const { applier } = this;
    const target = targetOf(operation);
    const isTold = (key: ElementKey) => this.told.has(versionName(key, modSeq));
    if (operation.op === 'create') {
      if (!isTold(target)) await this.#put(created(operation, modSeq));
      if (operation.type !== 'message' || !operation.flags?.length || isTold(stateKey(target))) return;
      if (!(await applier.current(target))) return;
      const flags = withPatch(undefined, { addFlags: operation.flags as never });
      await this.#put({ ...flags, ...stateKey(target), modSeq } as Element);
    } else if (operation.op === 'delete') {
      const removal = { ...target, modSeq, removed: 'deleted' } as Removal;
      await applier.applyOwnDeletion(removal, { isTold: isTold(target), isAlive: isTold });
    } else if (!isTold(target)) {
      const before = await applier.current(target);
      const isState = operation.type === 'messageState';
      if (before || (isState && (await applier.current({ ...target, type: 'message' }))))
        await this.#put(modified(operation, before, modSeq));
    }
  }

  async #put(element: Element): Promise<void> {
    const { effective, nowMs } = this.bounds;
    if (!effective) return this.applier.apply([element]);
    if (!effective.elementTypes.includes(element.type) || isTooOld(effective, element, nowMs)) return;
    if (!(await this.#isPlaced(effective, element))) return;
    await this.applier.apply([truncateText(element, effective)]);
  }

  /** A client does not keep what is in no conversation history of its scope. */
  async #isPlaced({ elementTypes, excludeConversations }: Effective, element: Element): Promise<boolean> {
    if (!('conversationId' in element)) return true;
    const { conversationId } = element;
    if (!elementTypes.includes('conversationHistory')) return !excludeConversations.includes(conversationId);
    return (await this.applier.current({ type: 'conversationHistory', id: conversationId })) !== undefined;
  }
}

const versionName = (key: ElementKey, modSeq: number): string => JSON.stringify([elementKeyOf(key), modSeq]);
