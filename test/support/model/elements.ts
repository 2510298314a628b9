/** An element or a removal as sent over the wire, without the types of the code under test. */
export interface Wire {
  readonly type: string;
  readonly id: string;
  readonly modSeq: number;
  readonly conversationId?: string;
  readonly removed?: string;
  readonly [attribute: string]: unknown;
}

/** Intersection of preferences and policies, as a device receives it. */
export interface WireEffective {
  readonly elementTypes: readonly string[];
  readonly folders: '*' | readonly string[];
  readonly excludeConversations: readonly string[];
  readonly maxMessageAgeDays: Readonly<Record<string, number>>;
  readonly maxTextBytes?: number;
}

/** Elements by name: the actual or expected contents of a device. */
export type View = Map<string, Wire>;

const DAY_MS = 24 * 3600 * 1000;

/** Unique name of an element. Shape: type, conversation history and id, one a line. */
export const nameOf = (type: string, id: string, conversationId = ''): string =>
  `${type}\n${conversationId}\n${id}`;

export const nameOfElement = ({ type, id, conversationId }: Wire): string => nameOf(type, id, conversationId);

/** Protocol, section 5: a message and its state are in scope while `date` is within the age limit. */
export function isYoung(
  { maxMessageAgeDays }: WireEffective,
  message: Readonly<Record<string, unknown>>,
  nowMs: number,
): boolean {
  const days = maxMessageAgeDays[message.messageContext as string];
  return days === undefined || nowMs - Date.parse(message.date as string) <= days * DAY_MS;
}

/** Whether the scope holds a conversation history in this folder. */
export const holdsConversation = (
  { folders, excludeConversations }: WireEffective,
  id: string,
  folderId: unknown,
): boolean => !excludeConversations.includes(id) && (folders === '*' || folders.includes(folderId as string));

/** Protocol, section 5: a longer text is cut at a character, with `textTruncated: true`. */
export function cut(message: Wire, maxTextBytes: number | undefined): Wire {
  const { textContent } = message;
  if (maxTextBytes === undefined || typeof textContent !== 'string') return message;
  if (Buffer.byteLength(textContent) <= maxTextBytes) return message;
  let kept = '';
  let bytes = 0;
  for (const character of textContent) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxTextBytes) return { ...message, textContent: kept, textTruncated: true };
    kept += character;
  }
  return message;
}

/** Protocol, section 2: a message without stored state has the empty state, which is not sent. */
export const isEmptyState = ({ type, flags = [], dispositions = [] }: Wire): boolean =>
  type === 'messageState' && (flags as unknown[]).length === 0 && (dispositions as unknown[]).length === 0;

/** RFC 7396. */
export function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

// Elements never change, so a pair that was found to be the same stays the same.
const knownSame = new WeakMap<Wire, Wire>();

/**
 * Whether two elements are the same, or both absent. Their numbers differ in most other cases, so compare
 * these first.
 */
export function isSame(a: Wire | undefined, b: Wire | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.modSeq !== b.modSeq) return false;
  if (knownSame.get(a) === b) return true;
  const same = isEqual(a, b);
  if (same) knownSame.set(a, b);
  return same;
}

/** Whether two values are the same JSON. A member that is undefined counts as absent. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((each, i) => isEqual(each, b[i]))
    );
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const name in left) if (!isEqual(left[name], right[name])) return false;
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
}

/** JSON with sorted members, so that their order does not matter. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join()}}`;
}
