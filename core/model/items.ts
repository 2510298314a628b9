import type { ConversationData } from '../../protocol/elements/conversation-history.js';
import type { Element, ElementType } from '../../protocol/elements/element.js';
import type { FolderData } from '../../protocol/elements/folder.js';
import type { MessageContext, MessageData } from '../../protocol/elements/message.js';
import type { Disposition } from '../../protocol/elements/message-state.js';
import type { SessionData } from '../../protocol/elements/session-history.js';
import type {
  ConversationId,
  DeviceId,
  ElementId,
  FolderId,
  InstanceId,
  MessageId,
  PolicyId,
  SessionId,
  UserId,
} from '../../protocol/ids.js';
import type { OperationResult } from '../../protocol/operation-result.js';

/** The partition of one user's message store. */
export type BoxId = UserId & { readonly __box?: never };

/**
 * What every item of the store table has: its sort key, and the version that a writer must have read to replace it.
 * An item of the box's contents has the number of the commit that last wrote it as its version.
 * Unit of `expiresAtMs`: ms since 1970; the database may remove the item at any time after it, or never.
 */
interface Stored {
  readonly sk: string;
  readonly version: number;
  readonly expiresAtMs?: number;
}

/** Live elements by type. What a deleted container held counts until it is cleared away. */
export interface Counts {
  readonly folder: number;
  readonly conversationHistory: number;
  readonly sessionHistory: number;
  readonly message: number;
  readonly messageState: number;
  readonly bytes: number; // of the JSON of all of them, as they go over the wire
}

/** The head of the commit log. Kept under 1 KB: every commit writes it. */
export interface Head extends Stored {
  readonly kind: 'head';
  readonly modSeq: number; // of the last commit, 0 before the first
  readonly nonce: string; // of the last commit
  readonly atMs: number; // of the last commit
  readonly epoch: string; // of this making of the box
  readonly madeAtMs?: number; // when it was made; absent in boxes of before
  readonly counts: Counts;
  readonly policyId?: PolicyId; // absent: the default one
  readonly emptying?: readonly Emptying<FolderId>[]; // deleted folders that may still hold conversation histories
}

/**
 * Stands where the head was of a box that is being erased. Whoever goes by the head finds none, and no write that is
 * conditioned on it is done any more.
 */
export interface Erasing extends Stored {
  readonly kind: 'erasing';
  readonly epoch: string; // of the box that is erased
  readonly atMs: number; // when it was marked
  readonly elements: number; // that it held then
}

/** Who made a commit. */
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
  readonly folderBefore?: FolderId; // of a conversation history that was moved
  readonly created?: true; // a conversation history began its life
  readonly livedIn?: FolderId; // where an earlier life of it ended, by this commit or with that folder
  readonly date?: string; // of the message
  readonly messageContext?: MessageContext;
  readonly element?: Element; // absent: removed, or too large to stand here
  readonly bytes?: number; // of the JSON of an element that is too large to stand here
  readonly expiresAtMs?: number; // of the element as this commit left it: past it, it may be there no more
  readonly removed?: 'deleted' | 'expired';
  readonly implied?: true; // not asked for by an operation of its own
  readonly succeeds?: true; // a message: one of another age had its id before and has expired, which no row tells
}

/** One commit: seen whole or not at all, since it is one item. `previous` chains the log, so that another past shows. */
export interface Commit extends Stored {
  readonly kind: 'commit';
  readonly modSeq: number;
  readonly nonce: string;
  readonly previous: string; // nonce of the commit before, '' for the first
  readonly previousAtMs: number; // time of the commit before, 0 for the first
  readonly atMs: number;
  readonly origin: Origin;
  readonly rows: readonly ChangeRow[];
}

/**
 * What a device instance was last answered; kept for ever, so that the same request gets the same answer. Once the
 * instance is not registered any more it stands under another key, and expires.
 */
export interface Receipt extends Stored {
  readonly kind: 'receipt';
  readonly instanceId: InstanceId;
  readonly lastN: number; // highest n processed, 0 before the first
  readonly firstN: number; // of the last request
  readonly digests: readonly string[]; // of the operations from firstN to lastN, one each
  readonly results: readonly OperationResult[]; // theirs
}

/** `modSeq` is the element's own: the item is also written for other reasons, as when a folder gets a sub-folder. */
interface StoredContent extends Stored {
  readonly modSeq: number;
}

export interface StoredFolder extends StoredContent {
  readonly kind: 'folder';
  readonly id: FolderId;
  readonly data: FolderData;
  readonly subFolders: number; // directly below
}

export interface StoredConversation extends StoredContent {
  readonly kind: 'conversationHistory';
  readonly id: ConversationId;
  readonly data: ConversationData;
  readonly emptying?: readonly Emptying<SessionId>[]; // deleted session histories that may still hold messages
}

/** Which expired element that had the key before was taken off the counts, by its version: each is taken off once. */
interface Succeeding {
  readonly noted?: number;
}

export interface StoredSession extends StoredContent, Succeeding {
  readonly kind: 'sessionHistory';
  readonly id: SessionId;
  readonly conversationId: ConversationId;
  readonly data: SessionData;
}

/** A message with its state: two elements in one item, each with its own modSeq. */
export interface StoredMessage extends StoredContent, Succeeding {
  readonly kind: 'message';
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly data: MessageData;
  readonly state?: StoredState;
}

/** A deleted container whose contents carry only its id: they count as gone from the commit on that deleted it. */
export interface Emptying<Id> {
  readonly id: Id;
  readonly modSeq: number;
}

export interface StoredState {
  readonly modSeq: number;
  readonly flags: readonly string[]; // sorted, each once
  readonly dispositions: readonly Disposition[];
}

/** What is left of an element that was deleted or has expired: it answers `gone`, and a late deposit cannot bring it back. */
export interface Tombstone extends Stored, Succeeding {
  readonly kind: 'tombstone';
  readonly of: Exclude<ElementType, 'messageState'>;
  readonly within?: FolderId | SessionId; // the container that it was cleared away with
}

/** Guards that the name of a folder is unique among its siblings. */
export interface FolderName extends Stored {
  readonly kind: 'folderName';
  readonly folderId: FolderId;
}

/** Guards that devices are added one after the other, so that each counts those before it. */
export interface NewestDevice extends Stored {
  readonly kind: 'newestDevice';
  readonly deviceId: DeviceId;
}

/** What hangs in a conversation history: it expires by the policy of the box. */
export type ExpiringElement = StoredSession | StoredMessage;
export type StoredElement = StoredFolder | StoredConversation | ExpiringElement;
export type StoredItem =
  | Head
  | Erasing
  | Commit
  | Receipt
  | StoredElement
  | FolderName
  | NewestDevice
  | Tombstone;
