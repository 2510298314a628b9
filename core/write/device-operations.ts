import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { authorized } from '../model/device-access.js';
import type { BoxId, Idempotency, StoredDevice } from '../model/items.js';
import { deviceKey, idempotencyKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { type Committed, commit, type Decision, type PlanInput } from './commit.js';
import type { Known } from './commit-snapshot.js';
import { emptyRecord, recordAfter, splitProcessed } from './idempotency.js';
import { evaluateAll, prepare, resultOf } from './process.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The device instance that a request comes from. */
export interface Caller {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
}

/** `device`: as of the decision. `isNew`: this request has processed some of the operations, and not an earlier one all. */
export interface Processed {
  readonly results: readonly OperationResult[];
  readonly isNew: boolean;
  readonly device: StoredDevice;
}

/**
 * Commits a device's operations exactly once: what was processed before gets its former result, and takes no room from
 * what is new. Results stand in the order of the operations; those at the end without one were not processed. The caller
 * projects what was committed.
 * @throws SyncProblem `operation-gap`, `operation-mismatch`, `instance-replaced`, `device-not-registered`, `busy`.
 */
export async function commitOperations(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
  known?: Known,
): Promise<Committed<Processed>> {
  const { prepared, keys } = prepare(operations);
  const key = deviceKey(caller.deviceId);

  const decide = ({ work }: PlanInput): Decision<Processed> => {
    const device = deviceIn(work, caller);
    const record = recordOf(work, device, operations);
    const { known: before, fresh } = splitProcessed(record, operations);
    const outcomes = evaluateAll(work, prepared.slice(before.length), before.length > 0);
    const results = [...before, ...outcomes.map((outcome, i) => resultOf(outcome, work.modSeq, fresh[i]?.n))];
    const origin = {
      by: 'device' as const,
      deviceId: caller.deviceId,
      instanceId: caller.instanceId,
      firstN: record.lastN + 1,
      lastN: record.lastN + outcomes.length,
    };
    if (outcomes.length === 0) return { answer: { results, isNew: false, device }, origin };
    const state = recordAfter(record, operations, results);
    return { answer: { results, isNew: true, device }, origin, effects: [{ sk: key, state }] };
  };

  return commit(core, caller.box, { keys: [key, ...keys], onMissingBox: 'refuse', decide }, known);
}

function deviceIn(work: UnitOfWork, caller: Caller): StoredDevice {
  const item = work.read(deviceKey(caller.deviceId));
  return authorized(item?.kind === 'device' ? item : undefined, caller);
}

/** What the instance was last answered. Results that stand aside are read only for a request that repeats some of them. */
export function recordOf(
  work: UnitOfWork,
  { deviceId, since, idempotency }: StoredDevice,
  operations: readonly NumberedOperation[] | 'whole',
): Idempotency {
  if (!idempotency) return emptyRecord(since);
  if (idempotency.results && idempotency.digests) return idempotency as Idempotency;
  const isRepeated =
    operations === 'whole' || (operations[0]?.n ?? Number.POSITIVE_INFINITY) <= idempotency.lastN;
  if (!isRepeated) return { ...idempotency, digests: [], results: [] };
  const aside = work.read(idempotencyKey(deviceId));
  if (aside?.kind === 'idempotency' && aside.record.lastN === idempotency.lastN) return aside.record;
  return { ...idempotency, digests: [], results: [] };
}
