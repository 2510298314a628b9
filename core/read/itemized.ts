import type { Change } from '../../protocol/elements/element.js';
import type { ModSeq } from '../../protocol/ids.js';
import type { StoredItem } from '../model/items.js';
import {
  behindKey,
  CONVERSATIONS,
  conversationIdOf,
  endOf,
  messageIdOf,
  messagesPrefix,
} from '../model/keys.js';
import type { ChangeRow } from '../model/log-entry.js';
import { holdsConversation, lacksConversations, lacksMessages, type SyncScope } from '../scope/sync-scope.js';
import type { DeviceScope } from './device-scope.js';
import type { Line } from './line.js';
import type { Page } from './page.js';
import { READINGS_MAX, type Walk } from './walk.js';

const ITEMS_PER_READ = 1000; // a database page holds about as many of usual size

/**
 * Rule: the removal of a container is told item by item where the device holds no element that says what is in it. Of a
 * folder that is one removal for each conversation history, since its contents do not name the folder; of a session
 * history one for each message, since states do not name the session.
 */
export function isItemized(row: ChangeRow, scope: DeviceScope): boolean {
  const { type, id, conversationId, folderId, removed } = row;
  // What a session history held that has expired has expired before it, and was told.
  if (removed !== 'deleted' || (type !== 'folder' && type !== 'sessionHistory')) return false;
  const lacks = type === 'folder' ? lacksConversations : lacksMessages;
  const contains = (of: SyncScope) =>
    type === 'folder'
      ? of.folders === '*' || of.folders.has(id)
      : conversationId !== undefined && holdsConversation(of, conversationId, folderId);
  const scopes = [scope.now, ...scope.held];
  return scopes.some(lacks) && scopes.some(contains);
}

/**
 * Puts the removals of what a deleted container held on the page, as far as there is room. What was cleared away by now is
 * known by its tombstone, which outlives the row in the log.
 * @param after key up to which they have been told
 * @returns the key up to which they are told now
 */
export async function tellItems(
  walk: Walk,
  line: Line,
  after: string | undefined,
  page: Page,
): Promise<{ readonly after: string; readonly isDone: boolean }> {
  const { type, conversationId } = line.row;
  const isFolder = type === 'folder' || conversationId === undefined;
  const prefix = isFolder ? CONVERSATIONS : messagesPrefix(conversationId);
  let at = after ?? prefix;
  for (let readings = 0; readings < READINGS_MAX; readings++) {
    const from = at === prefix ? prefix : behindKey(at);
    const read = await walk.view.query({ from, to: endOf(prefix), limit: ITEMS_PER_READ });
    for (const item of read.items) {
      walk.sight.note(item);
      const removal = isWithin(item, line.row) ? removalOf(walk, item, line) : undefined;
      if (removal && !page.replace(removal)) return { after: at, isDone: false };
      at = item.sk;
    }
    const isRead = !read.more || read.last === undefined;
    if (isRead || page.isFull) return { after: at, isDone: isRead };
    at = read.last;
  }
  return { after: at, isDone: false };
}

/** Whether a container held this item when it was deleted. Nothing has come into it since. */
function isWithin(item: StoredItem, { id }: ChangeRow): boolean {
  const container = id as string;
  switch (item.kind) {
    case 'conversationHistory':
      return item.data.folderId === container;
    case 'message':
      return item.data.sessionId === container;
    case 'tombstone':
      return item.containerId === container;
    default:
      return false;
  }
}

function removalOf({ scope }: Walk, { sk }: StoredItem, { commit, row }: Line): Change | undefined {
  const { type, conversationId, removed } = row;
  if (!removed) return undefined;
  const modSeq = commit.modSeq as ModSeq;
  if (type === 'sessionHistory' && conversationId !== undefined) {
    return { type: 'message', id: messageIdOf(sk), conversationId, modSeq, removed };
  }
  const id = conversationIdOf(sk);
  const mayHold = [scope.now, ...scope.held].some(({ excluded }) => !excluded.has(id));
  return mayHold ? { type: 'conversationHistory', id, modSeq, removed } : undefined;
}
