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
