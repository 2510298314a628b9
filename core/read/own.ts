import type { OperationResult } from '../../protocol/operation-result.js';
import type { ChangeRow, Commit } from '../model/log-entry.js';
import { isYoungEnough, lacksConversations, lacksMessages, type SyncScope } from '../scope/sync-scope.js';
import type { Caller } from '../write/device-operations.js';
import type { Line } from './line.js';

/** What a device knows of commits, since it made them itself. */
export interface Own {
  /** The device instance made it. */
  readonly made: (commit: Commit) => boolean;
  /** This response has the results of all its operations. */
  readonly isAnswered: (commit: Commit) => boolean;
  /** This response says that something of it was applied by the commit of this number. */
  readonly isApplied: (modSeq: number) => boolean;
}

export function ownOf({ deviceId, instanceId }: Caller, results: readonly OperationResult[]): Own {
  const kept = results.filter(({ status }) => status !== 'duplicate');
  const first = kept[0]?.n ?? 0;
  const last = kept.at(-1)?.n ?? -1;
  const made = ({ origin }: Commit) =>
    origin.by === 'device' && origin.deviceId === deviceId && origin.instanceId === instanceId;
  const isAnswered = (commit: Commit) =>
    made(commit) &&
    commit.origin.by === 'device' &&
    first <= commit.origin.firstN &&
    commit.origin.lastN <= last;
  const isApplied = (modSeq: number) => kept.some((of) => of.status === 'applied' && of.modSeq === modSeq);
  return { made, isAnswered, isApplied };
}

/**
 * Rule: left out is only what the device did itself, as it knows from this response, and what nothing else touched.
 * A move is told, since it may come from where the device holds nothing, or lead there; so is what began anew with the end
 * of its earlier life, of which no row tells apart from it.
 */
export const isKnown = (lines: readonly Line[], scope: SyncScope, { isAnswered }: Own): boolean =>
  !isUnsure(scope) &&
  lines.every(({ commit, row }) => isPlain(row) && isAnswered(commit)) &&
  new Set(lines.map(({ commit }) => commit.modSeq)).size === 1;

const isPlain = ({ implied, previousFolderId, previousLifeFolderId }: ChangeRow): boolean =>
  !implied && previousFolderId === undefined && previousLifeFolderId === undefined;

/** A device that keeps contents without what they are in cannot tell whether what it did is in its scope. */
const isUnsure = (scope: SyncScope): boolean => lacksConversations(scope) || lacksMessages(scope);

/**
 * Rule: such a device is told of everything that it did: of what is outside of its scope, that it is.
 * @param isConversationIn whether the conversation history of the row is in the scope
 */
export const isAstray = (
  { commit, row }: Line,
  scope: SyncScope,
  isConversationIn: boolean,
  { made }: Own,
  nowMs: number,
): boolean =>
  isUnsure(scope) &&
  made(commit) &&
  isContent(row) &&
  !row.removed &&
  scope.types.has(row.type) &&
  !(isConversationIn && isYoungEnough(scope, row, nowMs));

const isContent = ({ conversationId }: ChangeRow): boolean => conversationId !== undefined;
