import type { ConversationData } from '../../protocol/elements/conversation-history.js';
import type { ElementType, ExpiringType, StoredType } from '../../protocol/elements/element-types.js';
import type { FolderData } from '../../protocol/elements/folder.js';
import type { MessageData } from '../../protocol/elements/message.js';
import type { Disposition } from '../../protocol/elements/message-state.js';
import type { SessionData } from '../../protocol/elements/session-history.js';
import type {
  ConversationId,
  DeviceId,
  FolderId,
  InstanceId,
  MessageId,
  PolicyId,
  SessionId,
  UserId,
} from '../../protocol/ids.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';

/** The partition of one user's message store. */
export type BoxId = UserId & { readonly __box?: never };

/** Format of every stored item. Code that meets a higher number answers `unavailable`. See docs/storage-format.md. */
export const FORMAT = 1;

/**
 * Fields of every item: its sort key, and the version of the log entry that last wrote it (see versionOf).
 * Unit of `expiresAtMs`: ms since 1970; the database may remove the item at any time after it, or never.
 */
export interface Stored {
  readonly sk: string;
  readonly version: number;
  readonly expiresAtMs?: number;
}

/** Number of live elements by type. Contents of a deleted container count until they are purged. */
export interface Counts extends Readonly<Record<ElementType, number>> {
  readonly bytes: number; // of the JSON of all of them in wire form
}

/** `modSeq` is that of the element. The item is also written for other reasons, such as a new sub-folder. */
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
  readonly createdVersion?: number; // version of the entry that created it; absent until that is applied
  readonly pendingPurges?: readonly PendingPurge<SessionId>[]; // deleted session histories that may still hold messages
}

/** Expiry time of the element that had the key before and was subtracted from the counts. Each is subtracted once. Unit: ms. */
interface ReplacesExpired {
  readonly countedExpiryMs?: number;
}

export interface StoredSession extends StoredContent, ReplacesExpired {
  readonly kind: 'sessionHistory';
  readonly id: SessionId;
  readonly conversationId: ConversationId;
  readonly data: SessionData;
}

/**
 * A message with its state: two elements in one item, each a part with its own version, so that a write of one never
 * contains the other. If the content is large, `data` has only the header members; `bodyBytes` is the size of the whole
 * element, and the content is an item of its own (see bodyKey). So the cost of a state does not depend on the size of its
 * message.
 */
export interface StoredMessage extends StoredContent, ReplacesExpired {
  readonly kind: 'message';
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly data: MessageData;
  readonly bodyBytes?: number; // bytes of JSON
  readonly state?: StoredState;
  readonly stateVersion?: number; // set also after the state was removed
}

export interface StoredState {
  readonly modSeq: number;
  readonly flags: readonly string[]; // sorted, each once
  readonly dispositions: readonly Disposition[];
}

/** The state of a message without its content: the state was written first, or the content has expired. */
export interface StateAlone extends Stored {
  readonly kind: 'stateAlone';
  readonly state?: StoredState;
  readonly stateVersion: number;
}

/** The content of a large message. */
export interface MessageBody extends Stored {
  readonly kind: 'body';
  readonly data?: MessageData; // absent: the message is no longer large, or it is gone
}

/** A deleted container that is not purged yet. Its contents are gone from the commit on that deleted it. */
export interface PendingPurge<Id> {
  readonly id: Id;
  readonly modSeq: number;
  readonly index: number; // of the log entry that deleted it
}

/** Replaces an element that was deleted or has expired: its id answers `gone`, so a late deposit cannot bring it back. */
export interface Tombstone extends Stored, ReplacesExpired {
  readonly kind: 'tombstone';
  readonly of: StoredType;
  readonly containerId?: FolderId | SessionId; // the container that it was purged with
  readonly purged?: Purged;
  readonly stateVersion?: number;
}

/** The elements that a purge removed from an item. A later step of the purge subtracts them from the counts, once. */
export interface Purged {
  readonly by: string; // key of the purge
  readonly elements: readonly ElementType[];
  readonly bytes: number;
}

/** How far a deleted container has been purged and its contents taken off the counts. */
export interface Purge extends Stored {
  readonly kind: 'purge';
  readonly after: string; // key up to which it is done
}

/** Guards that the name of a folder is unique among its siblings. */
export interface FolderName extends Stored {
  readonly kind: 'folderName';
  readonly folderId?: FolderId; // absent: the name is free
}

/** The last results of a device instance. Kept for ever, so that the same request gets the same results. */
export interface Idempotency {
  readonly since: number; // version of the entry that registered the instance
  readonly lastN: number; // highest n processed, 0 before the first
  readonly firstN: number; // of the last request
  readonly digests: readonly string[]; // of the operations from firstN to lastN, one each
  readonly results: readonly OperationResult[]; // theirs
}

/** Idempotency record of a device that is too large for the device's own item. */
export interface LargeIdempotency extends Stored {
  readonly kind: 'idempotency';
  readonly record: Idempotency;
}

/** Idempotency record of an instance that is no longer registered. */
export interface FormerInstance extends Stored {
  readonly kind: 'formerInstance';
  readonly record: Idempotency;
}

/** The part of a device that the log decides. */
export interface Registration {
  readonly instanceId: InstanceId;
  readonly since: number; // version of the entry that registered this instance
  readonly scopeVersion: number; // counts the scopes that the device has had
  readonly scopeNonces: readonly string[]; // of the newest scopes, newest first: they name the scope items
  readonly preferencesNonce: string; // names the item of the preferences
  readonly policiesDigest: string; // of the policies that the newest scope was computed from
  readonly policyId?: PolicyId; // of this device
}

/** Progress of the pushes and the synchronization of a device. The log does not decide it. Unit of times: ms since 1970. */
export interface DeviceProgress {
  readonly syncedModSeq: number; // position of the last response, 0 before the first
  readonly syncedAtMs?: number; // when the device reached that position
  readonly connectionId?: string;
  readonly connectedAtMs?: number;
  readonly announcedModSeq?: number; // last commit that a synchronization request on this connection covered
  readonly pendingPushModSeq?: number; // commit that scheduled the pending push
  readonly pendingPushDueMs?: number;
  readonly lastPushAtMs?: number;
}

/** A device: registration and idempotency are parts with versions of their own. The item is smaller than 1 KB. */
export interface StoredDevice extends Stored, Registration, DeviceProgress {
  readonly kind: 'device';
  readonly deviceId: DeviceId;
  /** Large digests and results are in an item of their own (see idempotencyKey). */
  readonly idempotency?: Pick<Idempotency, 'since' | 'lastN' | 'firstN'> & Partial<Idempotency>;
  readonly stateVersion?: number; // of the idempotency record
}

/** Replaces a device that was revoked. */
export interface RevokedDevice extends Stored {
  readonly kind: 'revokedDevice';
  readonly scopeVersion: number; // a new device with the same id continues from it
  readonly stateVersion?: number;
}

/** A scope that a device has or has had. Never changed once written. */
export interface StoredScope extends Stored {
  readonly kind: 'scope';
  readonly effective: Effective;
}

/** Preferences of a device. Never changed once written: other preferences are another item. */
export interface StoredPreferences extends Stored {
  readonly kind: 'preferences';
  readonly name?: string; // of the device
  readonly preferences: Preferences;
}

/** Its time to live is a timer: when the database removes it, the newest log entry is copied into the anchor. */
export interface QuietTimer extends Stored {
  readonly kind: 'quietTimer';
}

/** The items of elements by type. A type of the table that has no item here does not compile. */
type ItemsByType<Items extends { [T in StoredType]: { readonly kind: T } }> = Items;
type ElementItems = ItemsByType<{
  folder: StoredFolder;
  conversationHistory: StoredConversation;
  sessionHistory: StoredSession;
  message: StoredMessage;
}>;
export type StoredElement = ElementItems[StoredType];
/** Contents of a conversation history: they expire by the policy of the box. */
export type ExpiringElement = ElementItems[ExpiringType];
