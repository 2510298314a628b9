import type { ConversationId, FolderId } from '../../protocol/ids.js';
import type { ChangeRow } from '../model/log-entry.js';
import { holdsConversation, type SyncScope } from '../scope/sync-scope.js';
import type { DeviceScope } from './device-scope.js';

/** Which conversation history a row is about; undefined for folders. */
export const conversationOf = ({ type, id, conversationId }: ChangeRow): ConversationId | undefined =>
  type === 'conversationHistory' ? (id as string as ConversationId) : conversationId;

/** What a device holds of a conversation history in a folder, as far as that can be told from its scopes. */
export class Holding {
  constructor(private readonly scope: DeviceScope) {}

  /** It belongs to what the device is to hold. */
  isIn(id: ConversationId, folderId: FolderId | undefined): boolean {
    return holdsConversation(this.scope.now, id, folderId);
  }

  /** The device may hold something of it: it is in a scope since the last complete synchronization. */
  maybe(id: ConversationId, folderId: FolderId | undefined): boolean {
    return this.isIn(id, folderId) || this.scope.held.some(contains(id, folderId));
  }

  /** The device holds it, or the backfill that goes on will bring it wherever it is: it is in all these scopes. */
  surely(id: ConversationId, folderId: FolderId | undefined): boolean {
    return (
      this.isIn(id, folderId) && (!this.scope.hasCompleted || this.scope.held.every(contains(id, folderId)))
    );
  }
}

const contains = (id: ConversationId, folderId: FolderId | undefined) => (scope: SyncScope) =>
  holdsConversation(scope, id, folderId);

/** Where a conversation history has been in some rows of the log, and where it is behind them. */
export interface Placement {
  readonly end: FolderId | undefined; // undefined: it is no more
  readonly isCreated: boolean; // all that its life has held stands in these rows
  readonly hasEnded: boolean; // a life of it
  readonly been: readonly FolderId[]; // all folders that it was in; a backfill that is ahead of the log may have shown it in any
}

/** The placement with one more row. */
export function placementAfter(earlier: Placement | undefined, row: ChangeRow): Placement {
  const { folderId, previousFolderId, created = false } = row;
  const isGone = row.type === 'conversationHistory' && row.removed !== undefined;
  return {
    end: isGone ? undefined : folderId,
    isCreated: created || (earlier?.isCreated ?? false),
    hasEnded: isGone || (earlier?.hasEnded ?? false),
    been: withFolders(earlier?.been ?? [], [previousFolderId, folderId]),
  };
}

/** The same list where nothing is new, as with most rows. */
function withFolders(
  been: readonly FolderId[],
  more: readonly (FolderId | undefined)[],
): readonly FolderId[] {
  const fresh = more.filter((folder) => folder !== undefined && !been.includes(folder)) as FolderId[];
  return fresh.length > 0 ? [...been, ...fresh] : been;
}
