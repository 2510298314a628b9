import type { Operation } from '../../../protocol/operation.js';
import { conversationKey, folderKey, folderNameKey, messageKey, sessionKey } from '../../model/keys.js';
import type { Evaluation } from '../outcome.js';
import type { UnitOfWork } from '../unit-of-work.js';
import { createConversation, deleteConversation, modifyConversation } from './conversation.js';
import { createFolder, deleteFolder, modifyFolder } from './folder.js';
import { createMessage, deleteMessage, modifyMessage } from './message.js';
import { modifyMessageState } from './message-state.js';
import { createSession, deleteSession, modifySession } from './session.js';

/** Evaluates one operation after those before it, and adds its changes to the unit of work. */
export function evaluate(work: UnitOfWork, operation: Operation): Promise<Evaluation> {
  switch (operation.type) {
    case 'folder':
      if (operation.op === 'create') return createFolder(work, operation);
      return operation.op === 'modify' ? modifyFolder(work, operation) : deleteFolder(work, operation);
    case 'conversationHistory':
      if (operation.op === 'create') return createConversation(work, operation);
      return operation.op === 'modify'
        ? modifyConversation(work, operation)
        : deleteConversation(work, operation);
    case 'sessionHistory':
      if (operation.op === 'create') return createSession(work, operation);
      return operation.op === 'modify' ? modifySession(work, operation) : deleteSession(work, operation);
    case 'message':
      if (operation.op === 'create') return createMessage(work, operation);
      return operation.op === 'modify' ? modifyMessage(work, operation) : deleteMessage(work, operation);
    case 'messageState':
      return modifyMessageState(work, operation);
  }
}

/** Keys that every evaluation of an operation reads, so that one call reads them all. It reads others on the way. */
export function keysFor(operation: Operation): string[] {
  switch (operation.type) {
    case 'folder': {
      if (operation.op !== 'create') return [folderKey(operation.id)];
      const { parentFolderId, name } = operation.data;
      const parent = parentFolderId === null ? [] : [folderKey(parentFolderId)];
      return [folderKey(operation.id), folderNameKey(parentFolderId, name), ...parent];
    }
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
