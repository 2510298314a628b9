import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody, SyncResponse } from '../../protocol/sync.js';
import { withEffects } from '../log/overflow.js';
import { project } from '../log/projection.js';
import { reachingBack, readTail, type Tail } from '../log/tail.js';
import { BoxView, viewOf } from '../log/view.js';
import { authorized, changedMeanwhile } from '../model/device-access.js';
import { applied } from '../model/effects.js';
import { jsonBytes } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { StoredDevice, StoredItem } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { expectPreferences, policiesOf } from '../scope/device-scope.js';
import { rethrowAfterCommit } from '../write/append.js';
import type { KnownTail } from '../write/commit-snapshot.js';
import { type Caller, commitOperations } from '../write/device-operations.js';
import { inOrder } from './changes.js';
import { withCurrentScope } from './device-scope.js';
import { ownOf } from './own.js';
import { Page } from './page.js';
import type { Position, Seen } from './position.js';
import { logBehind } from './read-log.js';
import { resultsWithin } from './results-within.js';
import { Sight, seenBeyond } from './seen.js';
import { startFor } from './start.js';
import { tell } from './tell.js';
import { openSyncToken, sealSyncToken } from './token.js';

/** Unit: seconds. The provider's SyncTimer where its policy sets none, for the periodic synchronization of 5.6.x.1. */
export const SYNC_TIMER_DEFAULT_SECONDS = 300;

const RESPONSE_MAX_BYTES = 4 * 1024 * 1024; // a Lambda function may answer with 6 MB
const ENVELOPE_BYTES = 2048; // token, backfill and the like

export interface SyncOptions {
  /** Unit: bytes of the response's JSON, for a transport that carries less than HTTP. */
  readonly maxBytes?: number;
}

/** What a request has done before it is answered. */
interface Done {
  readonly results: readonly OperationResult[];
  readonly device: StoredDevice;
  readonly tail: Tail;
  readonly entry?: LogEntry; // of its operations, to be applied to the view before the answer
  readonly left: readonly LogEntry[];
  readonly projected: number;
}

/**
 * One request of a synchronization: commits the device's operations, then tells what has changed since its token.
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
  const done =
    body.operations.length > 0 ? await operated(core, caller, body, given) : await asked(core, caller, given);
  const response = respond(core, caller, body, given, done, maxBytes);
  return done.entry ? response.catch(notRefused) : response;
}

/** Operations were committed, so no 4xx is answered, which promises that nothing was. The retry gets the real reason. */
function notRefused(error: unknown): never {
  const isDeviceGone =
    error instanceof SyncProblem &&
    (error.kind === 'device-not-registered' || error.kind === 'instance-replaced');
  if (!isDeviceGone) return rethrowAfterCommit(error);
  const detail = 'the device was revoked or replaced meanwhile; send the same request again';
  throw new SyncProblem('busy', { detail, retryAfterSeconds: 1 }, { cause: error });
}

/** A request with operations: they are committed, and that authorizes the device. */
async function operated(
  core: Core,
  caller: Caller,
  body: SyncBody,
  given: Position | undefined,
): Promise<Done> {
  const known: KnownTail | undefined = given;
  const committed = await commitOperations(core, caller, body.operations, known);
  const { answer, entry, left, projected } = committed;
  const { results, device } = answer;
  const tail = await leadingOn(core, caller, committed.tail as Tail, given); // a missing box is refused
  return { results, device, tail, ...(entry && { entry }), left, projected };
}

/** The tail, with the entries behind a position if there are any. */
async function leadingOn(
  core: Core,
  { box }: Caller,
  tail: Tail,
  given: Position | undefined,
): Promise<Tail> {
  if (!given || given.index >= tail.head.index) return tail;
  const leadsOn = [...tail.following, ...tail.entries].some(({ index }) => index === given.index + 1);
  return leadsOn ? tail : ((await readTail(core, box, given.index)) ?? tail);
}

/** A request without operations. What the token proves to be applied need not be read again. */
async function asked(core: Core, caller: Caller, given: Position | undefined): Promise<Done> {
  const key = deviceKey(caller.deviceId);
  const [end, items] = await Promise.all([
    readTail(core, caller.box, given && Math.min(given.projected + 1, given.index)),
    core.store.get(caller.box, [key]),
    given ? undefined : expectScope(core, caller),
  ]);
  if (!end) throw new SyncProblem('device-not-registered');
  let tail = await leadingOn(core, caller, end, given);
  let item: StoredItem | undefined = items.get(key);
  const isSameTimeline =
    given !== undefined && Math.max(core.timeline ?? 0, tail.head.timeline) <= given.timeline;
  // What has expired is applied, and may be there in part only.
  const hasExpiredOnes = tail.following.some((entry) => hasExpired(entry, core.clock.now()));
  const isTrusted = isSameTimeline && isOfToken(tail, given);
  let projected = (core.timeline ?? 0) > tail.head.timeline ? 0 : tail.head.projected;
  if (isTrusted && !hasExpiredOnes && hasAllBehind(tail, given)) {
    // The device was this instance when the token was made, and the entries that it may lack say what became of it.
    const about = await withEffects(core, caller.box, tail.following.filter(isOfServer));
    for (const entry of about) item = withEntryOf(item, entry, key);
  } else {
    const whole = await reachingBack(core, caller.box, tail);
    const about = await withEffects(core, caller.box, whole.behind.filter(isOfServer));
    item = new BoxView(core, caller.box, tail.head, about).laidOver(key, item);
    tail = whole;
    projected = whole.projected;
  }
  const device = authorized(item?.kind === 'device' ? item : undefined, caller);
  return {
    results: [],
    device,
    tail,
    left: [],
    projected: Math.max(projected, isTrusted ? given.projected : 0),
  };
}

/** A device without a token has nothing: what it asks for and the policy of most boxes are read beside the log. */
const expectScope = (core: Core, { box, deviceId }: Caller): Promise<unknown> =>
  Promise.all([policiesOf(core, undefined, undefined), expectPreferences(core, box, deviceId)]);

/** Only a server's own entries register and revoke. */
const isOfServer = ({ origin }: LogEntry): boolean => origin.by === 'server';

const isOfToken = ({ following, head }: Tail, { index, nonce }: Position): boolean =>
  index === head.index
    ? head.nonce === nonce
    : following.find((entry) => entry.index === index)?.nonce === nonce;

/** Whether the entries that were not yet applied when the token was made are in hand, up to the head. */
const hasAllBehind = ({ following, head }: Tail, { index, projected }: Position): boolean => {
  const [first] = following;
  if (!first) return index === head.index && projected === index;
  return first.index <= Math.min(projected + 1, index) && following.at(-1)?.index === head.index;
};

function withEntryOf(item: StoredItem | undefined, entry: LogEntry, key: string): StoredItem | undefined {
  const effects = entry.effects.filter(({ sk }) => sk === key);
  return effects.reduce((next: StoredItem | undefined, effect) => applied(next, effect, entry.version), item);
}

async function respond(
  core: Core,
  caller: Caller,
  body: SyncBody,
  given: Position | undefined,
  done: Done,
  maxBytes: number,
): Promise<SyncResponse> {
  const { syncToken } = body;
  const { results: processed, tail } = done;
  const ownCommits = processed.some(({ status }) => status === 'applied') ? 1 : 0;
  const log = given && logBehind(core, tail, given, ownCommits);
  const device = await withCurrentScope(core, caller, done.device, tail.head);
  const start = await startFor(core, device, tail, given, log);

  const roomBytes = maxBytes - ENVELOPE_BYTES - (start.effective ? jsonBytes(start.effective) : 0);
  const results = resultsWithin(processed, roomBytes);
  const page = new Page({ elements: body.limit, bytes: roomBytes - jsonBytes(results) });
  const sight = new Sight();
  if (processed.length > 0) sight.noteIndex(tail.head.index); // results are as of the head
  const request = { body, results, own: ownOf(caller, results), tail };
  // A device that starts over stands where it started until all is sent, so that is noted while the page is read.
  const [end, isNoted] = await Promise.all([
    tell(core, caller.box, start, request, page, sight),
    start.kind === 'restart' ? finish(core, caller, done, device, start.position.modSeq) : undefined,
  ]);
  const seen = await seenBeyond(core, caller.box, end.position, sight);
  const hasMore = end.hasMore || seen !== undefined;
  const told = hasMore ? midway(end.position, seen) : settled(end.position);
  const position = { ...told, projected: Math.min(told.index, Math.max(done.projected, told.projected)) };
  const isWhole = isNoted ?? (await finish(core, caller, done, device, position.modSeq));

  const isReset = start.kind === 'restart' && syncToken !== undefined;
  if (start.kind === 'restart') core.observe('syncFromStart', { why: isReset ? start.why : 'initial' });
  const changes = inOrder(page.changes);
  core.observe('synchronized', {
    operations: results.length,
    applied: results.filter(({ status }) => status === 'applied').length,
    elements: changes.filter((change) => !('removed' in change)).length,
    removals: changes.filter((change) => 'removed' in change).length,
    hasMore,
  });
  const timer = end.backfill && (await syncTimer(core, tail, device));
  return {
    ...(results.length > 0 && { results: [...results] }),
    ...(changes.length > 0 && { changes }),
    syncToken: await sealSyncToken(core.tokenKeys, caller, isWhole ? withOwn(position, done) : position),
    ...(hasMore && { hasMore: true }),
    ...(isReset && { reset: true }),
    ...(end.backfill && { backfill: end.backfill, nextSyncAfterSeconds: timer }),
    ...(start.effective && { effective: start.effective }),
  };
}

/** The own entry is applied by now, so the view is complete up to it where it was up to the one before. */
const withOwn = (position: Position, { entry, projected }: Done): Position =>
  entry && projected + 1 === entry.index && position.index >= entry.index
    ? { ...position, projected: entry.index }
    : position;

/**
 * Applies what was committed to the view, and in the same write notes where the device stands, for those who decide whether
 * to send it a synchronization request. @returns whether all of the entry is applied.
 */
async function finish(
  core: Core,
  caller: Caller,
  { entry, left, tail }: Done,
  device: StoredDevice,
  modSeq: number,
): Promise<boolean> {
  const entries = [...left, ...(entry ? [entry] : [])];
  const { deviceId, instanceId } = caller;
  const set = { syncedModSeq: modSeq, syncedAtMs: core.clock.now() };
  const advance = device.syncedModSeq === modSeq ? undefined : { deviceId, instanceId, set };
  if (entries.length === 0 && !advance) return true;
  const { outcome } = await project(core, caller.box, entries, advance);
  if (outcome !== 'deviceGone') return outcome === 'done';
  // It was revoked or replaced meanwhile, or its registration is in the log and not applied yet.
  const key = deviceKey(deviceId);
  const item = (await (await viewOf(core, caller.box, tail)).get([key])).get(key);
  authorized(item?.kind === 'device' ? item : undefined, caller);
  throw changedMeanwhile();
}

/** A synchronization that has ended leaves the device complete in the scope that was filled. */
const settled = ({ index, timeline, modSeq, nonce, projected, scope: { to } }: Position): Position => ({
  index,
  timeline,
  modSeq,
  nonce,
  projected,
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

async function syncTimer(core: Core, { head }: Tail, { policyId }: StoredDevice): Promise<number> {
  const policies = await policiesOf(core, head.policyId, policyId);
  return (
    policies.map(({ syncTimerSeconds }) => syncTimerSeconds).findLast((seconds) => seconds !== undefined) ??
    SYNC_TIMER_DEFAULT_SECONDS
  );
}
