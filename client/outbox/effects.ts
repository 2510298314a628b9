import type { ConversationSeed } from '../../protocol/elements/conversation-history.js';
import type { Element, MessageStateElement } from '../../protocol/elements/element.js';
import type { Disposition } from '../../protocol/elements/message-state.js';
import type { MessageStatePatch } from '../../protocol/elements/patches.js';
import { mergePatch } from '../../protocol/json.js';
import { DEFAULT_FOLDER } from '../../protocol/limits.js';
import type { Operation } from '../../protocol/operation.js';
import type { ElementKey } from '../local-state/keys.js';

/*
 * The effects of operations on elements, as the server computes them (RULES.md: Elements, Operations).
 */

/** modSeq of an element that the server has not confirmed. */
export const UNCONFIRMED = 0;

type Create = Extract<Operation, { op: 'create' }>;
type Modify = Extract<Operation, { op: 'modify' }>;

/** The key of the state of a message. */
export const stateKey = ({ id, conversationId }: ElementKey): ElementKey & { type: 'messageState' } => ({
  type: 'messageState',
  id,
  conversationId,
});

/** The key of the element that an operation creates, modifies or deletes. */
export const targetOf = (operation: Operation): ElementKey =>
  'conversationId' in operation
    ? { type: operation.type, id: operation.id, conversationId: operation.conversationId }
    : { type: operation.type, id: operation.id };

/** The element that an operation creates. */
export function created(operation: Create, modSeq: number): Element {
  const { type, data } = operation;
  const life = type === 'conversationHistory' && { createdModSeq: modSeq };
  const place = type === 'conversationHistory' && { folderId: DEFAULT_FOLDER };
  return { ...place, ...data, ...life, ...targetOf(operation), modSeq } as Element;
}

/** The conversation history that the creation of a message creates. */
export const seeded = (id: string, seed: ConversationSeed): Element =>
  ({
    type: 'conversationHistory',
    id,
    modSeq: UNCONFIRMED,
    createdModSeq: UNCONFIRMED,
    folderId: DEFAULT_FOLDER,
    ...seed,
  }) as Element;

/** The modified element. A message state may have no `before`. */
export function modified(operation: Modify, before: Element | undefined, modSeq: number): Element {
  const { type, data } = operation;
  const own = { ...targetOf(operation), modSeq };
  if (type === 'messageState') {
    return {
      ...withPatch(before as MessageStateElement | undefined, data as MessageStatePatch),
      ...own,
    } as Element;
  }
  // A null parent is the top of the box, so a folder takes no merge patch.
  if (type === 'folder') return { ...before, ...data, ...own } as Element;
  const merged = mergePatch(before, data) as { textTruncated?: true };
  if ('textContent' in data) delete merged.textTruncated;
  return { ...merged, ...own } as Element;
}

/** Adds flags, then removes flags, and adds dispositions. A disposition of a participant keeps its first `at`. */
export function withPatch(
  before: Pick<MessageStateElement, 'flags' | 'dispositions'> | undefined,
  { addFlags = [], removeFlags = [], dispositions = [] }: MessageStatePatch,
) {
  const flags = [...new Set([...(before?.flags ?? []), ...addFlags])].sort();
  const all = [...(before?.dispositions ?? [])];
  for (const each of dispositions) if (!all.some((other) => isSameDisposition(other, each))) all.push(each);
  return {
    flags: flags.filter((flag) => !removeFlags.includes(flag)),
    ...(all.length > 0 && { dispositions: all }),
  };
}

const isSameDisposition = (a: Disposition, b: Disposition): boolean =>
  a.participant === b.participant && a.disposition === b.disposition;
