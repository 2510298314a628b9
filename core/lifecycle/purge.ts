import type { FolderId, SessionId } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import type { BoxId, Head, StoredItem } from '../model/items.js';
import {
  CONVERSATIONS,
  contentsPrefix,
  conversationIdOf,
  conversationKey,
  endOf,
  messagesPrefix,
} from '../model/keys.js';
import { clearAway, type IsDead, PIECE_MAX } from './clear-away.js';
import type { DeletedContainer, ReapMessage } from '../ports/purge-queue.js';
import { SETTLE_SECONDS } from './schedule-purge.js';

const PIECES_PER_MESSAGE = 25; // then the rest goes through the queue again, so that no invocation takes too long

/**
 * Empties a deleted container, a piece at a time: what it held becomes tombstones. It may be stopped at any point and
 * begun again; what is done is passed over. Before the container is forgotten it is looked through once more: the order
 * for that may come from before the box was restored, to a state in which nothing has been cleared away.
 * @throws Error when it could not go on: the message is to come again.
 */
export async function reap(core: Core, message: ReapMessage): Promise<void> {
  const { isEmpty: _, ...order } = message;
  let { after, isEmpty } = message;
  for (let piece = 0; piece < PIECES_PER_MESSAGE; piece++) {
    const read = await core.store.query(message.box, {
      ...rangeOf(message.container, after),
      limit: PIECE_MAX,
    });
    const keys = read.items.filter((item) => isHeldBy(message.container, item)).map(({ sk }) => sk);
    const cleared = keys.length > 0 ? await clearPiece(core, message, keys) : 0;
    if (cleared === undefined) return; // the box was erased
    if (cleared > 0) isEmpty = undefined;
    const last = read.items.at(-1);
    if (!read.more || !last) return isEmpty ? forget(core, message) : finish(core, message);
    after = last.sk;
  }
  await core.reapQueue.send(
    [{ ...order, ...(isEmpty && { isEmpty }), ...(after !== undefined && { after }) }],
    0,
  );
}

function rangeOf(container: DeletedContainer, after: string | undefined) {
  const prefix = prefixOf(container);
  return { from: after ?? prefix, to: endOf(prefix) };
}

function prefixOf(container: DeletedContainer): string {
  switch (container.type) {
    case 'folder':
      return CONVERSATIONS;
    case 'conversationHistory':
      return contentsPrefix(container.id);
    case 'sessionHistory':
      return messagesPrefix(container.conversationId);
  }
}

/** Whether an item may belong to the container; what decides is read again with the write. */
function isHeldBy(container: DeletedContainer, item: StoredItem): boolean {
  switch (container.type) {
    case 'folder':
      return isInFolder(item, container.id);
    case 'conversationHistory':
      return item.kind === 'message' || item.kind === 'sessionHistory';
    case 'sessionHistory':
      return isInSession(item, container.id);
  }
}

const isInFolder = (item: StoredItem, id: FolderId): boolean =>
  item.kind === 'conversationHistory' && item.data.folderId === id;

const isInSession = (item: StoredItem, id: SessionId): boolean =>
  item.kind === 'message' && item.data.sessionId === id;

async function clearPiece(
  core: Core,
  { box, container, modSeq }: ReapMessage,
  keys: readonly string[],
): Promise<number | undefined> {
  if (container.type === 'conversationHistory') {
    const key = conversationKey(container.id);
    return clearAway(core, box, modSeq, { keys, beside: [key], isDead: isDeadBeside(key) });
  }
  // Conversation histories are containers themselves. They are ordered before they are buried, so that a crash in
  // between orders them once more and forgets none.
  if (container.type === 'folder') await orderConversations(core, box, modSeq, keys);
  const beside = container.type === 'sessionHistory' ? [conversationKey(container.conversationId)] : [];
  return clearAway(core, box, modSeq, { keys, beside, isDead: isHeldByNoted(container, modSeq) });
}

/**
 * Dead is what a container holds that is noted as being emptied. Nothing can have come in since: creating in it, or
 * moving into it, is refused. Without note the box has another past by now, in which the container lives.
 */
const isHeldByNoted =
  (container: DeletedContainer, modSeq: number): IsDead =>
  (element, stored, head) => {
    const [history] = [...stored.values()].filter((item) => item.kind === 'conversationHistory');
    const notes = container.type === 'folder' ? head.emptying : history?.emptying;
    return isHeldBy(container, element) && (notes?.some(isNoteOf(container, modSeq)) ?? false);
  };

const isNoteOf = (container: DeletedContainer, modSeq: number) => (note: { id: string; modSeq: number }) =>
  note.id === container.id && note.modSeq === modSeq;

/** Dead is what is older than the life that its conversation history leads now, if it leads one. */
const isDeadBeside =
  (key: string): IsDead =>
  (element, stored, head) => {
    const history = stored.get(key);
    if (history?.kind !== 'conversationHistory') return true;
    const folderIsGone = head.emptying?.some(({ id }) => id === history.data.folderId) ?? false;
    return folderIsGone || element.modSeq < history.data.createdModSeq;
  };

const orderConversations = (core: Core, box: BoxId, modSeq: number, keys: readonly string[]): Promise<void> =>
  core.reapQueue.send(
    keys.map((key) => ({
      box,
      modSeq,
      container: { type: 'conversationHistory', id: conversationIdOf(key) },
    })),
    0,
  );

/**
 * The note of what is being emptied stays for a while: a reader may have seen a dead element before it was cleared
 * away, and looks at the note only now.
 */
async function finish(core: Core, message: ReapMessage): Promise<void> {
  if (message.container.type === 'conversationHistory') return;
  const { after: _, ...rest } = message;
  await core.reapQueue.send([{ ...rest, isEmpty: true }], SETTLE_SECONDS);
}

/** Takes the emptied container off the note that made its contents count as gone. */
async function forget(core: Core, { box, container, modSeq }: ReapMessage): Promise<void> {
  const isOurs = isNoteOf(container, modSeq);
  if (container.type === 'folder') {
    const rewriteHead = (head: Head): Head => {
      const { emptying = [], ...rest } = head;
      const left = emptying.filter((note) => !isOurs(note));
      return { ...rest, ...(left.length > 0 && { emptying: left }) };
    };
    await clearAway(core, box, modSeq, { rewriteHead });
  }
  if (container.type === 'sessionHistory') {
    const key = conversationKey(container.conversationId);
    const rewrite = (item: StoredItem): StoredItem => {
      if (item.kind !== 'conversationHistory') return item;
      const { emptying = [], ...rest } = item;
      const left = emptying.filter((note) => !isOurs(note));
      return { ...rest, ...(left.length > 0 && { emptying: left }) };
    };
    await clearAway(core, box, modSeq, { beside: [key], rewrite });
  }
}
