import type { ElementType } from '../../protocol/elements/element.js';
import type { ConversationId, ElementId, FolderId, SessionId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import { withBody } from '../model/effects.js';
import { jsonBytes } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type {
  ExpiringElement,
  FolderName,
  PendingPurge,
  StoredConversation,
  StoredElement,
  StoredFolder,
  StoredMessage,
  StoredSession,
  Tombstone,
} from '../model/items.js';
import { bodyKey, conversationKey, folderKey, messageKey, parentOfName, sessionKey } from '../model/keys.js';
import { isGoneFrom, isInDeletedFolder } from '../model/liveness.js';
import type { Head } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { tombstoneOf } from '../model/tombstone.js';
import { indexOf, versionOf } from '../model/version.js';
import type { ItemReader } from './item-reader.js';

/** A live element; `gone` for one that was deleted or has expired; undefined where there never was one. */
export type Found<T extends StoredElement> = T | 'gone' | undefined;

/** An element of an item that an operation changed. A message and its state are two elements of one item. */
export interface ChangedElement {
  readonly type: ElementType;
  readonly implied: boolean; // only as a consequence of another change
}

/** Names the element that an item holds. */
export interface ElementKey {
  readonly id: ElementId;
  readonly conversationId?: ConversationId; // of a session history or a message
}

/** A change of an item that the commit will write: the item as it will be, and as it was before the request. */
export interface PendingChange {
  readonly key: ElementKey;
  readonly item: StoredElement | Tombstone;
  readonly before: StoredItem | undefined;
  readonly expired?: ExpiringElement; // the element that the database removed after its time
  readonly changed: readonly ChangedElement[]; // none: the change concerns no device
}

/**
 * The changes of one commit: items as of the head, overlaid with the changes of the operations so far. All changes of a
 * request to one element become one write. Items that an operation needs are read when it asks for them.
 */
export class UnitOfWork {
  /** Number that this commit will have. */
  readonly modSeq: number;
  /** Version of the items that this commit writes. */
  readonly version: number;
  private readonly pending = new Map<string, PendingChange>();
  private readonly names = new Map<string, FolderName | undefined>();
  private readonly deletedFolders: PendingPurge<FolderId>[] = [];
  private pendingBytes = 0;

  /** @param policy of the box. Unit of `nowMs`: ms since 1970. */
  constructor(
    readonly head: Head,
    private readonly items: ItemReader,
    readonly nowMs: number,
    readonly policy: Policy,
  ) {
    this.modSeq = head.modSeq + 1;
    this.version = versionOf(head.timeline, head.index + 1);
  }

  get changes(): readonly PendingChange[] {
    return [...this.pending.values()];
  }

  /** Folder names by their keys; undefined: the name becomes free. */
  get nameChanges(): ReadonlyMap<string, FolderName | undefined> {
    return this.names;
  }

  /** Number of items that the commit will write. */
  get size(): number {
    return this.pending.size + this.names.size;
  }

  /** Upper bound of the size of the changed items. Unit: bytes of JSON. */
  get bytes(): number {
    return this.pendingBytes;
  }

  /** Deleted folders that have to be purged, with those that this commit deletes. */
  get pendingPurges(): readonly PendingPurge<FolderId>[] {
    return [...(this.head.pendingPurges ?? []), ...this.deletedFolders];
  }

  folder(id: FolderId): Promise<Found<StoredFolder>> {
    return this.find(folderKey(id), 'folder');
  }

  /** Levels of folders from this one down, itself included. */
  async heightOf(folder: StoredFolder): Promise<number> {
    if (folder.subFolders === 0) return 1;
    const names = await this.items.folderNames(this.head);
    const parents = new Map(
      names.flatMap(({ folderId, sk }) => (folderId === undefined ? [] : [[folderId, parentOfName(sk)]])),
    );
    for (const { item, key } of this.changes) {
      if (item.kind === 'folder') parents.set(item.id, item.data.parentFolderId);
      else if (item.kind === 'tombstone' && item.of === 'folder') parents.delete(key.id as FolderId);
    }
    return heightIn(parents, folder.id);
  }

  async conversation(id: ConversationId): Promise<Found<StoredConversation>> {
    const found: Found<StoredConversation> = await this.find(conversationKey(id), 'conversationHistory');
    if (found === undefined || found === 'gone') return found;
    return isInDeletedFolder(this.pendingPurges, found) ? 'gone' : found;
  }

  async session(conversation: StoredConversation, id: SessionId): Promise<Found<StoredSession>> {
    const found: Found<StoredSession> = await this.find(sessionKey(conversation.id, id), 'sessionHistory');
    if (found === undefined || found === 'gone') return found;
    return this.isGoneFrom(conversation, found) ? 'gone' : found;
  }

  async message(conversation: StoredConversation, id: ElementId): Promise<Found<StoredMessage>> {
    const found: Found<StoredMessage> = await this.find(messageKey(conversation.id, id), 'message');
    if (found === undefined || found === 'gone') return found;
    return this.isGoneFrom(conversation, found) ? 'gone' : found;
  }

  /** A message with its whole content: that of a large message is an item of its own. */
  async whole(message: StoredMessage): Promise<StoredMessage> {
    return message.bodyBytes === undefined
      ? message
      : withBody(message, await this.read(bodyKey(message.sk)));
  }

  /** The item under a key as of the head. */
  read(sk: string): Promise<StoredItem | undefined> {
    return this.items.read(sk);
  }

  /** The same, also where the item has expired and the database may have removed it. */
  async readWithExpired(sk: string): Promise<StoredItem | undefined> {
    await this.items.read(sk);
    return this.items.getWithExpired(sk);
  }

  /** The folder that has a name among its siblings. */
  async folderWithName(key: string): Promise<FolderId | undefined> {
    const item = this.names.has(key) ? this.names.get(key) : await this.read(key);
    return item?.kind === 'folderName' ? item.folderId : undefined;
  }

  /**
   * Whether an element still has the modSeq that an operation expects. `ifModSeq` is compared with the modSeq of before the
   * request, so that a request can change an element twice.
   */
  isAsExpected(sk: string, type: ElementType, ifModSeq: number | undefined): boolean {
    return ifModSeq === undefined || ifModSeq === this.modSeqBefore(sk, type);
  }

  /** The modSeq of an element before the request; undefined where there was no such element. */
  private modSeqBefore(sk: string, type: ElementType): number | undefined {
    const now = this.pending.get(sk)?.item;
    // A conversation history that this request created is not the one that had its id before.
    if (now?.kind === 'conversationHistory' && now.data.createdModSeq === this.modSeq) return undefined;
    const before = this.items.get(sk);
    if (before === undefined || !('data' in before) || before.kind === 'body') return undefined;
    if (type === 'messageState') return before.kind === 'message' ? before.state?.modSeq : undefined;
    return before.modSeq;
  }

  /** Changes an item. Without `type` no element changed, and no device is notified. */
  put(item: StoredElement, type?: ElementType, { implied = false } = {}): void {
    this.change({ ...item, version: this.version }, keyOf(item), type && { type, implied });
  }

  /** Replaces an element by a tombstone, which stays until no late deposit can arrive. */
  deleteElement(item: StoredElement, { implied = false } = {}): void {
    this.change(tombstoneOf(item, this.version, this.nowMs), keyOf(item), { type: item.kind, implied });
    if (item.kind === 'folder') {
      this.deletedFolders.push({ id: item.id, modSeq: this.modSeq, index: indexOf(this.version) });
    }
  }

  /** Replaces an element that has expired, and records what it was. */
  replaceExpired(
    expired: ExpiringElement,
    item: ExpiringElement | Tombstone,
    before: StoredItem | undefined,
    types: readonly ElementType[],
  ): void {
    const changed = types.map((type) => ({ type, implied: false }));
    this.pending.set(expired.sk, { key: keyOf(expired), item, before, expired, changed });
  }

  /**
   * Deletes the elements that this request wrote into a conversation history which is created again: their numbers would
   * make them members of the new one.
   */
  deleteContents(id: ConversationId): void {
    for (const { key, item } of this.changes) {
      // Implied, since the client may not know that the element is gone: its folder may have been deleted around it.
      if (key.conversationId === id && item.kind !== 'tombstone') this.deleteElement(item, { implied: true });
    }
  }

  /**
   * Gives a name among siblings to a folder, or makes it free. The item is read first: if it is ahead of the log, a table was
   * restored. Then the next entry has to start a timeline, or this change would not be applied.
   */
  async setName(key: string, folderId: FolderId | undefined): Promise<void> {
    await this.read(key);
    const name: FolderName | undefined =
      folderId === undefined ? undefined : { kind: 'folderName', sk: key, version: this.version, folderId };
    this.names.set(key, name);
  }

  /**
   * Whether a conversation history no longer contains an element. One that this request creates contains only the elements
   * that the request puts there.
   */
  isGoneFrom(conversation: StoredConversation, found: ExpiringElement): boolean {
    const isCreatedNow =
      conversation.createdVersion === undefined && conversation.data.createdModSeq === this.modSeq;
    return isGoneFrom(conversation, found) || (isCreatedNow && !this.pending.has(found.sk));
  }

  private async find<K extends StoredElement['kind']>(
    sk: string,
    kind: K,
  ): Promise<Found<Extract<StoredElement, { kind: K }>>> {
    const item = this.pending.get(sk)?.item ?? (await this.read(sk));
    if (item === undefined) return undefined;
    if (item.kind === 'tombstone' || hasExpired(item, this.nowMs)) return 'gone';
    return item.kind === kind ? (item as Extract<StoredElement, { kind: K }>) : undefined;
  }

  private change(
    item: StoredElement | Tombstone,
    key: ElementKey,
    element: ChangedElement | undefined,
  ): void {
    this.pendingBytes += jsonBytes(item);
    const changed = this.pending.get(item.sk)?.changed ?? [];
    this.pending.set(item.sk, {
      key,
      item,
      before: this.items.get(item.sk),
      changed: element === undefined ? changed : withChanged(changed, element),
    });
  }
}

/** Descends level by level, at most as often as there are folders: stored parents may form a cycle after a restore. */
function heightIn(parents: ReadonlyMap<FolderId, FolderId | null>, id: FolderId): number {
  let height = 0;
  for (let level = new Set([id]); level.size > 0 && height <= parents.size; height++) {
    const below = [...parents].filter(([, parent]) => parent !== null && level.has(parent));
    level = new Set(below.map(([child]) => child));
  }
  return height;
}

/** An implied change stays implied: the client did not ask for all of it, so the server has to send the element. */
function withChanged(
  changed: readonly ChangedElement[],
  { type, implied }: ChangedElement,
): readonly ChangedElement[] {
  const same = changed.find((element) => element.type === type);
  const others = changed.filter((element) => element.type !== type);
  return [...others, { type, implied: implied || (same?.implied ?? false) }];
}

const keyOf = (item: StoredElement): ElementKey =>
  item.kind === 'folder' || item.kind === 'conversationHistory'
    ? { id: item.id }
    : { id: item.id, conversationId: item.conversationId };
