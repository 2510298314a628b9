import type { DepositResponse } from '../../protocol/participating.js';
import { project } from '../log/projection.js';
import type { BoxId } from '../model/items.js';
import { isRegistryKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { rethrowAfterCommit } from './append.js';
import { commit } from './commit.js';
import type { Committed } from './commit-plan.js';
import type { KnownTail } from './commit-snapshot.js';
import { evaluateAll, parseOperations, resultOf } from './operations.js';

/**
 * Commits operations of the CPM Participating Function; the box is created on first use. They are idempotent by id:
 * `exists` or `unchanged` on a repetition means stored. Operations at the end without a result were not processed.
 * The reader of the stream applies the entry to the view later. Entries that other writers did not apply are applied here,
 * so that the view stays close to the log when that reader is late.
 * @throws SyncProblem `busy` when the box stayed contended.
 * Source: OMA CPM 5.6.x.2, operations performed by the CPM Participating Function.
 */
export async function deposit(
  core: Core,
  box: BoxId,
  operations: readonly unknown[],
): Promise<DepositResponse> {
  const { parsed, keys } = parseOperations(operations);
  const committed = await commit<DepositResponse>(
    core,
    box,
    {
      keys: [...keys],
      onMissingBox: 'create',
      async decide({ work }) {
        const outcomes = await evaluateAll(work, parsed);
        return {
          answer: {
            results: outcomes.map((outcome) => resultOf(outcome, work.modSeq)),
            modSeq: work.size > 0 ? work.modSeq : work.head.modSeq,
          },
          origin: { by: 'participatingFunction' },
        };
      },
    },
    lastKnown(core, box),
  );
  remember(core, box, committed);
  const { answer } = committed;
  // A depositing function may not write devices, so it leaves entries about them to others.
  const left = committed.left.filter(({ effects }) => effects.every(({ sk }) => !isRegistryKey(sk)));
  if (left.length > 0) await project(core, box, left).catch(rethrowAfterCommit);
  const { results } = answer;
  core.observe('deposited', {
    operations: results.length,
    applied: results.filter(({ status }) => status === 'applied').length,
  });
  return answer;
}

/** Boxes that this process has deposited into, the latest last, with how far their entries were applied then. */
const known = new WeakMap<object, Map<BoxId, KnownTail>>();
const KNOWN_MAX = 1000;
/** Entries kept for a box, so that a burst of deposits reads each entry once. Large ones are read again. */
const KEPT_MAX = 100;
const KEPT_BOXES_MAX = 20;

const lastKnown = ({ store, memory = store }: Core, box: BoxId): KnownTail | undefined =>
  known.get(memory)?.get(box);

function remember({ store, memory = store }: Core, box: BoxId, committed: Committed<unknown>): void {
  const { tail, behind = [], atMs = 0 } = committed;
  if (!tail) return;
  const { index, nonce, timeline } = tail.head;
  const projected = Math.min(committed.projected, index);
  const kept = behind.filter((entry) => entry.index > projected);
  const boxes = known.get(memory) ?? new Map<BoxId, KnownTail>();
  known.set(memory, boxes);
  boxes.delete(box);
  const isKept = kept.length <= KEPT_MAX && kept.every(({ overflow }) => !overflow);
  boxes.set(box, { index, nonce, timeline, projected, lookedAtMs: atMs, ...(isKept && { behind: kept }) });
  const byAge = [...boxes.keys()];
  const last = byAge.at(-1 - KEPT_BOXES_MAX);
  if (last !== undefined) boxes.set(last, withoutKept(boxes.get(last) as KnownTail));
  if (byAge.length > KNOWN_MAX) boxes.delete(byAge[0] as BoxId);
}

const withoutKept = ({ behind: _, ...rest }: KnownTail): KnownTail => rest;
