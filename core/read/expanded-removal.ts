import type { Change } from '../../protocol/elements/element.js';
import type { ModSeq } from '../../protocol/ids.js';
import { containerIdOf, isElement } from '../model/element.js';
import {
  behindKey,
  CONVERSATIONS,
  conversationIdOf,
  endOf,
  messageIdOf,
  messagesPrefix,
} from '../model/keys.js';
import type { ChangeRow } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { holdsConversation, lacksConversations, lacksMessages, type SyncScope } from '../scope/sync-scope.js';
import type { DeviceScope } from './device-scope.js';
import type { LogRow } from './log-row.js';
import { READS_MAX, type SyncContext } from './sync-context.js';

const ITEMS_PER_READ = 1000; // a database page holds about as many of usual size

/**
 * Rule: the removal of a container is expanded into removals of its contents if the device holds no element that names
 * the container. A folder gives one removal for each conversation history: their contents do not name the folder. A
 * session history gives one for each message: states do not name the session.
 */
export function isExpandedRemoval(row: ChangeRow, scope: DeviceScope): boolean {
  const { type, id, conversationId, folderId, removed } = row;
  // The messages of an expired session history expired before it, and their removals were sent.
  if (removed !== 'deleted' || (type !== 'folder' && type !== 'sessionHistory')) return false;
  const lacks = type === 'folder' ? lacksConversations : lacksMessages;
  const contains = (of: SyncScope) =>
    type === 'folder'
      ? of.folders === '*' || of.folders.has(id)
      : conversationId !== undefined && holdsConversation(of, conversationId, folderId);
  const scopes = [scope.now, ...scope.held];
  return scopes.some(lacks) && scopes.some(contains);
}

/** `upTo`: key up to which the removals were sent. */
export interface ExpandedUpTo {
  readonly upTo: string;
  readonly isDone: boolean;
}

/**
 * Puts the removals of a deleted container's contents on the page, as far as there is room. Contents that were purged
 * have left tombstones, which the database keeps longer than the row in the log.
 * @param sentUpTo key up to which the removals were sent before; undefined at the start
 */
export async function putExpandedRemoval(
  context: SyncContext,
  logRow: LogRow,
  sentUpTo: string | undefined,
): Promise<ExpandedUpTo> {
  const { page, highWater } = context;
  const view = await context.view();
  const { type, conversationId } = logRow.row;
  const isFolder = type === 'folder' || conversationId === undefined;
  const prefix = isFolder ? CONVERSATIONS : messagesPrefix(conversationId);
  let upTo = sentUpTo ?? prefix;
  for (let reads = 0; reads < READS_MAX; reads++) {
    const from = upTo === prefix ? prefix : behindKey(upTo);
    const read = await view.query({ from, to: endOf(prefix), limit: ITEMS_PER_READ });
    for (const item of read.items) {
      highWater.noteItem(item);
      const removal = isIn(item, logRow.row) ? removalOf(context.scope, item, logRow) : undefined;
      if (removal && !page.replace(removal)) return { upTo, isDone: false };
      upTo = item.sk;
    }
    const isDone = !read.more || read.last === undefined;
    if (isDone || page.isFull) return { upTo, isDone };
    upTo = read.last;
  }
  return { upTo, isDone: false };
}

/** Whether a container held this item when it was deleted. No item comes into a deleted container. */
function isIn(item: StoredItem, { id }: ChangeRow): boolean {
  const container = id as string;
  if (item.kind === 'tombstone') return item.containerId === container;
  return isElement(item) && containerIdOf(item) === container;
}

function removalOf(scope: DeviceScope, { sk }: StoredItem, { commit, row }: LogRow): Change | undefined {
  const { type, conversationId, removed } = row;
  if (!removed) return undefined;
  const modSeq = commit.modSeq as ModSeq;
  if (type === 'sessionHistory' && conversationId !== undefined) {
    return { type: 'message', id: messageIdOf(sk), conversationId, modSeq, removed };
  }
  const id = conversationIdOf(sk);
  const mayBeHeld = [scope.now, ...scope.held].some(({ excluded }) => !excluded.has(id));
  return mayBeHeld ? { type: 'conversationHistory', id, modSeq, removed } : undefined;
}
