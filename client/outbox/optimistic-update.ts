import type { Element } from '../../protocol/elements/element.js';
import { ANSWERED } from '../../protocol/elements/message-state.js';
import type { OperationOf } from '../../protocol/operation.js';
import { type ElementKey, elementKeyOf } from '../local-state/keys.js';
import type { LocalView } from '../local-state/local-view.js';
import { shown } from '../local-state/rows.js';
import { created, modified, seeded, stateKey, targetOf, UNCONFIRMED, withPatch } from './effects.js';
import type { QueuedOperation } from './queued-operation.js';

/**
 * Lays an operation over what is shown, as the server will probably do it. One that was answered leaves alone what has
 * arrived of it since.
 * @returns what it was laid over.
 */
export async function applyOptimistic(
  view: LocalView,
  { operation, answered }: Pick<QueuedOperation, 'operation' | 'answered'>,
): Promise<ElementKey[]> {
  const touched: ElementKey[] = [];
  const lay = async (key: ElementKey, element: Element | null) => {
    const held = await view.get(key);
    if (answered?.modSeq !== undefined && (held?.element.modSeq ?? 0) >= answered.modSeq) return;
    await view.setOptimistic(key, element);
    touched.push(elementKeyOf(key));
  };
  const hide = async (key: ElementKey) => {
    for await (const content of view.contentsOf(key, shown)) await hide(content);
    if (await view.shown(key)) await lay(key, null);
  };
  const addFlags = async (key: ElementKey, flags: readonly string[]) => {
    const state = await view.shown(stateKey(key));
    const patch = { addFlags: [...flags] };
    await lay(stateKey(key), {
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
    if (before || message) await lay(target, modified(operation, before, before?.modSeq ?? UNCONFIRMED));
  } else if (!before) {
    await lay(target, created(operation, UNCONFIRMED));
    if (operation.type === 'message') await layMessage(operation);
  }
  return touched;

  async function layMessage({
    conversationId,
    conversation,
    flags = [],
    data,
  }: OperationOf<'create message'>) {
    const container: ElementKey = { type: 'conversationHistory', id: conversationId };
    if (conversation && !(await view.shown(container)))
      await lay(container, seeded(conversationId, conversation));
    if (flags.length > 0) await addFlags(target, flags);
    const answeredId = data.inReplyToMessageId;
    if (answeredId === undefined || answeredId === target.id) return;
    const replied: ElementKey = { type: 'message', id: answeredId, conversationId };
    if (await view.shown(replied)) await addFlags(replied, [ANSWERED]);
  }
}
