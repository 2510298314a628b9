import type { ElementType } from '../../protocol/elements/element.js';
import type { ConversationId, ElementId, FolderId, SessionId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import { latestVersionOf, withBody } from '../model/effects.js';
import { jsonBytes } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type {
  ExpiringElement,
  FolderName,
  PendingPurge,
  StoredConversation,
  StoredElement,
  StoredFolder,
  StoredItem,
  StoredMessage,
  StoredSession,
  Tombstone,
} from '../model/items.js';
import { bodyKey, conversationKey, folderKey, messageKey, parentOfName, sessionKey } from '../model/keys.js';
import { isGoneFrom, isOfEarlierLife, isOfSameLife, isSameTime, lastOf } from '../model/liveness.js';
import type { Head } from '../model/log-entry.js';
import { TOMBSTONE_MS } from '../model/timing.js';
import { indexOf, versionOf } from '../model/version.js';

/** What is under a key: a live element, one that was deleted or has expired, or nothing that ever was. */
export type Found<T extends StoredElement> = T | 'gone' | undefined;

/** Evaluation met a key that was not read: it has to be read together with the others. */
export class Unread extends Error {
  override readonly name = 'Unread';

  constructor(readonly key: string) {
    super('a key that decides was not read');
  }
}

/** Evaluation needs to see all folders, since a folder with sub-folders is moved. */
export class UnreadFolders extends Error {
  override readonly name = 'UnreadFolders';
}

/** Which elements of an item an operation changed, and whether only as a consequence of something else. */
export interface Touch {
  readonly type: ElementType;
  readonly implied: boolean;
}

/** What evaluation reads: items as of the head, those that were asked for. */
export interface ItemsRead {
  has(sk: string): boolean;
  get(sk: string): StoredItem | undefined;
  /** The same, also of what has expired, and that the database may have removed already. */
  last(sk: string): StoredItem | undefined;
}

/** Names the element that an item holds. */
export interface ElementKey {
  readonly id: ElementId;
  readonly conversationId?: ConversationId; // of a session history or a message
}

/** Something staged: the item as it will be, and what it was before the request. */
export interface Staged {
  readonly key: ElementKey;
  readonly item: StoredElement | Tombstone;
  readonly before: StoredItem | undefined;
  readonly expired?: ExpiringElement; // what it was, where the database has removed it after its time
  readonly touches: readonly Touch[]; // none: nothing that a device would be told
}

/** A name among siblings that is taken or, without item, given free. */
export interface StagedName {
  readonly item: FolderName | undefined;
  readonly before: StoredItem | undefined;
}

/**
 * The commit in the making: the items as of the head, and laid over them what the operations so far have changed.
 * The changes of a request to one element fold into one write.
 */
export class UnitOfWork {
  /** Number that this commit will have. */
  readonly modSeq: number;
  /** Version of what it writes. */
  readonly version: number;
  private readonly elements = new Map<string, Staged>();
  private readonly names = new Map<string, StagedName>();
  private readonly deletedFolders: PendingPurge<FolderId>[] = [];
  private stagedBytes = 0;

  /**
   * @param folders names of all folders of the box, as of the head: for the depth of what is moved
   */
  constructor(
    readonly head: Head,
    private readonly items: ItemsRead,
    readonly nowMs: number,
    /** Of the box. */
    readonly policy: Policy,
    private readonly folders?: readonly FolderName[],
  ) {
    this.modSeq = head.modSeq + 1;
    this.version = versionOf(head.timeline, head.index + 1);
  }

  get changes(): readonly Staged[] {
    return [...this.elements.values()];
  }

  get nameChanges(): ReadonlyMap<string, StagedName> {
    return this.names;
  }

  /** Items that the commit will write. */
  get size(): number {
    return this.elements.size + this.names.size;
  }

  /** Not less than what the staged items take, in bytes of JSON. */
  get bytes(): number {
    return this.stagedBytes;
  }

  /** Deleted folders that have to be emptied, with those that this commit deletes. */
  get pendingPurges(): readonly PendingPurge<FolderId>[] {
    return [...(this.head.pendingPurges ?? []), ...this.deletedFolders];
  }

  folder(id: FolderId): Found<StoredFolder> {
    return this.find(folderKey(id), 'folder');
  }

  /** How many folders lie one below the other from this one on, itself counted. */
  heightOf(folder: StoredFolder): number {
    if (folder.subFolders === 0) return 1;
    if (!this.folders) throw new UnreadFolders();
    const parents = new Map(
      this.folders.flatMap(({ folderId, sk }) =>
        folderId === undefined ? [] : [[folderId, parentOfName(sk)]],
      ),
    );
    for (const { item, key } of this.changes) {
      if (item.kind === 'folder') parents.set(item.id, item.data.parentFolderId);
      else if (item.kind === 'tombstone' && item.of === 'folder') parents.delete(key.id as FolderId);
    }
    return heightIn(parents, folder.id);
  }

  conversation(id: ConversationId): Found<StoredConversation> {
    const found: Found<StoredConversation> = this.find(conversationKey(id), 'conversationHistory');
    if (found === undefined || found === 'gone') return found;
    return this.pendingPurges.some((folder) => folder.id === found.data.folderId) ? 'gone' : found;
  }

  session(conversation: StoredConversation, id: SessionId): Found<StoredSession> {
    const found: Found<StoredSession> = this.find(sessionKey(conversation.id, id), 'sessionHistory');
    if (found === undefined || found === 'gone') return found;
    return this.isGoneFrom(conversation, found) ? 'gone' : found;
  }

  message(conversation: StoredConversation, id: ElementId): Found<StoredMessage> {
    const found: Found<StoredMessage> = this.find(messageKey(conversation.id, id), 'message');
    if (found === undefined || found === 'gone') return found;
    return this.isGoneFrom(conversation, found) ? 'gone' : found;
  }

  /** A message with its whole content, which stands aside where it is large. */
  whole(message: StoredMessage): StoredMessage {
    return message.bodyBytes === undefined ? message : withBody(message, this.read(bodyKey(message.sk)));
  }

  /** What is under a key as of the head. @throws Unread */
  read(sk: string): StoredItem | undefined {
    if (!this.items.has(sk)) throw new Unread(sk);
    return this.items.get(sk);
  }

  /** The folder that has a name among its siblings. */
  holderOfName(key: string): FolderId | undefined {
    const item = this.names.has(key) ? this.names.get(key)?.item : this.read(key);
    return item?.kind === 'folderName' ? item.folderId : undefined;
  }

  /** The modSeq that `ifModSeq` is compared with: the element's before the request; undefined where it was not there. */
  modSeqBefore(sk: string, type: ElementType): number | undefined {
    const now = this.elements.get(sk)?.item;
    // Created anew by this request, it is not what was under its id before.
    if (now?.kind === 'conversationHistory' && now.data.createdModSeq === this.modSeq) return undefined;
    const before = this.items.get(sk);
    if (before === undefined || !('data' in before) || before.kind === 'body') return undefined;
    if (type === 'messageState') return before.kind === 'message' ? before.state?.modSeq : undefined;
    return before.modSeq;
  }

  /** Lays a changed item over what was read. Without `type` no element changed: nobody is told of it. */
  put(item: StoredElement, type?: ElementType, { implied = false } = {}): void {
    this.lay({ ...item, version: this.version }, keyOf(item), type, implied);
  }

  /** Deletes an element: what is left of it stays until no late deposit can come any more. */
  deleteElement(item: StoredElement, { implied = false } = {}): void {
    this.lay(tombstoneOf(item, this.version, this.nowMs), keyOf(item), item.kind, implied);
    if (item.kind === 'folder') {
      this.deletedFolders.push({ id: item.id, modSeq: this.modSeq, index: indexOf(this.version) });
    }
  }

  /**
   * Notes that the database has removed an element after its time: under its free key is put what is left of a deleted
   * one, and devices are told, unless its conversation history went before it. Where the key was taken meanwhile, what
   * has expired counts no more, and what is there now takes its place with whoever holds it still. What was noted before
   * is passed over. A late projection may have put under the key what has expired itself: that is nothing new.
   */
  noteExpired(removed: ExpiringElement): void {
    const read = this.read(removed.sk);
    const last = this.items.last(removed.sk);
    const same = isOfSameLife(removed, last) ? last : undefined;
    if (same && !hasExpired(same, this.nowMs)) return; // it was given more time
    const was = same ? lastOf(removed, same) : removed;
    const other = same === undefined && read?.kind !== 'stateAlone' ? read : undefined;
    const found = other ?? tombstoneOf(was, this.version, this.nowMs);
    if (found.kind !== 'tombstone' && found.kind !== was.kind) return;
    // The item is written again, so its whole content is needed.
    const there = found.kind === 'message' ? this.whole(found) : (found as Tombstone | StoredSession);
    // Also passed over: what the box has not come to, or has gone beyond, since it has another past by now.
    const version = latestVersionOf(removed);
    if (version >= this.version) return;
    if (other && (isSameTime(there.countedExpiryMs, was.expiresAtMs) || latestVersionOf(there) <= version))
      return;
    const { item, types } = this.succeeding(was, there, other !== undefined);
    this.readPurgeOf(read);
    this.elements.set(was.sk, {
      key: keyOf(was),
      item: {
        ...withoutPurged(item),
        version: this.version,
        ...(was.expiresAtMs !== undefined && { countedExpiryMs: was.expiresAtMs }),
      },
      before: other,
      expired: was,
      touches: types.map((type) => ({ type, implied: false })),
    });
  }

  /** What is under the key of an expired element from now on, and what devices are told. */
  private succeeding(
    was: ExpiringElement,
    there: ExpiringElement | Tombstone,
    isThere: boolean,
  ): { item: ExpiringElement | Tombstone; types: readonly ElementType[] } {
    // A purge may be replacing it, without an entry: written again it would come back.
    if (there.kind !== 'tombstone' && this.wentWithContainer(there))
      return { item: tombstoneOf(there, this.version, this.nowMs), types: [] };
    if (this.wentBefore(was)) return { item: there, types: [] };
    return isThere ? this.inPlaceOf(was, there) : { item: there, types: [was.kind] };
  }

  private wentWithContainer(there: ExpiringElement): boolean {
    const conversation = this.conversation(there.conversationId);
    return conversation === undefined || conversation === 'gone' || this.isGoneFrom(conversation, there);
  }

  /**
   * Rule: nothing of an expired element is held beside the one that has its key now. Nobody is told that it expired, so
   * the new one has to replace all that it was. It does so by itself (its number is higher) except for two things: a state
   * where it has none, which is told as emptied; and where it is of another age, so that a device may hold the former and
   * not be told of the new one, the row of this commit ends the former there. What has expired by now is told with its
   * removal.
   */
  private inPlaceOf<T extends ExpiringElement | Tombstone>(
    was: ExpiringElement,
    there: T,
  ): { item: T; types: ElementType[] } {
    if (there.kind !== 'message' || was.kind !== 'message') return { item: there, types: [] };
    if (hasExpired(there, this.nowMs)) return { item: there, types: [] };
    const { modSeq } = this;
    const isOfAnotherAge =
      was.data.date !== there.data.date || was.data.messageContext !== there.data.messageContext;
    const lacksState = was.state !== undefined && there.state === undefined;
    return {
      item: {
        ...there,
        ...(isOfAnotherAge && { modSeq }),
        ...(lacksState && { state: { modSeq, flags: [], dispositions: [] } }),
      },
      types: [
        ...(isOfAnotherAge ? (['message'] as const) : []),
        ...(lacksState ? (['messageState'] as const) : []),
      ],
    };
  }

  private wentBefore(was: ExpiringElement): boolean {
    const conversation = this.conversation(was.conversationId);
    return conversation === undefined || conversation === 'gone' || isOfEarlierLife(conversation, was);
  }

  /** What this request has written into a conversation history that begins anew: its number would make it live on. */
  deleteContents(id: ConversationId): void {
    for (const { key, item } of this.changes) {
      // Whoever wrote it cannot always tell that it went: the folder it was in may have been deleted around it.
      if (key.conversationId === id && item.kind !== 'tombstone') this.deleteElement(item, { implied: true });
    }
  }

  /** Takes a folder's name among its siblings, or without folder gives it free. */
  setName(key: string, folderId: FolderId | undefined): void {
    const item: FolderName | undefined =
      folderId === undefined ? undefined : { kind: 'folderName', sk: key, version: this.version, folderId };
    this.names.set(key, { item, before: this.read(key) });
  }

  /** A conversation history that this request begins holds nothing but what the request puts there. */
  private isGoneFrom(conversation: StoredConversation, found: ExpiringElement): boolean {
    const isBegunNow =
      conversation.createdVersion === undefined && conversation.data.createdModSeq === this.modSeq;
    return isGoneFrom(conversation, found) || (isBegunNow && !this.elements.has(found.sk));
  }

  private find<K extends StoredElement['kind']>(
    sk: string,
    kind: K,
  ): Found<Extract<StoredElement, { kind: K }>> {
    const item = this.elements.get(sk)?.item ?? this.read(sk);
    if (item === undefined) return undefined;
    if (item.kind === 'tombstone' || hasExpired(item, this.nowMs)) return 'gone';
    return item.kind === kind ? (item as Extract<StoredElement, { kind: K }>) : undefined;
  }

  /** The counts of the commit need to know whether what was purged counts still. */
  private readPurgeOf(before: StoredItem | undefined): void {
    if (before?.kind === 'tombstone' && before.purged) this.read(before.purged.by);
  }

  private lay(
    item: StoredElement | Tombstone,
    key: ElementKey,
    type: ElementType | undefined,
    implied: boolean,
  ): void {
    this.stagedBytes += jsonBytes(item);
    const before = this.items.get(item.sk);
    this.readPurgeOf(before);
    const touches = this.elements.get(item.sk)?.touches ?? [];
    this.elements.set(item.sk, {
      key,
      item,
      before,
      touches: type === undefined ? touches : touched(touches, type, implied),
    });
  }
}

/** Goes down level by level, at most as often as there are folders. */
function heightIn(parents: ReadonlyMap<FolderId, FolderId | null>, id: FolderId): number {
  let height = 0;
  for (let level = new Set([id]); level.size > 0 && height <= parents.size; height++) {
    const below = [...parents].filter(([, parent]) => parent !== null && level.has(parent));
    level = new Set(below.map(([child]) => child));
  }
  return height;
}

/** Once implied stays implied: the client did not ask for all of it, so it has to be sent the element. */
function touched(touches: readonly Touch[], type: ElementType, implied: boolean): readonly Touch[] {
  const same = touches.find((touch) => touch.type === type);
  const others = touches.filter((touch) => touch.type !== type);
  return [...others, { type, implied: implied || (same?.implied ?? false) }];
}

export const tombstoneOf = (item: StoredElement, version: number, nowMs: number): Tombstone => ({
  kind: 'tombstone',
  sk: item.sk,
  version,
  of: item.kind,
  expiresAtMs: nowMs + TOMBSTONE_MS,
  ...('countedExpiryMs' in item && { countedExpiryMs: item.countedExpiryMs }),
});

/** What was purged is taken off the counts by whatever takes its place. */
const withoutPurged = <T extends ExpiringElement | Tombstone>(item: T): T => {
  if (item.kind !== 'tombstone') return item;
  const { purged: _, ...rest } = item;
  return rest as T;
};

const keyOf = (item: StoredElement): ElementKey =>
  item.kind === 'folder' || item.kind === 'conversationHistory'
    ? { id: item.id }
    : { id: item.id, conversationId: item.conversationId };
