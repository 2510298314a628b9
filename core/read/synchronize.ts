import type { SyncBody, SyncResponse } from '../../protocol/sync.js';
import type { Tail } from '../log/tail.js';
import { type BoxView, viewOf } from '../log/view.js';
import { jsonBytes } from '../model/element.js';
import type { StoredDevice } from '../model/items.js';
import { RESPONSE_MAX_BYTES } from '../model/response-limit.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { policiesOf, type ScopedDevice } from '../scope/scoped-device.js';
import { rethrowAfterCommit } from '../write/append.js';
import type { Caller } from '../write/device-operations.js';
import { backfillRanges } from './backfill.js';
import { type BuiltPage, buildPage } from './build-page.js';
import { inOrder } from './changes.js';
import { withCurrentScope } from './current-scope.js';
import { HighWaterMark, requiredHighWater } from './high-water-mark.js';
import { ownWritesOf } from './own-writes.js';
import { Page } from './page.js';
import type { EntryRef, Position } from './position.js';
import { type ProcessedRequest, processRequest } from './process-request.js';
import { logAfter } from './read-log.js';
import { recordProgress } from './record-progress.js';
import { restart, resumeOrRestart, type Start } from './start.js';
import type { SyncContext } from './sync-context.js';
import { openSyncToken, sealSyncToken } from './token.js';
import { trimResults } from './trim-results.js';

/**
 * The SyncTimer of a device whose policy sets none. Unit: seconds.
 * Source: OMA CPM 5.6.x.1, periodic synchronization.
 */
const SYNC_TIMER_DEFAULT_SECONDS = 300;

const ENVELOPE_BYTES = 2048; // token, backfill progress and the like

export interface SyncOptions {
  /** For a transport that carries less than HTTP. Unit: bytes of the response's JSON. */
  readonly maxBytes?: number;
}

/** A request as it came, with the position of its token. */
interface Request {
  readonly core: Core;
  readonly caller: Caller;
  readonly body: SyncBody;
  readonly given: Position | undefined; // undefined: no token, or one that does not open
  readonly maxBytes: number;
}

/**
 * Answers one request of a synchronization: commits the device's operations, then sends the changes after its token.
 * @throws SyncProblem `device-not-registered`, `instance-replaced`, `operation-gap`, `operation-mismatch`, `busy`.
 * Source: OMA CPM 5.6.x.1.
 */
export async function synchronize(
  core: Core,
  caller: Caller,
  body: SyncBody,
  { maxBytes = RESPONSE_MAX_BYTES }: SyncOptions = {},
): Promise<SyncResponse> {
  const { syncToken } = body;
  const given = syncToken === undefined ? undefined : await openSyncToken(core.tokenKeys, caller, syncToken);
  const processed = await processRequest(core, caller, body, given);
  const response = respond({ core, caller, body, given, maxBytes }, processed);
  return processed.entry ? response.catch(busyIfDeviceGone) : response;
}

/** Operations were committed, so we must not answer 4xx, which promises that nothing was. The retry gets the real reason. */
function busyIfDeviceGone(error: unknown): never {
  const isDeviceGone =
    error instanceof SyncProblem &&
    (error.kind === 'device-not-registered' || error.kind === 'instance-replaced');
  if (!isDeviceGone) return rethrowAfterCommit(error);
  const detail = 'the device was revoked or replaced meanwhile; send the same request again';
  throw new SyncProblem('busy', { detail, retryAfterSeconds: 1 }, { cause: error });
}

async function respond(request: Request, done: ProcessedRequest): Promise<SyncResponse> {
  const { core, caller, body, maxBytes } = request;
  const { tail } = done;
  const device = await withCurrentScope(core, caller, done.device, tail.head);
  const processed: ScopedRequest = { ...done, device };
  const start = await startOf(request, processed);

  const roomBytes = maxBytes - ENVELOPE_BYTES - (start.effective ? jsonBytes(start.effective) : 0);
  const results = trimResults(processed.results, roomBytes);
  const page = new Page({ elements: body.limit, bytes: roomBytes - jsonBytes(results) });
  const context = contextOf(request, { ...processed, results }, start, page);
  // A device that restarts keeps its first position until everything is sent, so it is recorded while the page is built.
  const [built, isRecorded] = await Promise.all([
    buildPage(context, start, { operations: body.operations, results }),
    start.kind === 'restart'
      ? recordProgress(core, caller, processed, { modSeq: start.position.modSeq, isRestart: true })
      : undefined,
  ]);
  const { position, hasMore } = await positionOf(context, built, processed);
  const isWhole =
    isRecorded ??
    (await recordProgress(core, caller, processed, { modSeq: position.modSeq, isRestart: false }));

  const changes = inOrder(page.changes);
  if (start.kind === 'restart') core.observe('syncFromStart', { why: start.why });
  core.observe('synchronized', {
    operations: results.length,
    applied: results.filter(({ status }) => status === 'applied').length,
    elements: changes.filter((change) => !('removed' in change)).length,
    removals: changes.filter((change) => 'removed' in change).length,
    hasMore,
  });
  const timer = built.backfill && (await syncTimer(core, tail, device));
  const sealed = isWhole ? withOwnEntry(position, processed) : position;
  return {
    ...(results.length > 0 && { results: [...results] }),
    ...(changes.length > 0 && { changes }),
    syncToken: await sealSyncToken(core.tokenKeys, caller, sealed),
    ...(hasMore && { hasMore: true }),
    ...(start.kind === 'restart' && start.why !== 'initial' && { reset: true }),
    ...(built.backfill && { backfill: built.backfill, nextSyncAfterSeconds: timer }),
    ...(start.effective && { effective: start.effective }),
  };
}

/** A processed request whose device has its present scope. */
interface ScopedRequest extends ProcessedRequest {
  readonly device: ScopedDevice;
}

async function startOf(
  { core, body, given }: Request,
  { results, tail, device }: ScopedRequest,
): Promise<Start> {
  if (!given) return restart(core, device, tail, body.syncToken === undefined ? 'initial' : 'unknownToken');
  const ownCommits = results.some(({ status }) => status === 'applied') ? 1 : 0;
  return resumeOrRestart(core, device, tail, {
    position: given,
    log: logAfter(core, tail, given, ownCommits),
  });
}

function contextOf(
  { core, caller }: Request,
  { results, tail }: ProcessedRequest,
  start: Start,
  page: Page,
): SyncContext {
  const { box } = caller;
  const { scope, position } = start;
  const highWater = new HighWaterMark();
  if (results.length > 0) highWater.noteIndex(tail.head.index); // results show the box as of the head
  const isLogEmpty = start.kind === 'restart' || start.entries.length === 0;
  const ahead =
    position.backfill && isLogEmpty
      ? backfillRanges(tail.head, scope, position.backfill, page.room.elements)
      : [];
  let view: Promise<BoxView> | undefined;
  return {
    core,
    box,
    tail,
    scope,
    own: ownWritesOf(caller, results),
    page,
    highWater,
    nowMs: core.clock.now(),
    view() {
      view ??= viewOf(core, box, tail, ahead);
      return view;
    },
  };
}

/** The position of the response's token, and whether the device has to ask for more. */
async function positionOf(
  context: SyncContext,
  built: BuiltPage,
  { projected }: ProcessedRequest,
): Promise<{ readonly position: Position; readonly hasMore: boolean }> {
  const highWater = await requiredHighWater(context, built.position);
  const hasMore = built.hasMore || highWater !== undefined;
  const next = hasMore ? incompleteAt(built.position, highWater) : completeAt(built.position);
  return {
    position: { ...next, projected: Math.min(next.index, Math.max(projected, next.projected)) },
    hasMore,
  };
}

/** The view has the own entry now. If it had all entries before that, it has all entries up to it. */
const withOwnEntry = (position: Position, { entry, projected }: ProcessedRequest): Position =>
  entry && projected + 1 === entry.index && position.index >= entry.index
    ? { ...position, projected: entry.index }
    : position;

/** The synchronization is complete, so the device holds everything in the scope that was filled. */
const completeAt = ({ index, timeline, modSeq, nonce, projected, scope: { to } }: Position): Position => ({
  index,
  timeline,
  modSeq,
  nonce,
  projected,
  rowsSent: 0,
  incomplete: false,
  pageNo: 0,
  scope: { from: to, to, isFirst: false },
});

const incompleteAt = (
  { highWater: _, ...position }: Position,
  highWater: EntryRef | undefined,
): Position => ({
  ...position,
  incomplete: true,
  pageNo: position.pageNo + 1,
  ...(highWater && { highWater }),
});

async function syncTimer(core: Core, { head }: Tail, { policyId }: StoredDevice): Promise<number> {
  const policies = await policiesOf(core, head.policyId, policyId);
  return (
    policies.map(({ syncTimerSeconds }) => syncTimerSeconds).findLast((seconds) => seconds !== undefined) ??
    SYNC_TIMER_DEFAULT_SECONDS
  );
}
