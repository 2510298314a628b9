import type { ConversationId, FolderId } from '../../protocol/ids.js';
import { holdsConversation, type SyncScope } from '../scope/sync-scope.js';
import type { DeviceScope } from './device-scope.js';

/** Says what a device holds of a conversation history in a folder, as far as its scopes show that. */
export class ScopeMembership {
  constructor(private readonly scope: DeviceScope) {}

  /** The device is to hold the conversation history. */
  isInScope(id: ConversationId, folderId: FolderId | undefined): boolean {
    return holdsConversation(this.scope.now, id, folderId);
  }

  /** The device may hold some of it: some scope since the last complete synchronization contains it. */
  mayBeHeld(id: ConversationId, folderId: FolderId | undefined): boolean {
    return this.isInScope(id, folderId) || this.scope.held.some(contains(id, folderId));
  }

  /** All these scopes contain it. The device holds it, or the running backfill sends it, wherever it is. */
  isSurelyHeld(id: ConversationId, folderId: FolderId | undefined): boolean {
    return (
      this.isInScope(id, folderId) &&
      (!this.scope.hasCompleted || this.scope.held.every(contains(id, folderId)))
    );
  }
}

const contains = (id: ConversationId, folderId: FolderId | undefined) => (scope: SyncScope) =>
  holdsConversation(scope, id, folderId);
