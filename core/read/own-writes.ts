import type { OperationResult } from '../../protocol/operation-result.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import { isYoungEnough, lacksContainerTypes } from '../scope/sync-scope.js';
import type { Caller } from '../write/device-operations.js';
import type { DeviceScope } from './device-scope.js';
import type { LogRow } from './log-row.js';

/** The commits that a device knows because it made them itself. */
export interface OwnWrites {
  /** This device instance made the commit. */
  readonly isOwn: (commit: Commit) => boolean;
  /** This response has the results of all operations of the commit. */
  readonly isAcknowledged: (commit: Commit) => boolean;
  /** This response says that the commit with this number applied an operation. */
  readonly isApplied: (modSeq: number) => boolean;
}

/** The part of the context that decides what a log row means for the device. */
export interface RowContext {
  readonly scope: DeviceScope;
  readonly own: OwnWrites;
  readonly nowMs: number;
}

/** The own writes of the caller, as the results of this response show them. A result that is no longer kept shows nothing. */
export function ownWritesOf(
  { deviceId, instanceId }: Pick<Caller, 'deviceId' | 'instanceId'>,
  results: readonly OperationResult[],
): OwnWrites {
  const kept = results.filter(({ status }) => status !== 'duplicate');
  const first = kept[0]?.n ?? Number.POSITIVE_INFINITY;
  const last = kept.at(-1)?.n ?? Number.NEGATIVE_INFINITY;
  const isOwn = ({ origin }: Commit) =>
    origin.by === 'device' && origin.deviceId === deviceId && origin.instanceId === instanceId;
  const isAcknowledged = (commit: Commit) =>
    isOwn(commit) &&
    commit.origin.by === 'device' &&
    first <= commit.origin.firstN &&
    commit.origin.lastN <= last;
  const isApplied = (modSeq: number) => kept.some((of) => of.status === 'applied' && of.modSeq === modSeq);
  return { isOwn, isAcknowledged, isApplied };
}

/**
 * Rule: omit a change only if this device made it, this response acknowledges it, and no other commit touched the
 * element. A move is sent, since it may lead into the scope or out of it. A conversation history that began again is
 * sent as well: no other row says that its earlier life ended.
 */
export const isKnownToDevice = (
  { scope, own }: Pick<RowContext, 'scope' | 'own'>,
  rows: readonly LogRow[],
): boolean =>
  !lacksContainerTypes(scope.now) &&
  rows.every(({ commit, row }) => isSimpleChange(row) && own.isAcknowledged(commit)) &&
  new Set(rows.map(({ commit }) => commit.modSeq)).size === 1;

const isSimpleChange = ({ implied, previousFolderId, previousLifeFolderId }: ChangeRow): boolean =>
  !implied && previousFolderId === undefined && previousLifeFolderId === undefined;

/**
 * Rule: the server sends a device without container types its own changes too; those outside its scope as `outOfScope`
 * removals. Such a device cannot decide by itself whether its change is in its scope.
 * @param isConversationIn whether the conversation history of the row is in the scope
 */
export const isOwnWriteOutOfScope = (
  { scope: { now }, own, nowMs }: RowContext,
  { commit, row }: LogRow,
  isConversationIn: boolean,
): boolean =>
  lacksContainerTypes(now) &&
  own.isOwn(commit) &&
  row.conversationId !== undefined &&
  !row.removed &&
  now.types.has(row.type) &&
  !(isConversationIn && isYoungEnough(now, row, nowMs));
