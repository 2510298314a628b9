import type { Change } from '../../protocol/elements/element.js';

/** The changes in short, in order: type, id, conversation history, and the reason of a removal. */
export const told = (changes: readonly Change[] = []): string[] =>
  changes.map((change) =>
    [
      change.type,
      change.id,
      'conversationId' in change ? change.conversationId : '',
      'removed' in change ? change.removed : '',
    ]
      .filter((part) => part !== '')
      .join(' '),
  );

/**
 * The number of elements among these changes. A message and its state count as one, and so does a state
 * alone.
 */
export const countOf = (changes: readonly Counted[] = []): number =>
  new Set(
    changes.map(({ type, id, conversationId = '' }) =>
      JSON.stringify([type === 'messageState' ? 'message' : type, id, conversationId]),
    ),
  ).size;

interface Counted {
  readonly type: string;
  readonly id: string;
  readonly conversationId?: string;
}
