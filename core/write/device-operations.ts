import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { authorized } from '../model/device-access.js';
import type { BoxId, Idempotency, StoredDevice } from '../model/items.js';
import { deviceKey, idempotencyKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { commit } from './commit.js';
import type { Committed, Decision, PlanInput } from './commit-plan.js';
import type { KnownTail } from './commit-snapshot.js';
import { emptyRecord, recordAfter, splitProcessed } from './idempotency.js';
import { evaluateAll, parseOperations, resultOf } from './operations.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The device instance that a request comes from. */
export interface Caller {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
}

/** `device`: as of the decision. `isNew`: this request processed at least one operation; else an earlier one processed all. */
export interface Processed {
  readonly results: readonly OperationResult[];
  readonly isNew: boolean;
  readonly device: StoredDevice;
}

/**
 * Commits the operations of a device exactly once: operations that were processed before get their former results, and do
 * not count towards the limit of a commit. Results are in the order of the operations; operations at the end without a
 * result were not processed. The caller applies the commit to the view.
 * @throws SyncProblem `operation-gap`, `operation-mismatch`, `instance-replaced`, `device-not-registered`, `busy`.
 */
export async function commitOperations(
  core: Core,
  caller: Caller,
  operations: readonly NumberedOperation[],
  known?: KnownTail,
): Promise<Committed<Processed>> {
  const { parsed, keys } = parseOperations(operations);
  const key = deviceKey(caller.deviceId);

  const decide = async ({ work }: PlanInput): Promise<Decision<Processed>> => {
    const device = await deviceIn(work, caller);
    const record = await recordOf(work, device, operations);
    const { known: before, fresh } = splitProcessed(record, operations);
    const outcomes = await evaluateAll(work, parsed.slice(before.length), before.length > 0);
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

async function deviceIn(work: UnitOfWork, caller: Caller): Promise<StoredDevice> {
  const item = await work.read(deviceKey(caller.deviceId));
  return authorized(item?.kind === 'device' ? item : undefined, caller);
}

/**
 * The idempotency record of an instance. Results in an item of their own are read only if the request repeats an operation.
 * @param operations of the request; `whole`: always with the results
 */
export async function recordOf(
  work: UnitOfWork,
  { deviceId, since, idempotency }: StoredDevice,
  operations: readonly NumberedOperation[] | 'whole',
): Promise<Idempotency> {
  if (!idempotency) return emptyRecord(since);
  if (idempotency.results && idempotency.digests) return idempotency as Idempotency;
  const isRepeated =
    operations === 'whole' || (operations[0]?.n ?? Number.POSITIVE_INFINITY) <= idempotency.lastN;
  if (!isRepeated) return { ...idempotency, digests: [], results: [] };
  const aside = await work.read(idempotencyKey(deviceId));
  if (aside?.kind === 'idempotency' && aside.record.lastN === idempotency.lastN) return aside.record;
  return { ...idempotency, digests: [], results: [] };
}
