import type { ExpiringElement, StoredConversation } from './items.js';
import { UNWRITTEN } from './version.js';

/**
 * Whether an element belongs to an earlier life of its conversation history. Its number says so; where a restore has left
 * an item ahead of the log, the number may be higher than that of a life begun since, and its version says so.
 */
export const isOfEarlierLife = (
  { data, begun = UNWRITTEN }: StoredConversation,
  { modSeq, version }: Pick<ExpiringElement, 'modSeq' | 'version'>,
): boolean => modSeq < data.createdModSeq || version < begun;

/** Whether a conversation history holds an element no more, be it cleared away yet or not. */
export const isGoneFrom = (history: StoredConversation, item: ExpiringElement): boolean =>
  isOfEarlierLife(history, item) ||
  (item.kind === 'message' && (history.emptying?.some(({ id }) => id === item.data.sessionId) ?? false));
