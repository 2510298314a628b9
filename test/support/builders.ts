import type { BoxId } from '../../core/model/items.js';
import { type ElementType, isContentType } from '../../protocol/elements/element-types.js';

export const BOX = 'tel:+15550100' as BoxId;

let counter = 0;

/** An operation that creates a message, and with it its conversation history. */
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

/** Changes flags or dispositions of a message. */
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

export function aFolder(
  id: string,
  { n, ...data }: { n?: number; name?: string; parentFolderId?: string | null } = {},
) {
  const inRoot = { name: id, parentFolderId: 'RCSMessageStore' };
  return {
    ...(n !== undefined && { n }),
    op: 'create',
    type: 'folder',
    id,
    data: { ...inRoot, ...data },
  };
}

export function aSession({
  id = 's1',
  conversationId = 'c1',
  n,
  ...data
}: {
  id?: string;
  conversationId?: string;
  n?: number;
  [attribute: string]: unknown;
} = {}) {
  return {
    ...(n !== undefined && { n }),
    op: 'create',
    type: 'sessionHistory',
    id,
    conversationId,
    data: {
      originator: 'tel:+15550101',
      participants: ['tel:+15550100', 'tel:+15550101'],
      startedAt: '2026-02-28T09:00:00Z',
      ...data,
    },
  };
}

interface Named {
  readonly conversationId?: string;
  readonly n?: number;
  readonly ifModSeq?: number;
}

/** A merge patch on an element of any type. */
export const modification = (type: string, id: string, data: object, more: Named = {}) => ({
  ...more,
  op: 'modify',
  type,
  id,
  ...(isContentType(type as ElementType) && { conversationId: more.conversationId ?? 'c1' }),
  data,
});

/** Moves a conversation history to another folder. */
export const moved = (id: string, folderId: string, more: Named = {}) =>
  modification('conversationHistory', id, { folderId }, more);

/** Deletes an element of any type. */
export const removal = (type: string, id: string, more: Named = {}) => ({
  ...more,
  op: 'delete',
  type,
  id,
  ...(isContentType(type as ElementType) && { conversationId: more.conversationId ?? 'c1' }),
});
