import type { Operation } from '../../../protocol/operation.js';
import { conversationKey, folderKey, messageKey, sessionKey } from '../../store/keys.js';
import { SyncProblem } from '../../sync-problem.js';
import type { Draft } from '../draft.js';
import type { Outcome } from '../outcome.js';
import { createConversation, modifyConversation } from './conversation.js';
import { createMessage, deleteMessage, modifyMessage } from './message.js';
import { modifyMessageState } from './message-state.js';
import { createSession, modifySession } from './session.js';

/** An operation that creates a message may stage the message, its conversation history and what it answers. */
export const STAGED_PER_OPERATION_MAX = 3;

/** What becomes of one operation, given those before it; what it changes is staged in the draft. */
export function evaluate(draft: Draft, operation: Operation): Outcome {
  switch (operation.type) {
    case 'conversationHistory':
      if (operation.op === 'create') return createConversation(draft, operation);
      if (operation.op === 'modify') return modifyConversation(draft, operation);
      break;
    case 'sessionHistory':
      if (operation.op === 'create') return createSession(draft, operation);
      if (operation.op === 'modify') return modifySession(draft, operation);
      break;
    case 'message':
      if (operation.op === 'create') return createMessage(draft, operation);
      if (operation.op === 'modify') return modifyMessage(draft, operation);
      return deleteMessage(draft, operation);
    case 'messageState':
      return modifyMessageState(draft, operation);
  }
  throw notImplemented(operation);
}

/** Keys of all items that decide an operation: the element, its containers, and what the operation implies. */
export function keysFor(operation: Operation): string[] {
  switch (operation.type) {
    case 'folder':
      throw notImplemented(operation);
    case 'conversationHistory': {
      const folderId = operation.op === 'delete' ? undefined : operation.data.folderId;
      return [conversationKey(operation.id), ...(folderId === undefined ? [] : [folderKey(folderId)])];
    }
    case 'sessionHistory':
      return [conversationKey(operation.conversationId), sessionKey(operation.conversationId, operation.id)];
    case 'messageState':
      return [conversationKey(operation.conversationId), messageKey(operation.conversationId, operation.id)];
    case 'message': {
      const { conversationId } = operation;
      const keys = [conversationKey(conversationId), messageKey(conversationId, operation.id)];
      if (operation.op !== 'create') return keys;
      const { sessionId, inReplyToMessageId } = operation.data;
      if (sessionId !== undefined) keys.push(sessionKey(conversationId, sessionId));
      if (inReplyToMessageId !== undefined) keys.push(messageKey(conversationId, inReplyToMessageId));
      return keys;
    }
  }
}

const notImplemented = ({ op, type }: Operation) =>
  new SyncProblem('not-implemented', { detail: `${op} ${type} is not there yet` });
