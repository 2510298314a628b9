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

/** The outcome of an operation. The client undoes a refused one. */
export interface Settled {
  operation: Numbered;
  status: OperationStatus;
  isRefused: boolean;
  modSeq?: number; // of the commit, if it was applied
  current?: Element; // the element that caused the refusal, if known
  problem?: OperationResult['problem'];
}

/** Converts the server's result of an operation to its outcome. `current`: the live element, if known. */
export function settledBy(
  operation: Numbered,
  { status, modSeq, problem }: OperationResult,
  current: Element | undefined,
): Settled {
  const isDone =
    status === 'applied' ||
    status === 'unchanged' ||
    (operation.op === 'delete' && status === 'gone') ||
    // An earlier instance of the device already created it with the same attributes.
    (operation.op === 'create' &&
      status === 'exists' &&
      isSameJson({ ...current, ...operation.data, id: operation.id }, current));
  return { operation, status, isRefused: !isDone, modSeq, current: isDone ? undefined : current, problem };
}

/** Decides whether the device keeps an element. */
export interface Bounds {
  effective: Effective | undefined;
  nowMs: number;
}

/**
 * Applies acknowledged operations to the confirmed elements, unless their changes arrived: the server may omit changes that
 * this device made.
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
  const arrived = new Set<string>();
  for (const { operation, modSeq } of own) {
    const target = targetOf(operation);
    for (const key of [target, stateKey(target)]) {
      if (await applier.hasArrived(key, modSeq)) arrived.add(versionName(key, modSeq));
    }
  }
  const confirmation = new Confirmation(applier, bounds, arrived);
  for (const { operation, modSeq } of own) await confirmation.confirm(operation, modSeq);

  // A conversation history created outside the scope may have moved into it by a later operation, so check this last.
  for (const { operation } of own) {
    if (operation.op !== 'create' || operation.type !== 'conversationHistory') continue;
    const held = await applier.current(targetOf(operation));
    if (!held || !bounds.effective || isWanted(bounds.effective, held)) continue;
    const contents: Element[] = [];
    for await (const content of view.contentsOf(held, confirmed)) contents.push(content);
    await applier.drop('scope', [held, ...contents]);
  }
}

/** `arrived`: versions of elements that the server has sent as changes. */
class Confirmation {
  readonly #applier: ChangeApplier;
  readonly #bounds: Bounds;
  readonly #arrived: ReadonlySet<string>;

  constructor(applier: ChangeApplier, bounds: Bounds, arrived: ReadonlySet<string>) {
    this.#applier = applier;
    this.#bounds = bounds;
    this.#arrived = arrived;
  }

  async confirm(operation: Numbered, modSeq: number): Promise<void> {
    const applier = this.#applier;
    const target = targetOf(operation);
    const hasArrived = (key: ElementKey) => this.#arrived.has(versionName(key, modSeq));
    if (operation.op === 'create') {
      if (!hasArrived(target)) await this.#put(created(operation, modSeq));
      if (operation.type !== 'message' || !operation.flags?.length || hasArrived(stateKey(target))) return;
      if (!(await applier.current(target))) return;
      const flags = withPatch(undefined, { addFlags: operation.flags as never });
      await this.#put({ ...flags, ...stateKey(target), modSeq } as Element);
    } else if (operation.op === 'delete') {
      const removal = { ...target, modSeq, removed: 'deleted' } as Removal;
      await applier.applyOwnDeletion(removal, { hasArrived: hasArrived(target), isAlive: hasArrived });
    } else if (!hasArrived(target)) {
      const before = await applier.current(target);
      const isState = operation.type === 'messageState';
      if (before || (isState && (await applier.current({ ...target, type: 'message' }))))
        await this.#put(modified(operation, before, modSeq));
    }
  }

  async #put(element: Element): Promise<void> {
    const { effective, nowMs } = this.#bounds;
    if (!effective) return this.#applier.apply([element]);
    if (!effective.elementTypes.includes(element.type) || isTooOld(effective, element, nowMs)) return;
    if (!(await this.#isInScope(effective, element))) return;
    await this.#applier.apply([truncateText(element, effective)]);
  }

  /** Whether the scope admits the conversation history of an element. */
  async #isInScope({ elementTypes, excludeConversations }: Effective, element: Element): Promise<boolean> {
    if (!('conversationId' in element)) return true;
    const { conversationId } = element;
    if (!elementTypes.includes('conversationHistory')) return !excludeConversations.includes(conversationId);
    return (await this.#applier.current({ type: 'conversationHistory', id: conversationId })) !== undefined;
  }
}

const versionName = (key: ElementKey, modSeq: number): string => JSON.stringify([elementKeyOf(key), modSeq]);
