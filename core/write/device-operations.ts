import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { authorized } from '../model/device-access.js';
import type { BoxId, Idempotency, StoredDevice } from '../model/items.js';
import { deviceKey, idempotencyKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import { type Committed, commit, type Decision, type Reading } from './commit.js';
import type { Draft } from './draft.js';
import { emptyRecord, recordAfter, sortOut } from './idempotency.js';
import type { Known } from './opened.js';
import { evaluateAll, prepare, resultOf } from './process.js';

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

  const decide = ({ draft }: Reading): Decision<Processed> => {
    const device = deviceIn(draft, caller);
    const record = recordOf(draft, device, operations);
    const { known: before, fresh } = sortOut(record, operations);
    const outcomes = evaluateAll(draft, prepared.slice(before.length), before.length > 0);
    const results = [
      ...before,
      ...outcomes.map((outcome, i) => resultOf(outcome, draft.modSeq, fresh[i]?.n)),
    ];
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

function deviceIn(draft: Draft, caller: Caller): StoredDevice {
  const item = draft.read(deviceKey(caller.deviceId));
  return authorized(item?.kind === 'device' ? item : undefined, caller);
}

/** What the instance was last answered. Results that stand aside are read only for a request that repeats some of them. */
export function recordOf(
  draft: Draft,
  { deviceId, since, idempotency }: StoredDevice,
  operations: readonly NumberedOperation[] | 'whole',
): Idempotency {
  if (!idempotency) return emptyRecord(since);
  if (idempotency.results && idempotency.digests) return idempotency as Idempotency;
  const isRepeated =
    operations === 'whole' || (operations[0]?.n ?? Number.POSITIVE_INFINITY) <= idempotency.lastN;
  if (!isRepeated) return { ...idempotency, digests: [], results: [] };
  const aside = draft.read(idempotencyKey(deviceId));
  if (aside?.kind === 'idempotency' && aside.record.lastN === idempotency.lastN) return aside.record;
  return { ...idempotency, digests: [], results: [] };
}
