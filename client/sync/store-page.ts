import type { Element } from '../../protocol/elements/element.js';
import type { SyncResponse } from '../../protocol/sync-response.js';
import { type Applied, ChangeApplier } from '../local-state/change-applier.js';
import type { ViewChange } from '../local-state/derive.js';
import { digitsOf, keyOf, ROWS, STATE } from '../local-state/keys.js';
import { elementsOf, type Layer, LocalView } from '../local-state/local-view.js';
import { dropOverAge, rescope } from '../local-state/scope.js';
import type { SyncState } from '../local-state/sync-state.js';
import { targetOf } from '../outbox/effects.js';
import { queueOf, rebasePending, removeFromQueue, undoOptimistic } from '../outbox/queue.js';
import type { QueuedOperation } from '../outbox/queued-operation.js';
import { confirmOwn, type Settled, settledBy } from '../outbox/settle.js';
import type { StoreTransaction } from '../stores/local-store.js';

/** The effect of storing one response. */
export interface StoredPage {
  applied: Applied;
  settled: Settled[]; // operations that were answered
  hasOperations: boolean; // some operations still wait for an answer
  change: ViewChange;
}

/**
 * Stores a response and its syncToken in one transaction. After a crash the store has both or neither, and then the client
 * repeats the request.
 */
export async function storePage(
  tx: StoreTransaction,
  before: SyncState,
  response: SyncResponse,
  nowMs: number,
): Promise<StoredPage> {
  const { reset, effective = before.effective, changes = [], hasMore } = response;
  const view = new LocalView(tx);
  const queue = await queueOf(view);
  await undoOptimistic(view, queue);
  // After a reset, every element held so far is of an earlier generation.
  const generation = before.generation + (reset ? 1 : 0);
  const applier = new ChangeApplier(view, generation, effective?.elementTypes);
  if (reset) await deleteNotes(view);
  if (response.effective) await rescope(view, applier, response.effective, before.effective);
  await applier.apply(changes);

  const { settled, left } = await settleResults(applier, queue, before, response);
  for (const each of settled) {
    if (each.isRefused) await tx.put(keyOf('X', digitsOf(nowMs), digitsOf(each.operation.n)), each);
  }
  const isSweeping = reset || before.sweeping;
  if (!hasMore) {
    await confirmOwn(view, applier, left.filter(isAnswered), { effective, nowMs });
    if (isSweeping) await sweep(view, applier, generation);
    await applier.dropOrphans();
    await deleteNotes(view);
  }
  if (effective) await dropOverAge(view, applier, effective, nowMs);

  for (const entry of queue) await removeFromQueue(view, entry);
  await rebasePending(view, hasMore ? left : left.filter((entry) => !isAnswered(entry)));
  const { syncToken, results = [], nextSyncAfterSeconds: periodSeconds = before.periodSeconds } = response;
  const after: SyncState = {
    ...before,
    generation,
    sweeping: (isSweeping && hasMore) ?? false,
    sentN: results.at(-1)?.n ?? before.sentN,
    syncToken,
    effective,
    periodSeconds,
  };
  await tx.put(STATE, after);
  const hasOperations = left.some((entry) => !isAnswered(entry));
  return { applied: applier.applied, settled, hasOperations, change: await view.save() };
}

const isAnswered = ({ answered }: QueuedOperation): boolean => answered !== undefined;

/** Matches results with operations. `left`: operations that were not refused, answered or not. */
async function settleResults(
  applier: ChangeApplier,
  queue: readonly QueuedOperation[],
  before: SyncState,
  { results = [], reset = false, backfill }: SyncResponse,
) {
  const byN = new Map(results.map((result) => [result.n, result]));
  // A backfill sends every element, including changes that this device made.
  const comesAsChange = reset || backfill !== undefined || before.syncToken === undefined;
  const settled: Settled[] = [];
  const left: QueuedOperation[] = [];
  for (const entry of queue) {
    const { operation, answered } = entry;
    const result = answered ? undefined : byN.get(operation.n);
    if (!result) {
      left.push(answered && reset ? { ...entry, answered: { ...answered, comesAsChange } } : entry);
      continue;
    }
    // The result omits a large element; the changes have it.
    const hasCurrent = result.status === 'exists' || result.status === 'conflict';
    const current = result.current ?? (hasCurrent ? await applier.current(targetOf(operation)) : undefined);
    const each = settledBy(operation, result, current);
    settled.push(each);
    if (!each.isRefused) left.push({ ...entry, answered: { modSeq: result.modSeq, comesAsChange } });
  }
  return { settled, left };
}

/** Deletes the removals and orphan notes of a synchronization. */
async function deleteNotes(view: LocalView): Promise<void> {
  for (const kind of ['R', 'O']) await view.deleteBelow(kind);
}

/** Ends a reset: drops elements of earlier generations, which the server has not sent again. */
async function sweep(view: LocalView, applier: ChangeApplier, generation: number): Promise<void> {
  const old: Element[] = [];
  const ofEarlierGeneration: Layer = (slot) =>
    (slot?.generation ?? generation) < generation ? slot?.confirmed : undefined;
  for (const kind of ROWS) {
    for await (const row of view.rowsBelow(kind)) old.push(...elementsOf(row, ofEarlierGeneration));
  }
  await applier.drop('reset', old);
}
