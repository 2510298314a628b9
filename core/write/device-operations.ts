import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { Core } from '../core.js';
import { authorized } from '../model/device-access.js';
import type { BoxId, Receipt, StoredItem } from '../model/items.js';
import { receiptKey } from '../model/keys.js';
import { commit, type Decision, type Reading } from './commit.js';
import { evaluateAll, prepare, resultOf, withFewer } from './process.js';
import { receiptAfter, sortOut } from './idempotency.js';

/** The device instance that a request comes from. */
export interface Caller {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
}

/** `isNew`: this request has processed some of them, and not an earlier one all. */
export interface Processed {
  readonly results: readonly OperationResult[];
  readonly isNew: boolean;
}

/** So many operations at the beginning of a request were processed before: what decides them has not to be read. */
class ProcessedBefore extends Error {
  override readonly name = 'ProcessedBefore';

  constructor(readonly count: number) {
    super('operations were processed before');
  }
}

/**
 * Commits a device's operations exactly once: what was processed before gets its former result, and takes no room from
 * what is new. Results stand in the order of the operations; those at the end without one were not processed.
 * @throws SyncProblem `operation-gap`, `operation-mismatch`, `instance-replaced`, `device-not-registered`, `busy`.
 */
export async function commitOperations(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
): Promise<Processed> {
  if (operations.length === 0) return { results: [], isNew: false };
  for (let from = 0; ; ) {
    try {
      return await withFewer(operations.slice(from), (few) =>
        commitSome(core, caller, operations, from, few),
      );
    } catch (error) {
      if (!(error instanceof ProcessedBefore)) throw error;
      from = error.count;
    }
  }
}

/** @param few those to process now, of what stands behind the first `from` operations */
async function commitSome(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
  from: number,
  few: readonly NumberedOperation[],
): Promise<Processed> {
  const { prepared, keys } = prepare(few);
  let isTried = false;

  const decide = ({ stored, draft }: Reading): Decision<Processed> => {
    const receipt = receiptOf(stored, caller);
    const { known, fresh } = sortOut(receipt, operations);
    const leavesOut = fresh.length > 0 && from + prepared.length < operations.length;
    // Once a write was tried it stays at this, since it may have been done: then what is known is the answer.
    if (known.length < from || (known.length > from && leavesOut && !isTried)) {
      throw new ProcessedBefore(known.length);
    }
    const outcomes = evaluateAll(draft, prepared.slice(known.length - from), known.length > 0);
    const results = [...known, ...outcomes.map((outcome, i) => resultOf(outcome, draft.modSeq, fresh[i]?.n))];
    const origin = {
      by: 'device' as const,
      deviceId: caller.deviceId,
      instanceId: caller.instanceId,
      firstN: receipt.lastN + 1,
      lastN: receipt.lastN + outcomes.length,
    };
    if (outcomes.length === 0) return { answer: { results, isNew: false }, origin, writes: [] };
    isTried = true;
    const put = receiptAfter(receipt, operations, results);
    return {
      answer: { results, isNew: true },
      origin,
      writes: [{ put, when: { version: receipt.version } }],
    };
  };

  return commit(core, caller.box, {
    keys: [receiptKey(caller.deviceId), ...keys],
    onMissingBox: 'refuse',
    decide,
  });
}

function receiptOf(stored: ReadonlyMap<string, StoredItem>, caller: Caller): Receipt {
  const item = stored.get(receiptKey(caller.deviceId));
  return authorized(item?.kind === 'receipt' ? item : undefined, caller);
}
