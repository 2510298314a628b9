import type { Element, ElementType } from '../../protocol/elements/element.js';
import type { MessageContext } from '../../protocol/elements/message.js';
import type {
  ConversationId,
  DeviceId,
  ElementId,
  FolderId,
  InstanceId,
  PolicyId,
} from '../../protocol/ids.js';
import type {
  Counts,
  FolderName,
  FormerInstance,
  Idempotency,
  PendingPurge,
  Purge,
  Registration,
  RevokedDevice,
  Stored,
  StoredConversation,
  StoredFolder,
  StoredMessage,
  StoredSession,
  StoredState,
  Tombstone,
} from './items.js';

/** Who made a log entry. */
export type Origin =
  | {
      readonly by: 'device';
      readonly deviceId: DeviceId;
      readonly instanceId: InstanceId;
      readonly firstN: number;
      readonly lastN: number;
    }
  | { readonly by: 'participatingFunction' }
  | { readonly by: 'server' };

/** One changed element of a commit, with what is needed to tell whom it concerns without reading anything else. */
export interface ChangeRow {
  readonly type: ElementType;
  readonly id: ElementId;
  readonly conversationId?: ConversationId;
  readonly folderId?: FolderId; // of its conversation history, as of this commit
  readonly previousFolderId?: FolderId; // of a conversation history that was moved
  readonly created?: true; // a conversation history began its life
  readonly previousLifeFolderId?: FolderId; // where an earlier life of it ended, by this commit or with that folder
  readonly date?: string; // of the message
  readonly messageContext?: MessageContext;
  readonly element?: Element; // absent: removed
  readonly removed?: 'deleted' | 'expired';
  readonly implied?: true; // not asked for by an operation of its own
  readonly replacesExpired?: true; // a message: one of another age had its id before and has expired, which no row tells
}

/** An item as an entry leaves it, without version and key, which the entry and the effect say. */
type Content<Item> = Item extends Stored
  ? Omit<Item, 'sk' | 'version' | 'expiresAtMs' | 'stateVersion'>
  : never;

export type ItemContent = Content<
  | StoredFolder
  | StoredConversation
  | StoredSession
  | Omit<StoredMessage, 'state' | 'bodyBytes'>
  | Tombstone
  | FolderName
  | Purge
  | FormerInstance
  | RevokedDevice
>;

export interface DeviceContent extends Registration {
  readonly kind: 'device';
  readonly deviceId: DeviceId;
}

/**
 * What an entry does to one item. Parts that are absent stay as they are. An effect is applied to a part only where that
 * part is older than the entry: so order, repetition and delay of projections do no harm.
 */
export interface Effect {
  readonly sk: string;
  readonly expiresAtMs?: number;
  readonly content?: ItemContent | DeviceContent;
  readonly state?: StoredState | Idempotency | null; // of a message, or of a device; null: none
  /** Nothing was under the key: a hint for the projection, which is right also where that is wrong. */
  readonly creates?: true;
  /** The item of a large message becomes small, or goes: what stands aside is removed. */
  readonly dropsBody?: true;
}

/** What a box is after an entry, beside its elements. */
export interface BoxState {
  readonly epoch: string; // of this making of the box
  readonly firstIndex: number; // of its log
  readonly counts: Counts;
  readonly devices: number; // that are registered
  readonly policyId?: PolicyId; // absent: the default one
  readonly pendingPurges?: readonly PendingPurge<FolderId>[]; // deleted folders that may still hold conversation histories
  readonly projected: number; // index up to which every entry is known to be applied to the view
  readonly timerAtMs: number; // when the quiet timer was last set
  readonly resetsBefore: number; // tokens of an earlier timeline than this start over
  readonly erasing?: { readonly elements: number }; // the box is being erased; nothing follows this entry
}

/**
 * One entry of the log of a box. Putting it under an index that is still free is the commit: one conditional write of one
 * item decides, and the items of the view follow. `previous` chains the log, so that another past shows.
 */
export interface LogEntry extends Stored, BoxState {
  readonly kind: 'entry';
  readonly index: number;
  readonly timeline: number;
  readonly modSeq: number; // of the box after this entry
  readonly nonce: string;
  readonly previous: string; // nonce of the entry before, '' for the first
  readonly previousAtMs: number; // time of the entry before, 0 for the first
  readonly atMs: number;
  readonly origin: Origin;
  readonly rows: readonly ChangeRow[]; // none: nothing that a device is told, and no modSeq of its own
  readonly effects: readonly Effect[];
  readonly overflow?: number; // items that hold the effects, where these are too large for the entry
}

/** An entry that changed elements: it has a modSeq of its own. */
export type Commit = LogEntry;

/** The newest entry of a box, or what the anchor kept of it: everything but its changes. */
export type Head = Omit<
  LogEntry,
  'rows' | 'effects' | 'overflow' | 'kind' | 'sk' | 'version' | 'expiresAtMs'
>;

/** Effects of a large entry, written before it and found by its nonce. */
export interface LogOverflow extends Stored {
  readonly kind: 'overflow';
  readonly effects: readonly Effect[];
}
