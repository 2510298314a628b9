import type { Element } from '../../protocol/elements/element.js';
import { ANSWERED } from '../../protocol/elements/message-state.js';
import type { OperationOf } from '../../protocol/operation.js';
import { type ElementKey, elementKeyOf } from '../local-state/keys.js';
import type { LocalView } from '../local-state/local-view.js';
import { shown } from '../local-state/rows.js';
import { created, modified, seeded, stateKey, targetOf, UNCONFIRMED, withPatch } from './effects.js';
import type { QueuedOperation } from './queued-operation.js';

/**
 * Applies an operation to the optimistic layer, as the server will probably do. It leaves elements alone that have arrived
 * with the modSeq of the answer or a later one.
 * @returns the elements whose optimistic layer it set.
 */
export async function applyOptimistic(
  view: LocalView,
  { operation, answered }: Pick<QueuedOperation, 'operation' | 'answered'>,
): Promise<ElementKey[]> {
  const touched: ElementKey[] = [];
  const set = async (key: ElementKey, element: Element | null) => {
    const confirmed = await view.get(key);
    if (answered?.modSeq !== undefined && (confirmed?.element.modSeq ?? 0) >= answered.modSeq) return;
    await view.setOptimistic(key, element);
    touched.push(elementKeyOf(key));
  };
  const hide = async (key: ElementKey) => {
    for await (const content of view.contentsOf(key, shown)) await hide(content);
    if (await view.shown(key)) await set(key, null);
  };
  const addFlags = async (key: ElementKey, flags: readonly string[]) => {
    const state = await view.shown(stateKey(key));
    const patch = { addFlags: [...flags] };
    await set(stateKey(key), {
      ...withPatch(state, patch as never),
      ...stateKey(key),
      modSeq: state?.modSeq ?? UNCONFIRMED,
    } as Element);
  };

  const target = targetOf(operation);
  const before = await view.shown(target);
  if (operation.op === 'delete') await hide(target);
  else if (operation.op === 'modify') {
    const { type } = operation;
    const message = type === 'messageState' && (await view.shown({ ...target, type: 'message' }));
    if (before || message) await set(target, modified(operation, before, before?.modSeq ?? UNCONFIRMED));
  } else if (!before) {
    await set(target, created(operation, UNCONFIRMED));
    if (operation.type === 'message') await setRelated(operation);
  }
  return touched;

  async function setRelated({
    conversationId,
    conversation,
    flags = [],
    data,
  }: OperationOf<'create message'>) {
    const container: ElementKey = { type: 'conversationHistory', id: conversationId };
    if (conversation && !(await view.shown(container)))
      await set(container, seeded(conversationId, conversation));
    if (flags.length > 0) await addFlags(target, flags);
    const answeredId = data.inReplyToMessageId;
    if (answeredId === undefined || answeredId === target.id) return;
    const replied: ElementKey = { type: 'message', id: answeredId, conversationId };
    if (await view.shown(replied)) await addFlags(replied, [ANSWERED]);
  }
}
