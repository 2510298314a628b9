import type { Disposition } from '../../../protocol/elements/message-state.js';
import type { MessageStatePatch } from '../../../protocol/elements/patches.js';
import { DISPOSITIONS_MAX, FLAGS_MAX } from '../../../protocol/limits.js';
import type { OperationOf } from '../../../protocol/operation.js';
import { stateElementOf } from '../../model/element.js';
import type { StoredMessage, StoredState } from '../../model/items.js';
import { applied, invalid, isOutcome, type Outcome, unchanged } from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { findMessage } from './find-message.js';
import { tooLarge } from './patched.js';

/** Shape: sorted by code unit, each flag once. */
const flagSet = (flags: Iterable<string>): string[] => [...new Set(flags)].sort();

/** The message with flags added and then others removed, and the modSeq of the commit on its state. */
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

/** The dispositions with new ones behind them; the same participant and disposition keeps its first `at`. */
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

function limitOutcome({ flags, dispositions }: StoredState): Outcome | undefined {
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

/** Changes flags and adds dispositions. Source: OMA CPM 5.6.x; RULES.md. */
export async function modifyMessageState(
  work: UnitOfWork,
  operation: OperationOf<'modify messageState'>,
): Promise<Outcome> {
  const message = await findMessage(work, operation);
  if (isOutcome(message)) return message;
  const next = patchedState(message, work.modSeq, operation.data);
  const faulty = limitOutcome(next.state) ?? tooLarge(stateElementOf(next));
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

/** Flags are sorted and dispositions are only added, so comparing letters and lengths is enough. */
const isSame = (before: StoredState | undefined, after: StoredState): boolean =>
  (before?.flags ?? []).join(' ') === after.flags.join(' ') &&
  (before?.dispositions ?? []).length === after.dispositions.length;
