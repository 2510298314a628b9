import type { Change } from '../../protocol/elements/element.js';

/** What is told, in its order: each as type, id, conversation history and why it is removed. */
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

/** How many elements of a response these are: a message and its state count as one, and so does a state alone. */
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
