import { OPERATIONS_MAX, REQUEST_MAX_BYTES } from '../../protocol/limits.js';
import type { Operation } from '../../protocol/operation.js';
import { utf8Length } from '../../protocol/text.js';
import { digitsOf, entriesBelow, keyOf } from '../local-state/keys.js';
import type { LocalView } from '../local-state/local-view.js';
import type { SyncState } from '../local-state/sync-state.js';
import { applyOptimistic } from './optimistic-update.js';
import type { Numbered, QueuedOperation } from './queued-operation.js';

const queueKey = (n: number): string => keyOf('P', digitsOf(n));

/** All that is not settled, in the order of their numbers. */
export async function queueOf({ tx }: LocalView): Promise<QueuedOperation[]> {
  const queue: QueuedOperation[] = [];
  for await (const [, value] of entriesBelow(tx, 'P')) queue.push(value as QueuedOperation);
  return queue;
}

/** Numbers operations from `n` on, queues them and lays them over what is shown. */
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

/** Takes the operations away from sight: what is shown is what is confirmed. */
export async function undoOptimistic(view: LocalView, queue: readonly QueuedOperation[]): Promise<void> {
  for (const { touched } of queue) for (const key of touched) await view.setOptimistic(key, undefined);
}

/** Lays the operations over what is confirmed by now, in their order, and keeps them. */
export async function rebasePending(view: LocalView, queue: readonly QueuedOperation[]): Promise<void> {
  for (const entry of queue) {
    const touched = await applyOptimistic(view, entry);
    await view.tx.put(queueKey(entry.operation.n), { ...entry, touched });
  }
}

export const removeFromQueue = ({ tx }: LocalView, { operation }: QueuedOperation): Promise<void> =>
  tx.delete(queueKey(operation.n));

/** The queue of another instance of the device: numbered from 1, nothing of it sent. What was answered comes as a change. */
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
 * The operations of the next request: those under way exactly as they were, or else the next ones, as many as one
 * request takes.
 */
export function nextOperations(queue: readonly QueuedOperation[], { sentN }: SyncState): Numbered[] {
  const waiting = queue.flatMap(({ operation, answered }) => (answered ? [] : [operation]));
  const underWay = waiting.filter(({ n }) => n <= sentN);
  if (underWay.length > 0) return underWay;
  let bytes = ENVELOPE_BYTES;
  const tooMuch = waiting.findIndex((operation, i) => {
    bytes += utf8Length(JSON.stringify(operation)) + 1;
    return i === OPERATIONS_MAX || (i > 0 && bytes > REQUEST_MAX_BYTES);
  });
  return tooMuch < 0 ? waiting : waiting.slice(0, tooMuch);
}
