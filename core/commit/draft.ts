import type { ElementType } from '../../protocol/elements/element.js';
import type { ConversationId, ElementId } from '../../protocol/ids.js';
import type {
  StoredConversation,
  StoredElement,
  StoredItem,
  StoredMessage,
  Tombstone,
} from '../store/items.js';
import { conversationKey, messageKey } from '../store/keys.js';
import { jsonBytes } from '../store/wire.js';
import { TOMBSTONE_MS } from './retention.js';

/** What is under a key: a live element, what is left of a deleted one, or nothing that ever was. */
export type Found<T extends StoredElement> = T | 'gone' | undefined;

/** Which elements of an item an operation changed, and whether only as a consequence of something else. */
export interface Touch {
  readonly type: ElementType;
  readonly implied: boolean;
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
  readonly touches: readonly Touch[];
}

/**
 * The commit in the making: what was read at one moment, and laid over it what the operations so far have changed.
 * The changes of a request to one element fold into one write.
 */
export class Draft {
  private readonly staged = new Map<string, Staged>();
  private stagedBytes = 0;

  constructor(
    private readonly stored: ReadonlyMap<string, StoredItem>,
    /** Number that this commit will have. */
    readonly modSeq: number,
    readonly nowMs: number,
  ) {}

  get changes(): readonly Staged[] {
    return [...this.staged.values()];
  }

  get size(): number {
    return this.staged.size;
  }

  /** Not less than what the staged items take, in bytes of JSON. */
  get bytes(): number {
    return this.stagedBytes;
  }

  conversation(id: ConversationId): Found<StoredConversation> {
    return this.find(conversationKey(id), 'conversationHistory');
  }

  /** A message of a live conversation history; what an earlier life of the conversation held is gone. */
  message(conversation: StoredConversation, id: ElementId): Found<StoredMessage> {
    return this.content(conversation, messageKey(conversation.id, id), 'message');
  }

  find<K extends StoredElement['kind']>(sk: string, kind: K): Found<Extract<StoredElement, { kind: K }>> {
    const item = this.staged.get(sk)?.item ?? this.stored.get(sk);
    if (item?.kind === 'tombstone') return 'gone';
    return item?.kind === kind ? (item as Extract<StoredElement, { kind: K }>) : undefined;
  }

  /** What an earlier life of the conversation history held counts as gone, whether it was cleared away yet or not. */
  content<K extends 'sessionHistory' | 'message'>(
    conversation: StoredConversation,
    sk: string,
    kind: K,
  ): Found<Extract<StoredElement, { kind: K }>> {
    const found: Found<StoredElement> = this.find<StoredElement['kind']>(sk, kind);
    if (found === undefined || found === 'gone') return found;
    return found.version < conversation.data.createdModSeq
      ? 'gone'
      : (found as Extract<StoredElement, { kind: K }>);
  }

  /** Whether the element stood there before the request, with the modSeq that `ifModSeq` is compared with. */
  modSeqBefore(sk: string, type: ElementType): number | undefined {
    const before = this.stored.get(sk);
    if (before === undefined || before.kind === 'tombstone') return undefined;
    if (type === 'messageState') return before.kind === 'message' ? before.state?.modSeq : undefined;
    return before.kind === 'message' ? before.modSeq : before.version;
  }

  stage(item: StoredElement, type: ElementType, { implied = false } = {}): void {
    this.lay(item, keyOf(item), type, implied);
  }

  /** Deletes an element: what is left of it stays until no late deposit can come any more. */
  bury(item: StoredElement): void {
    const expiresAtMs = this.nowMs + TOMBSTONE_MS;
    const tombstone: Tombstone = {
      kind: 'tombstone',
      sk: item.sk,
      version: this.modSeq,
      of: item.kind,
      expiresAtMs,
    };
    this.lay(tombstone, keyOf(item), item.kind, false);
  }

  private lay(item: StoredElement | Tombstone, key: ElementKey, type: ElementType, implied: boolean): void {
    this.stagedBytes += jsonBytes(item);
    const earlier = this.staged.get(item.sk);
    const others = earlier?.touches.filter((touch) => touch.type !== type) ?? [];
    const same = earlier?.touches.find((touch) => touch.type === type);
    this.staged.set(item.sk, {
      key,
      item,
      before: this.stored.get(item.sk),
      // Once implied stays implied: the client did not ask for all of it, so it has to be sent the element.
      touches: [...others, { type, implied: implied || (same?.implied ?? false) }],
    });
  }
}

const keyOf = (item: StoredElement): ElementKey =>
  item.kind === 'folder' || item.kind === 'conversationHistory'
    ? { id: item.id }
    : { id: item.id, conversationId: item.conversationId };
