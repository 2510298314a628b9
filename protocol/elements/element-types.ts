/** Facts about one type of element. */
interface ElementTypeFacts {
  /**
   * Type of the innermost container that an element can be in. The removal of a container also removes the element.
   * An element may be in an outer container directly, as a message without a session history.
   */
  readonly container?: string;
  /** Letter of the key of the item that stores the element, in the server's table and in the client's store. */
  readonly key: string;
  /** Type whose item stores the element, where the type has no item of its own. */
  readonly item?: string;
  /** The element is content of a conversation history: `conversationId` is a part of its name. */
  readonly inConversation?: true;
  /** The element expires by `retentionDays` of the box's policy. */
  readonly expires?: true;
}

/**
 * The table of element types. Keys, scope coverage, backfill, counts, purge, expiry and the client's slots derive from it.
 * The order is the one in which a response lists elements, so a container comes before its contents.
 * The table contains no schema, and a fact is absent where it is the usual one, because clients bundle the table.
 * Source: OMA CPM Message Storage 5.6.x (the types that a synchronization covers).
 */
export const ELEMENT_TYPE_TABLE = {
  folder: { key: 'F' },
  conversationHistory: { container: 'folder', key: 'H' },
  sessionHistory: { container: 'conversationHistory', key: 'S', inConversation: true, expires: true },
  message: { container: 'sessionHistory', key: 'M', inConversation: true, expires: true },
  messageState: { container: 'message', key: 'M', item: 'message', inConversation: true },
} as const satisfies Record<string, ElementTypeFacts>;

type Table = typeof ELEMENT_TYPE_TABLE;
export type ElementType = keyof Table;

const factsOf: (type: ElementType) => ElementTypeFacts = (type) => ELEMENT_TYPE_TABLE[type];

/** Types whose facts match, as `TypesWith<{ inConversation: true }>`. */
type TypesWith<Facts> = { [T in ElementType]: Table[T] extends Facts ? T : never }[ElementType];

/** Types that have a stored item of their own. */
export type StoredType = Exclude<ElementType, TypesWith<{ readonly item: string }>>;
/** Types that are content of a conversation history. */
export type ContentType = TypesWith<{ readonly inConversation: true }>;
/** Types that expire with their stored item. */
export type ExpiringType = TypesWith<{ readonly expires: true }>;
/** Types that contain items of other types. A message contains its state, which is in the same item. */
export type ContainerType = {
  [T in StoredType]: Table[T] extends { readonly container: infer Container } ? Container : never;
}[StoredType];
/** Names of operations, as `create folder`. A message state comes and goes with its message. */
export type OperationKind =
  | `${'create' | 'modify' | 'delete'} ${Exclude<ElementType, 'messageState'>}`
  | 'modify messageState';

/** All types, in the order in which a response lists their elements. */
export const ELEMENT_TYPES = Object.keys(ELEMENT_TYPE_TABLE) as readonly ElementType[];

/** Type whose item stores elements of a type. */
const itemOf = (type: ElementType) => (factsOf(type).item ?? type) as StoredType;

/** Types of the elements that a stored item holds: its own first, then those that share the item. */
export const typesInItem = (item: StoredType): readonly ElementType[] =>
  ELEMENT_TYPES.filter((type) => itemOf(type) === item);

export const hasOwnItem = (type: ElementType): type is StoredType => itemOf(type) === type;

export const isContentType = (type: ElementType): type is ContentType =>
  factsOf(type).inConversation === true;

export const isExpiringType = (type: ElementType): type is ExpiringType => factsOf(type).expires === true;

/** Types that the removal of one element covers: its own, and those of all that the element contains. */
export const coveredTypes = (container: ElementType): readonly ElementType[] =>
  ELEMENT_TYPES.filter((type) => {
    let at: ElementType | undefined = type;
    while (at !== undefined && at !== container) at = factsOf(at).container as ElementType | undefined;
    return at === container;
  });

/** An object with one member for each element type. */
export const forEachType = <Value>(valueFor: (type: ElementType) => Value): Record<ElementType, Value> =>
  Object.fromEntries(ELEMENT_TYPES.map((type) => [type, valueFor(type)])) as Record<ElementType, Value>;
