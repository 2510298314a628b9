import { createHash } from 'node:crypto';
import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { canonicalJson } from '../model/json.js';
import type { Receipt } from '../model/items.js';
import { formerReceiptKey, receiptKey } from '../model/keys.js';
import type { Write } from '../ports/store.js';
import { SyncProblem } from '../model/sync-problem.js';
import { FORMER_RECEIPT_MS } from '../model/timing.js';

const DIGEST_CHARACTERS = 8; // 48 bits: enough to notice a client's mistake, and cheap to keep

const known = new WeakMap<NumberedOperation, string>();

/**
 * The same operation has one digest, however it was written. Found out once for each operation of a request, since every
 * attempt to commit it asks.
 */
export function digestOf(operation: NumberedOperation): string {
  const digest =
    known.get(operation) ??
    createHash('sha256').update(canonicalJson(operation)).digest('base64url').slice(0, DIGEST_CHARACTERS);
  known.set(operation, digest);
  return digest;
}

/** The receipt of a device instance that has not sent an operation yet. */
const firstReceipt = (deviceId: DeviceId, instanceId: InstanceId, version: number): Receipt => ({
  kind: 'receipt',
  sk: receiptKey(deviceId),
  version,
  instanceId,
  lastN: 0,
  firstN: 1,
  digests: [],
  results: [],
});

/** The receipts that a registration decides on, as they were read. */
export interface KeptReceipts {
  readonly current: Receipt | undefined;
  /** Of the instance that is registered now, from an earlier registration. */
  readonly former: Receipt | undefined;
}

/**
 * The receipt of the instance that is registered now. One that was registered before goes on where it was, however often
 * the device was revoked or another instance took its place: a late repetition of what it has sent is processed by nobody.
 */
export function receiptFor(
  { deviceId, instanceId }: { readonly deviceId: DeviceId; readonly instanceId: InstanceId },
  { current, former }: KeptReceipts,
  nowMs: number,
): { next: Receipt; writes: Write[] } {
  if (current?.instanceId === instanceId) return { next: current, writes: [] };
  // Versions never begin anew: a request that is still under way must not take this receipt for the one that it has read.
  const version = current ? current.version + 1 : nowMs;
  const next = former
    ? goesOn(former, receiptKey(deviceId), version)
    : firstReceipt(deviceId, instanceId, version);
  return {
    next,
    writes: [
      { put: next, when: asRead(current) },
      { remove: formerReceiptKey(deviceId, instanceId), when: asRead(former) },
      ...(current ? [putAside(current, deviceId, nowMs)] : []),
    ],
  };
}

const asRead = (receipt: Receipt | undefined) =>
  receipt ? { version: receipt.version } : ('absent' as const);

const goesOn = ({ expiresAtMs: _, ...receipt }: Receipt, sk: string, version: number): Receipt => ({
  ...receipt,
  sk,
  version,
});

/** Of a device that is revoked. */
export const withoutReceipt = (
  deviceId: DeviceId,
  current: Receipt | undefined,
  nowMs: number,
): readonly Write[] =>
  current
    ? [{ remove: current.sk, when: { version: current.version } }, putAside(current, deviceId, nowMs)]
    : [];

/** Where the instance finds it when it is registered again. */
const putAside = (receipt: Receipt, deviceId: DeviceId, nowMs: number): Write => ({
  put: {
    ...receipt,
    sk: formerReceiptKey(deviceId, receipt.instanceId),
    expiresAtMs: nowMs + FORMER_RECEIPT_MS,
  },
  when: 'absent',
});

/**
 * Tells a request's operations that were processed before from those that are new.
 * `known`: results of the former, `duplicate` where they are no longer kept.
 * @throws SyncProblem `operation-gap` when operations before the first are missing, `operation-mismatch` when another
 * operation was processed under one of the numbers.
 */
export function sortOut(
  receipt: Receipt,
  operations: readonly NumberedOperation[],
): { known: OperationResult[]; fresh: readonly NumberedOperation[] } {
  const first = operations[0]?.n ?? receipt.lastN + 1;
  if (first > receipt.lastN + 1) {
    throw new SyncProblem('operation-gap', {
      detail: `the first operation has n ${first}, and ${receipt.lastN + 1} was not processed yet`,
      expectedN: receipt.lastN + 1,
    });
  }
  const known = operations
    .filter(({ n }) => n <= receipt.lastN)
    .map((operation): OperationResult => {
      const at = operation.n - receipt.firstN;
      const result = receipt.results[at];
      if (at < 0 || result === undefined) return { n: operation.n, status: 'duplicate' };
      if (receipt.digests[at] !== digestOf(operation)) {
        throw new SyncProblem('operation-mismatch', {
          detail: `another operation was processed under n ${operation.n}`,
        });
      }
      return result;
    });
  return { known, fresh: operations.slice(known.length) };
}

/** The receipt after a request: what is still known of it, and the new results behind. */
export function receiptAfter(
  receipt: Receipt,
  operations: readonly NumberedOperation[],
  results: readonly OperationResult[],
): Receipt {
  const kept = results.filter(({ status }) => status !== 'duplicate');
  const firstN = kept[0]?.n ?? receipt.firstN;
  return {
    ...receipt,
    version: receipt.version + 1,
    lastN: kept.at(-1)?.n ?? receipt.lastN,
    firstN,
    digests: operations
      .filter(({ n }) => n >= firstN)
      .map(digestOf)
      .slice(0, kept.length),
    results: kept,
  };
}
