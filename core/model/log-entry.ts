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
  StoredElement,
  StoredMessage,
  StoredState,
  Tombstone,
} from './items.js';

/** The author of a log entry. */
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

/** One changed element of a commit, with everything that decides which devices it concerns. */
export interface ChangeRow {
  readonly type: ElementType;
  readonly id: ElementId;
  readonly conversationId?: ConversationId;
  readonly folderId?: FolderId; // of its conversation history, as of this commit
  readonly previousFolderId?: FolderId; // of a conversation history that was moved
  readonly created?: true; // a conversation history was created
  readonly previousLifeFolderId?: FolderId; // where an earlier life of it ended, by this commit or with that folder
  readonly date?: string; // of the message
  readonly messageContext?: MessageContext;
  readonly element?: Element; // absent: removed
  readonly removed?: 'deleted' | 'expired';
  readonly implied?: true; // no operation requested this change itself
  readonly replacesExpired?: true; // a message: it has the id of an expired one of another age, which has no row
}

/** The content of an item, without the version and key, which the entry and the effect have. */
type Content<Item> = Item extends Stored
  ? Omit<Item, 'sk' | 'version' | 'expiresAtMs' | 'stateVersion'>
  : never;

export type ItemContent = Content<
  | Exclude<StoredElement, StoredMessage>
  | Omit<StoredMessage, 'state' | 'bodyBytes'>
  | Tombstone
  | FolderName
  | Purge
  | FormerInstance
  | RevokedDevice
>;

interface DeviceContent extends Registration {
  readonly kind: 'device';
  readonly deviceId: DeviceId;
}

/**
 * The change that an entry makes to one item. Absent parts stay as they are. An effect changes a part only if the part is
 * older than the entry, so projections may be repeated, delayed and reordered.
 */
export interface Effect {
  readonly sk: string;
  readonly expiresAtMs?: number;
  readonly content?: ItemContent | DeviceContent;
  readonly state?: StoredState | Idempotency | null; // of a message, or of a device; null: none
  /** There was no item under the key. A hint for the projection, which is correct even if the hint is wrong. */
  readonly creates?: true;
  /** A large message becomes small or is deleted: the item of its content is removed. */
  readonly dropsBody?: true;
}

/** The state of a box after an entry, beside its elements. */
export interface BoxState {
  readonly epoch: string; // identifies this creation of the box
  readonly firstIndex: number; // of its log
  readonly counts: Counts;
  readonly devices: number; // that are registered
  readonly policyId?: PolicyId; // absent: the default one
  readonly pendingPurges?: readonly PendingPurge<FolderId>[]; // deleted folders that may still hold conversation histories
  readonly projected: number; // index up to which every entry is known to be applied to the view
  readonly timerAtMs: number; // when the quiet timer was last set
  readonly resetsBefore: number; // tokens of an earlier timeline than this start over
  readonly erasing?: { readonly elements: number }; // the box is being erased; no entry follows this one
}

/**
 * One entry of the log of a box. The commit is the put of the entry under a free index: one conditional write of one item
 * decides, and the items of the view follow. `previous` chains the log, which reveals a past that a restore has undone.
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
  readonly rows: readonly ChangeRow[]; // none: no device is notified, and the entry has no modSeq of its own
  readonly effects: readonly Effect[];
  readonly overflow?: number; // items that hold the effects, where these are too large for the entry
}

/** An entry that changed elements: it has a modSeq of its own. */
export type Commit = LogEntry;

/** The newest entry of a box without its changes, as the anchor keeps it. */
export type Head = Omit<
  LogEntry,
  'rows' | 'effects' | 'overflow' | 'kind' | 'sk' | 'version' | 'expiresAtMs'
>;

/** Effects of a large entry, written before it and found by its nonce. */
export interface LogOverflow extends Stored {
  readonly kind: 'overflow';
  readonly effects: readonly Effect[];
}
