import type { BoxId } from '../../core/store/items.js';

export const BOX = 'tel:+15550100' as BoxId;

let counter = 0;

/** An operation that creates a message, in a conversation history made on the way. */
export function aMessage({
  id = `m${String(++counter).padStart(6, '0')}`,
  conversationId = 'c1',
  n,
  flags,
  seed = true,
  ...data
}: {
  id?: string;
  conversationId?: string;
  n?: number;
  flags?: string[];
  seed?: boolean;
  [attribute: string]: unknown;
} = {}) {
  return {
    ...(n !== undefined && { n }),
    op: 'create',
    type: 'message',
    id,
    conversationId,
    data: {
      messageContext: 'pager-message',
      direction: 'In',
      from: 'tel:+15550101',
      to: ['tel:+15550100'],
      date: '2026-02-28T09:00:00Z',
      contentType: 'text/plain',
      textContent: `text of ${id}`,
      ...data,
    },
    ...(flags && { flags }),
    ...(seed && {
      conversation: { kind: 'oneToOne', participants: ['tel:+15550100', 'tel:+15550101'] },
    }),
  };
}

export function aConversation({
  id = 'c1',
  n,
  ...data
}: {
  id?: string;
  n?: number;
  [attribute: string]: unknown;
} = {}) {
  return {
    ...(n !== undefined && { n }),
    op: 'create',
    type: 'conversationHistory',
    id,
    data: { kind: 'oneToOne', participants: ['tel:+15550100', 'tel:+15550101'], ...data },
  };
}

export const stateChange = (
  id: string,
  data: { addFlags?: string[]; removeFlags?: string[]; dispositions?: unknown[] },
  { conversationId = 'c1', ...more }: { conversationId?: string; n?: number; ifModSeq?: number } = {},
) => ({ ...more, op: 'modify', type: 'messageState', id, conversationId, data });

export const deletion = (
  id: string,
  more: { n?: number; ifModSeq?: number; conversationId?: string } = {},
) => ({
  op: 'delete',
  type: 'message',
  id,
  conversationId: 'c1',
  ...more,
});
