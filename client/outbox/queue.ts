import { OPERATIONS_MAX, REQUEST_MAX_BYTES } from '../../protocol/limits.js';
import type { Operation } from '../../protocol/operation.js';
import { utf8Length } from '../../protocol/text.js';
import { digitsOf, entriesBelow, keyOf } from '../local-state/keys.js';
import type { LocalView } from '../local-state/local-view.js';
import type { SyncState } from '../local-state/sync-state.js';
import { applyOptimistic } from './optimistic-update.js';
import type { Numbered, QueuedOperation } from './queued-operation.js';

/*
 * Optimistic update with rebase: an operation changes the optimistic layer at once, and waits in the queue. When a page
 * arrives, the client undoes the optimistic layer, changes the confirmed elements, and applies the rest of the queue again.
 */

const queueKey = (n: number): string => keyOf('P', digitsOf(n));

/** All pending operations, sorted by number. */
export async function queueOf({ tx }: LocalView): Promise<QueuedOperation[]> {
  const queue: QueuedOperation[] = [];
  for await (const [, value] of entriesBelow(tx, 'P')) queue.push(value as QueuedOperation);
  return queue;
}

/** Numbers operations from `n`, applies them optimistically, and queues them. */
export async function enqueue(
  view: LocalView,
  n: number,
  operations: readonly Operation[],
): Promise<QueuedOperation[]> {
  const queued: QueuedOperation[] = [];
  for (const [i, each] of operations.entries()) {
    const operation = { ...each, n: n + i };
    queued.push({ operation, touched: await applyOptimistic(view, { operation }) });
  }
  for (const entry of queued) await view.tx.put(queueKey(entry.operation.n), entry);
  return queued;
}

/** Undoes the optimistic updates, so that queries would return the confirmed elements. */
export async function undoOptimistic(view: LocalView, queue: readonly QueuedOperation[]): Promise<void> {
  for (const { touched } of queue) for (const key of touched) await view.setOptimistic(key, undefined);
}

/** Applies pending operations to the changed confirmed elements, in their order, and stores them again. */
export async function rebasePending(view: LocalView, queue: readonly QueuedOperation[]): Promise<void> {
  for (const entry of queue) {
    const touched = await applyOptimistic(view, entry);
    await view.tx.put(queueKey(entry.operation.n), { ...entry, touched });
  }
}

/** Removes an operation from the queue. Its optimistic update must be undone already. */
export const removeFromQueue = ({ tx }: LocalView, { operation }: QueuedOperation): Promise<void> =>
  tx.delete(queueKey(operation.n));

/** Renumbers the queue from 1 for a new instance, and drops answered operations: their changes arrive later. */
export async function renumber(view: LocalView): Promise<Pick<SyncState, 'nextN' | 'sentN'>> {
  const queue = await queueOf(view);
  await undoOptimistic(view, queue);
  for (const entry of queue) await removeFromQueue(view, entry);
  const rest = queue.filter(({ answered }) => !answered);
  await rebasePending(
    view,
    rest.map((entry, i) => ({ ...entry, operation: { ...entry.operation, n: i + 1 } })),
  );
  return { nextN: rest.length + 1, sentN: 0 };
}

const ENVELOPE_BYTES = 2048; // token, ids and the like

/**
 * The operations of the next request. Operations that were sent without an answer are repeated exactly. Otherwise these
 * are the next ones, up to the limits of a request.
 */
export function nextOperations(queue: readonly QueuedOperation[], { sentN }: SyncState): Numbered[] {
  const waiting = queue.flatMap(({ operation, answered }) => (answered ? [] : [operation]));
  const unanswered = waiting.filter(({ n }) => n <= sentN);
  if (unanswered.length > 0) return unanswered;
  let bytes = ENVELOPE_BYTES;
  const end = waiting.findIndex((operation, i) => {
    bytes += utf8Length(JSON.stringify(operation)) + 1;
    return i === OPERATIONS_MAX || (i > 0 && bytes > REQUEST_MAX_BYTES);
  });
  return end < 0 ? waiting : waiting.slice(0, end);
}
