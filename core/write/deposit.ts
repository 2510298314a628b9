import type { DepositResponse } from '../../protocol/participating.js';
import type { Core } from '../core.js';
import type { BoxId } from '../model/items.js';
import { commit } from './commit.js';
import { evaluateAll, prepare, resultOf, withFewer } from './process.js';

/**
 * Commits operations of the CPM Participating Function; the box is made on first use. They are idempotent by id:
 * `exists` or `unchanged` on a repetition means stored. Operations at the end without a result were not processed.
 * @throws SyncProblem `busy` when the box stayed contended.
 * Source: OMA CPM 5.6.x.2, operations performed by the CPM Participating Function.
 */
export async function deposit(
  core: Core,
  box: BoxId,
  operations: readonly unknown[],
): Promise<DepositResponse> {
  const answer = await withFewer(operations, (few) => depositSome(core, box, few));
  const { results } = answer;
  core.report('deposited', {
    operations: results.length,
    applied: results.filter(({ status }) => status === 'applied').length,
  });
  return answer;
}

async function depositSome(core: Core, box: BoxId, operations: readonly unknown[]): Promise<DepositResponse> {
  const { prepared, keys } = prepare(operations);
  return commit<DepositResponse>(core, box, {
    keys: [...keys],
    onMissingBox: 'create',
    decide({ draft }) {
      const outcomes = evaluateAll(draft, prepared);
      return {
        answer: {
          results: outcomes.map((outcome) => resultOf(outcome, draft.modSeq)),
          modSeq: draft.size > 0 ? draft.modSeq : draft.head.modSeq,
        },
        origin: { by: 'participatingFunction' },
        writes: [],
      };
    },
  });
}
