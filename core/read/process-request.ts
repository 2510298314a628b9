import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody } from '../../protocol/sync.js';
import { withEffects } from '../log/overflow.js';
import { reachingBack, readTail, type Tail } from '../log/tail.js';
import { isRestoredSince, timelineNow } from '../log/timeline.js';
import { BoxView } from '../log/view.js';
import { authorized } from '../model/device-access.js';
import { applied } from '../model/effects.js';
import { hasExpired } from '../model/expiry.js';
import type { StoredDevice } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { policiesOf, prefetchPreferences } from '../scope/scoped-device.js';
import { type Caller, commitOperations } from '../write/device-operations.js';
import type { Position } from './position.js';

/** A request after its operations were committed and its device was authorized. */
export interface ProcessedRequest {
  readonly results: readonly OperationResult[];
  readonly device: StoredDevice;
  readonly tail: Tail;
  readonly entry?: LogEntry; // of its operations; the view must have it before the response is sent
  readonly left: readonly LogEntry[]; // entries of other writers, which the view lacks and their writers left
  readonly projected: number; // the view has all entries up to here
}

/**
 * Commits the operations of a request, if it has any, and authorizes its device.
 * @param given the position of its token, if it has one
 * @throws SyncProblem `device-not-registered`, `instance-replaced`, `operation-gap`, `operation-mismatch`, `busy`.
 */
export const processRequest = (
  core: Core,
  caller: Caller,
  { operations }: Pick<SyncBody, 'operations'>,
  given: Position | undefined,
): Promise<ProcessedRequest> =>
  operations.length > 0
    ? commitRequest(core, caller, operations, given)
    : authorizeRequest(core, caller, given);

/** A request with operations: the commit authorizes the device. */
async function commitRequest(
  core: Core,
  caller: Caller,
  operations: SyncBody['operations'],
  given: Position | undefined,
): Promise<ProcessedRequest> {
  const committed = await commitOperations(core, caller, operations, given);
  const { answer, entry, left, projected } = committed;
  const { results, device } = answer;
  // The commit refuses a missing box, so there is a tail.
  const tail = await tailAfter(core, caller, committed.tail as Tail, given);
  return { results, device, tail, ...(entry && { entry }), left, projected };
}

/** The tail with the entries after a position, if there are any. */
async function tailAfter(
  core: Core,
  { box }: Caller,
  tail: Tail,
  given: Position | undefined,
): Promise<Tail> {
  if (!given || given.index >= tail.head.index) return tail;
  const isInHand = [...tail.following, ...tail.entries].some(({ index }) => index === given.index + 1);
  return isInHand ? tail : ((await readTail(core, box, given.index)) ?? tail);
}

/** A request without operations. Entries that the token proves to be in the view are not read again. */
async function authorizeRequest(
  core: Core,
  caller: Caller,
  given: Position | undefined,
): Promise<ProcessedRequest> {
  const key = deviceKey(caller.deviceId);
  const [end, items] = await Promise.all([
    readTail(core, caller.box, given && Math.min(given.projected + 1, given.index)),
    core.store.get(caller.box, [key]),
    given ? undefined : prefetchScope(core, caller),
  ]);
  if (!end) throw new SyncProblem('device-not-registered');
  let tail = await tailAfter(core, caller, end, given);
  let item: StoredItem | undefined = items.get(key);
  const isSameTimeline = given !== undefined && timelineNow(core, tail.head) <= given.timeline;
  // The view has every expired entry. Parts of such an entry may be gone from the log.
  const hasExpiredEntry = tail.following.some((entry) => hasExpired(entry, core.clock.now()));
  const isTrusted = isSameTimeline && containsPosition(tail, given);
  let projected = isRestoredSince(core, tail.head) ? 0 : tail.head.projected;
  if (isTrusted && !hasExpiredEntry && hasAllUnprojected(tail, given)) {
    // The device was this instance when the token was made. The entries that its item may lack are in hand.
    const entries = await withEffects(core, caller.box, tail.following.filter(isByServer));
    for (const entry of entries) item = withEntry(item, entry, key);
  } else {
    const whole = await reachingBack(core, caller.box, tail);
    const entries = await withEffects(core, caller.box, whole.behind.filter(isByServer));
    item = new BoxView(core, caller.box, tail.head, entries).laidOver(key, item);
    tail = whole;
    projected = whole.projected;
  }
  return {
    results: [],
    device: authorized(item?.kind === 'device' ? item : undefined, caller),
    tail,
    left: [],
    projected: Math.max(projected, isTrusted ? given.projected : 0),
  };
}

/** A device without a token holds nothing. Its preferences and the usual policy are read at the same time as the log. */
const prefetchScope = (core: Core, { box, deviceId }: Caller): Promise<unknown> =>
  Promise.all([policiesOf(core, undefined, undefined), prefetchPreferences(core, box, deviceId)]);

/** Only entries of the server register and revoke devices. */
const isByServer = ({ origin }: LogEntry): boolean => origin.by === 'server';

const containsPosition = ({ following, head }: Tail, { index, nonce }: Position): boolean =>
  index === head.index
    ? head.nonce === nonce
    : following.find((entry) => entry.index === index)?.nonce === nonce;

/** Whether the tail has all entries that the view may have lacked when the token was made, up to the head. */
const hasAllUnprojected = ({ following, head }: Tail, { index, projected }: Position): boolean => {
  const [first] = following;
  if (!first) return index === head.index && projected === index;
  return first.index <= Math.min(projected + 1, index) && following.at(-1)?.index === head.index;
};

function withEntry(item: StoredItem | undefined, entry: LogEntry, key: string): StoredItem | undefined {
  const effects = entry.effects.filter(({ sk }) => sk === key);
  return effects.reduce((next: StoredItem | undefined, effect) => applied(next, effect, entry.version), item);
}
