import { type Change, changeSchema, type ElementType } from '../../../protocol/elements/element.js';
import { type SyncResponse, syncResponseSchema } from '../../../protocol/sync.js';

/* Elements of the wire. A test gives only the attributes that matter to it. */

export const aFolder = (id: string, modSeq: number, more: object = {}) =>
  changeOf({ type: 'folder', id, modSeq, name: `folder ${id}`, parentFolderId: 'RCSMessageStore', ...more });

export const aConversation = (id: string, modSeq: number, more: object = {}) =>
  changeOf({
    type: 'conversationHistory',
    id,
    modSeq,
    createdModSeq: 1,
    folderId: 'default',
    kind: 'oneToOne',
    participants: ['tel:+15550100', 'tel:+15550101'],
    ...more,
  });

export const aSession = (id: string, conversationId: string, modSeq: number, more: object = {}) =>
  changeOf({
    type: 'sessionHistory',
    id,
    conversationId,
    modSeq,
    originator: 'tel:+15550100',
    participants: ['tel:+15550100', 'tel:+15550101'],
    startedAt: '2026-01-31T08:00:00Z',
    ...more,
  });

export const aMessage = (id: string, conversationId: string, modSeq: number, more: object = {}) =>
  changeOf({
    type: 'message',
    id,
    conversationId,
    modSeq,
    messageContext: 'pager-message',
    direction: 'In',
    from: 'tel:+15550101',
    to: ['tel:+15550100'],
    date: '2026-01-31T08:15:00Z',
    contentType: 'text/plain',
    textContent: `text of ${id}`,
    ...more,
  });

export const aState = (id: string, conversationId: string, modSeq: number, flags = ['\\Seen']) =>
  changeOf({ type: 'messageState', id, conversationId, modSeq, flags });

export const aRemoval = (
  type: ElementType,
  id: string,
  modSeq: number,
  { conversationId, removed = 'deleted' }: { conversationId?: string; removed?: string } = {},
) => changeOf({ type, id, modSeq, removed, ...(conversationId && { conversationId }) });

const changeOf = (change: object): Change => changeSchema.parse(change);

let tokens = 0;

/** A response with a new token. It ends the synchronization unless `hasMore` is given. */
export const aPage = (changes: Change[] = [], more: Partial<SyncResponse> = {}): SyncResponse =>
  syncResponseSchema.parse({
    syncToken: `token-${++tokens}`,
    ...(changes.length > 0 && { changes }),
    ...more,
  });
