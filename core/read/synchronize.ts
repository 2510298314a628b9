import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody, SyncResponse } from '../../protocol/sync.js';
import { unlessErasing } from './unless-erasing.js';
import { type Caller, commitOperations } from '../write/device-operations.js';
import type { Core } from '../core.js';
import { authorized, changedMeanwhile } from '../model/device-access.js';
import type { DeviceRecord } from '../ports/registry.js';
import { policiesOf } from '../scope/policies.js';
import { jsonBytes } from '../model/element.js';
import { SyncProblem } from '../model/sync-problem.js';
import { inOrder } from './changes.js';
import { withCurrentScope } from './device-scope.js';
import { ownOf } from './own.js';
import { Page } from './page.js';
import type { Position, Seen } from './position.js';
import { readLog } from './read-log.js';
import { resultsWithin } from './results-within.js';
import { Sight, seenBeyond } from './seen.js';
import { startFor } from './start.js';
import { FIRST_READ_COMMITS, tell } from './tell.js';
import { openSyncToken, sealSyncToken } from './token.js';

/** Unit: seconds. The provider's SyncTimer where its policy sets none, for the periodic synchronization of 5.6.x.1. */
export const SYNC_TIMER_DEFAULT_SECONDS = 300;

const RESPONSE_MAX_BYTES = 4 * 1024 * 1024; // a Lambda function may answer with 6 MB
const ENVELOPE_BYTES = 2048; // token, backfill and the like

export interface SyncOptions {
  /** Unit: bytes of the response's JSON, for a transport that carries less than HTTP. */
  readonly maxBytes?: number;
}

/**
 * One request of a synchronization: commits the device's operations, then tells what has changed since its token.
 * @throws SyncProblem `device-not-registered`, `instance-replaced`, `operation-gap`, `operation-mismatch`, `busy`.
 * Source: OMA CPM 5.6.x.1.
 */
export const synchronize = (
  core: Core,
  caller: Caller,
  body: SyncBody,
  { maxBytes = RESPONSE_MAX_BYTES }: SyncOptions = {},
): Promise<SyncResponse> => unlessErasing(core, caller.box, () => answer(core, caller, body, maxBytes));

async function answer(core: Core, caller: Caller, body: SyncBody, maxBytes: number): Promise<SyncResponse> {
  // The commit authorizes by itself, by the receipt of this very instance.
  const { results, isNew } = await commitOperations(core, caller, body.operations);
  const response = respond(core, caller, body, results, maxBytes);
  return isNew ? response.catch(notRefused) : response;
}

/**
 * A 4xx says that nothing was processed, and something was: who repeats the request learns that its device is gone, also
 * where a restored store still lets it process operations.
 */
function notRefused(error: unknown): never {
  const isDeviceGone =
    error instanceof SyncProblem &&
    (error.kind === 'device-not-registered' || error.kind === 'instance-replaced');
  if (!isDeviceGone) throw error;
  const detail =
    'the device was revoked or replaced meanwhile; whether all was processed the same request tells';
  throw new SyncProblem('busy', { detail, retryAfterSeconds: 1 }, { cause: error });
}

async function respond(
  core: Core,
  caller: Caller,
  body: SyncBody,
  processed: readonly OperationResult[],
  maxBytes: number,
): Promise<SyncResponse> {
  const { syncToken } = body;
  const given = syncToken === undefined ? undefined : await openSyncToken(core.tokenKeys, caller, syncToken);
  const ownCommits = processed.some(({ status }) => status === 'applied') ? 1 : 0;
  const [read, log] = await Promise.all([
    core.registry.device(caller.box, caller.deviceId),
    given && readLog(core, caller.box, given, FIRST_READ_COMMITS, ownCommits),
  ]);
  const record = await withCurrentScope(core, authorized(read, caller));
  const start = await startFor(core, record, given, log);

  const roomBytes = maxBytes - ENVELOPE_BYTES - (start.effective ? jsonBytes(start.effective) : 0);
  const results = resultsWithin(processed, roomBytes);
  const page = new Page({ elements: body.limit, bytes: roomBytes - jsonBytes(results) });
  const sight = new Sight();
  for (const { modSeq = 0, current } of processed) sight.note(Math.max(modSeq, current?.modSeq ?? 0));
  const asked = { body, results, own: ownOf(caller, results) };
  const end = await tell(core, caller.box, start, asked, page, sight);
  const seen = await seenBeyond(core, caller.box, end.position, sight);
  const hasMore = end.hasMore || seen !== undefined;
  const position = hasMore ? midway(end.position, seen) : settled(end.position);
  await noteSynced(core, record, position.modSeq);

  const isReset = start.kind === 'anew' && syncToken !== undefined;
  if (start.kind === 'anew') core.report('syncFromStart', { why: isReset ? start.why : 'initial' });
  const changes = inOrder(page.changes);
  core.report('synchronized', {
    operations: results.length,
    applied: results.filter(({ status }) => status === 'applied').length,
    elements: changes.filter((change) => !('removed' in change)).length,
    removals: changes.filter((change) => 'removed' in change).length,
    hasMore,
  });
  return {
    ...(results.length > 0 && { results: [...results] }),
    ...(changes.length > 0 && { changes }),
    syncToken: await sealSyncToken(core.tokenKeys, caller, position),
    ...(hasMore && { hasMore: true }),
    ...(isReset && { reset: true }),
    ...(end.backfill && { backfill: end.backfill, nextSyncAfterSeconds: await syncTimer(core, record) }),
    ...(start.effective && { effective: start.effective }),
  };
}

/** A synchronization that has ended leaves the device complete in the scope that was filled. */
const settled = ({ modSeq, nonce, scope: { to } }: Position): Position => ({
  modSeq,
  nonce,
  rows: 0,
  midway: false,
  step: 0,
  scope: { from: to, to, isFirst: false },
});

const midway = ({ seen: _, ...position }: Position, seen: Seen | undefined): Position => ({
  ...position,
  midway: true,
  step: position.step + 1,
  ...(seen && { seen }),
});

/** Where the device stands, for those who decide whether to send it a synchronization request. */
async function noteSynced(core: Core, device: DeviceRecord, modSeq: number): Promise<void> {
  if (device.syncedModSeq === modSeq) return;
  const set = { syncedModSeq: modSeq, syncedAtMs: core.clock.now() };
  if (await core.registry.patch(device, { set })) return;
  authorized(await core.registry.device(device.box, device.deviceId), device);
  throw changedMeanwhile();
}

async function syncTimer(core: Core, record: DeviceRecord): Promise<number> {
  const timers = (await policiesOf(core, record)).map(({ syncTimerSeconds }) => syncTimerSeconds);
  return timers.findLast((seconds) => seconds !== undefined) ?? SYNC_TIMER_DEFAULT_SECONDS;
}
