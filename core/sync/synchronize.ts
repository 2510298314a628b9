import type { Change } from '../../protocol/elements/element.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody, SyncResponse } from '../../protocol/sync.js';
import { type Caller, commitOperations } from '../commit/commit-operations.js';
import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import type { Commit } from '../store/items.js';
import { jsonBytes } from '../store/wire.js';
import { SyncProblem } from '../sync-problem.js';
import { backfillPage, startOfBackfill } from './backfill.js';
import { type Budget, elementKey, inOrder } from './changes.js';
import { type IsAcknowledged, liveChanges } from './live-changes.js';
import { omittedCurrents } from './omitted-currents.js';
import type { Position } from './position.js';
import { type LossReason, readHead, readLog } from './read-log.js';
import { recentCommits } from './recent.js';
import { openSyncToken, sealSyncToken } from './token.js';

/** Unit: seconds. The provider's SyncTimer, for the periodic synchronization of 5.6.x.1. */
export const SYNC_TIMER_SECONDS = 300;

const RESPONSE_MAX_BYTES = 4 * 1024 * 1024; // a Lambda function may answer with 6 MB
const ENVELOPE_BYTES = 2048; // token, backfill and the like
const COMMITS_PER_READ = [25, 100]; // few at first: mostly there are few

export interface SyncOptions {
  /** Unit: bytes of the response's JSON, for a transport that carries less than HTTP. */
  readonly maxBytes?: number;
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
  // The commit authorizes by itself, by the receipt of this very instance.
  const results = await commitOperations(core, caller, body.operations);
  const given =
    body.syncToken === undefined ? undefined : await openSyncToken(core.tokenKeys, caller, body.syncToken);
  const budget = { elements: body.limit, bytes: maxBytes - ENVELOPE_BYTES - jsonBytes(results) };
  const [device, told] = await Promise.all([
    core.registry.device(caller.box, caller.deviceId),
    given ? tellSince(core, caller, given, budget, acknowledgedBy(caller, results)) : lost('noToken'),
  ]);
  const record = authorized(device, caller);
  const isReset = 'lost' in told && body.syncToken !== undefined;
  if ('lost' in told) core.report('syncFromStart', { why: isReset ? told.lost : 'initial' });
  const page = 'lost' in told ? await tellFromStart(core, caller, budget) : told;

  const position = { ...page.position, midway: page.hasMore };
  await noteSynced(core, record, position.modSeq);
  const changes = inOrder([
    ...page.changes,
    ...(await omittedCurrents(core, caller, body, results, page.changes)),
  ]);
  return {
    ...(results.length > 0 && { results: [...results] }),
    ...(changes.length > 0 && { changes }),
    syncToken: await sealSyncToken(core.tokenKeys, caller, position),
    ...(page.hasMore && { hasMore: true }),
    ...(isReset && { reset: true }),
    ...(page.backfill && { backfill: page.backfill, nextSyncAfterSeconds: SYNC_TIMER_SECONDS }),
  };
}

/** What a response tells, and where the device stands then. */
interface Told {
  readonly changes: readonly Change[];
  readonly position: Position;
  readonly hasMore: boolean;
  readonly backfill?: { readonly sent: number; readonly total: number };
}

type Lost = { readonly lost: LossReason | 'noToken' };
const lost = (why: Lost['lost']): Lost => ({ lost: why });

function authorized(device: DeviceRecord | undefined, { instanceId }: Caller): DeviceRecord {
  if (!device) throw new SyncProblem('device-not-registered');
  if (device.instanceId !== instanceId) throw new SyncProblem('instance-replaced');
  return device;
}

/** Live changes come first; a backfill that is under way has at least half of the response. */
async function tellSince(
  core: Core,
  caller: Caller,
  since: Position,
  budget: Budget,
  isAcknowledged: IsAcknowledged,
): Promise<Told | Lost> {
  const { backfill } = since;
  const share = backfill ? halfOf(budget) : budget;
  const live = await tellLive(core, caller, since, share, backfill ? neverAcknowledged : isAcknowledged);
  if ('lost' in live || !backfill) return live;
  return tellBackfill(core, caller, live, budget);
}

const neverAcknowledged: IsAcknowledged = () => false;
const halfOf = ({ elements, bytes }: Budget): Budget => ({
  elements: Math.floor(elements / 2),
  bytes: Math.floor(bytes / 2),
});

async function tellLive(
  core: Core,
  { box }: Caller,
  since: Position,
  budget: Budget,
  isAcknowledged: IsAcknowledged,
): Promise<Told | Lost> {
  const commits: Commit[] = [];
  let reading = await readLog(core, box, since, COMMITS_PER_READ[0] ?? 1);
  if (reading.kind === 'lost') return lost(reading.why);
  commits.push(...reading.commits);
  while (!reading.end && reading.commits.length > 0 && rowsOf(commits) < budget.elements) {
    const at = {
      ...since,
      modSeq: since.modSeq + commits.length,
      nonce: commits.at(-1)?.nonce ?? '',
      midway: true,
    };
    reading = await readLog(core, box, at, COMMITS_PER_READ[1] ?? 1);
    if (reading.kind === 'lost') return lost(reading.why);
    commits.push(...reading.commits);
  }
  if (budget.elements < 1) return { changes: [], position: since, hasMore: true };
  const live = await liveChanges(core, box, since, commits, budget, isAcknowledged);
  return { changes: live.changes, position: live.position, hasMore: !(reading.end && live.complete) };
}

const rowsOf = (commits: readonly Commit[]): number =>
  commits.reduce((sum, { rows }) => sum + rows.length, 0);

async function tellFromStart(core: Core, caller: Caller, budget: Budget): Promise<Told> {
  const head = await readHead(core, caller.box);
  if (!head) throw new SyncProblem('device-not-registered');
  const { modSeq, nonce } = head;
  const position = { modSeq, nonce, rows: 0, midway: true, backfill: startOfBackfill(head) };
  return tellBackfill(core, caller, { changes: [], position, hasMore: false }, budget);
}

/** What the backfill adds to the live changes of a response. */
async function tellBackfill(core: Core, { box }: Caller, live: Told, budget: Budget): Promise<Told> {
  const { backfill, ...position } = live.position;
  if (!backfill) return live;
  const recent = await recentCommits(core, box, position.modSeq);
  const told = new Set(live.changes.map(elementKey));
  const room = {
    elements: budget.elements - live.changes.length,
    bytes: budget.bytes - live.changes.reduce((sum, change) => sum + jsonBytes(change), 0),
  };
  const page = await backfillPage(core, box, backfill, room, recent, told);
  return {
    changes: [...live.changes, ...page.changes],
    position: { ...position, ...(page.cursor && { backfill: page.cursor }) },
    hasMore: live.hasMore || page.cursor !== undefined,
    backfill: { sent: page.sent, total: page.cursor?.total ?? page.sent },
  };
}

/** Commits whose operations are all answered by these results, so that the device knows what it did. */
function acknowledgedBy(
  { deviceId, instanceId }: Caller,
  results: readonly OperationResult[],
): IsAcknowledged {
  const kept = results.filter(({ status }) => status !== 'duplicate');
  const first = kept[0]?.n ?? 0;
  const last = kept.at(-1)?.n ?? -1;
  return ({ origin }) =>
    origin.by === 'device' &&
    origin.deviceId === deviceId &&
    origin.instanceId === instanceId &&
    first <= origin.firstN &&
    origin.lastN <= last;
}

/** Where the device stands, for those who decide whether to send it a synchronization request. */
async function noteSynced(core: Core, device: DeviceRecord, modSeq: number): Promise<void> {
  if (device.syncedModSeq === modSeq) return;
  const isNoted = await core.registry.patch(device, { set: { syncedModSeq: modSeq } });
  if (!isNoted) throw new SyncProblem('device-not-registered');
}
