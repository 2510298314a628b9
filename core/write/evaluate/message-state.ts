import type { Disposition } from '../../../protocol/elements/message-state.js';
import type { MessageStatePatch } from '../../../protocol/elements/patches.js';
import { DISPOSITIONS_MAX, FLAGS_MAX } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { stateElementOf } from '../../model/element.js';
import type { StoredMessage, StoredState } from '../../model/items.js';
import { applied, conflict, invalid, type Outcome, unchanged } from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { findMessage } from './find-message.js';
import { tooLarge } from './patched.js';

/** Shape: sorted by code unit, each flag once. */
const flagSet = (flags: Iterable<string>): string[] => [...new Set(flags)].sort();

/** The message with flags added, then removed, as the commit writes it. */
export function withFlags(
  message: StoredMessage,
  modSeq: number,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): StoredMessage & { readonly state: StoredState } {
  const removed = new Set(remove);
  const flags = flagSet([...(message.state?.flags ?? []), ...add]).filter((flag) => !removed.has(flag));
  const dispositions = message.state?.dispositions ?? [];
  return { ...message, state: { modSeq, flags, dispositions } };
}

/** What was reported, with new reports behind it; the same participant and disposition keeps its first `at`. */
function withDispositions(
  held: readonly Disposition[],
  added: readonly Disposition[],
): readonly Disposition[] {
  const name = ({ participant, disposition }: Disposition) => `${disposition} ${participant}`;
  const all = new Map(held.map((disposition) => [name(disposition), disposition]));
  for (const disposition of added) {
    if (!all.has(name(disposition))) all.set(name(disposition), disposition);
  }
  return [...all.values()];
}

function limits({ flags, dispositions }: StoredState): Outcome | undefined {
  if (flags.length > FLAGS_MAX) {
    return invalid({ pointer: '/data/addFlags', detail: `makes more than ${FLAGS_MAX} flags` });
  }
  if (dispositions.length > DISPOSITIONS_MAX) {
    return invalid({
      pointer: '/data/dispositions',
      detail: `makes more than ${DISPOSITIONS_MAX} dispositions`,
    });
  }
  return undefined;
}

export function modifyMessageState(work: UnitOfWork, operation: OperationOf<'modify messageState'>): Outcome {
  const found = findMessage(work, operation);
  if ('outcome' in found) return found.outcome;
  const { message } = found;
  if (
    operation.ifModSeq !== undefined &&
    operation.ifModSeq !== work.modSeqBefore(message.sk, 'messageState')
  ) {
    return conflict(stateElementOf(message));
  }
  const next = patchedState(message, work.modSeq, operation.data);
  const faulty = limits(next.state) ?? tooLarge(stateElementOf(next));
  if (faulty) return faulty;
  if (isSame(message.state, next.state)) return unchanged;
  work.put(next, 'messageState');
  return applied;
}

function patchedState(message: StoredMessage, modSeq: number, patch: MessageStatePatch) {
  const next = withFlags(message, modSeq, { add: patch.addFlags, remove: patch.removeFlags });
  const dispositions = withDispositions(next.state.dispositions, patch.dispositions ?? []);
  return { ...next, state: { ...next.state, dispositions } };
}

/** Flags are sorted and dispositions only ever added, so lengths and letters tell. */
const isSame = (before: StoredState | undefined, after: StoredState): boolean =>
  (before?.flags ?? []).join(' ') === after.flags.join(' ') &&
  (before?.dispositions ?? []).length === after.dispositions.length;
