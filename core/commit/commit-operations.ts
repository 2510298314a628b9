import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { Core } from '../core.js';
import type { BoxId, Receipt, StoredItem } from '../store/items.js';
import { receiptKey } from '../store/keys.js';
import { SyncProblem } from '../sync-problem.js';
import { commit, type Decision, type Reading } from './commit.js';
import { evaluateAll, prepare, resultOf, withFewer } from './process.js';
import { receiptAfter, sortOut } from './receipts.js';

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

/**
 * Commits a device's operations exactly once: what was processed before gets its former result.
 * Results stand in the order of the operations; those at the end without one were not processed.
 * @throws SyncProblem `operation-gap`, `operation-mismatch`, `instance-replaced`, `device-not-registered`, `busy`.
 */
export async function commitOperations(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
): Promise<Processed> {
  if (operations.length === 0) return { results: [], isNew: false };
  return withFewer(operations, (few) => commitSome(core, caller, few));
}

async function commitSome(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
): Promise<Processed> {
  const { prepared, keys } = prepare(operations);

  const decide = ({ stored, draft }: Reading): Decision<Processed> => {
    const receipt = receiptOf(stored, caller);
    const { known, fresh } = sortOut(receipt, operations);
    const outcomes = evaluateAll(draft, prepared.slice(known.length));
    const results = [...known, ...outcomes.map((outcome, i) => resultOf(outcome, draft.modSeq, fresh[i]?.n))];
    const origin = {
      by: 'device' as const,
      deviceId: caller.deviceId,
      instanceId: caller.instanceId,
      firstN: receipt.lastN + 1,
      lastN: receipt.lastN + outcomes.length,
    };
    if (outcomes.length === 0) return { answer: { results, isNew: false }, origin, writes: [] };
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

function receiptOf(stored: ReadonlyMap<string, StoredItem>, { deviceId, instanceId }: Caller): Receipt {
  const receipt = stored.get(receiptKey(deviceId));
  if (receipt?.kind !== 'receipt') throw new SyncProblem('device-not-registered');
  if (receipt.instanceId !== instanceId) throw new SyncProblem('instance-replaced');
  return receipt;
}
