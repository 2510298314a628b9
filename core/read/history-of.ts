import type { MessageElement, MessageStateElement } from '../../protocol/elements/element.js';
import type { HistoryResponse } from '../../protocol/history.js';
import type { HistoryQuery } from '../../protocol/history-query.js';
import type { ConversationId, MessageId } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import { hasExpired } from '../model/expiry.js';
import { currentEffective } from '../scope/policies.js';
import { holdsConversation, scopeOf } from '../scope/scope.js';
import type { BoxId, Head, StoredConversation, StoredItem, StoredMessage } from '../model/items.js';
import { conversationKey, endOf, HEAD_KEY, messageKey, messagesPrefix } from '../model/keys.js';
import { elementOf, jsonBytes, stateElementOf } from '../model/element.js';
import { headIn } from './read-log.js';
import { SyncProblem } from '../model/sync-problem.js';

const ITEMS_PER_READ_MAX = 1000; // a database page holds about as many of usual size
const ANSWER_MAX_BYTES = 2 * 1024 * 1024; // a Lambda function may answer with 6 MB, and a message has a state beside it

/**
 * Messages of a conversation history with their states, newest first, with their whole text and older than the
 * device's age limit too.
 * @throws SyncProblem `device-not-registered`, `busy`; `not-found` for a conversation history that is unknown or outside the
 * device's folders, all alike.
 */
export async function historyOf(
  core: Core,
  box: BoxId,
  conversationId: ConversationId,
  { deviceId, before, limit }: HistoryQuery,
): Promise<HistoryResponse> {
  const [device, beside] = await Promise.all([
    core.registry.device(box, deviceId),
    core.store.get(box, [HEAD_KEY, conversationKey(conversationId)]),
  ]);
  const head = headIn(beside);
  if (!device) throw new SyncProblem('device-not-registered');
  const history = liveHistory(head, beside.get(conversationKey(conversationId)));
  const scope = scopeOf(await currentEffective(core, device));
  if (!history || !holdsConversation(scope, conversationId, history.data.folderId)) {
    throw new SyncProblem('not-found', { detail: 'there is no such conversation history for this device' });
  }
  return page(core, box, history, before, limit);
}

function liveHistory(
  head: Head | undefined,
  history: StoredItem | undefined,
): StoredConversation | undefined {
  if (!head || history?.kind !== 'conversationHistory') return undefined;
  return head.emptying?.some((folder) => folder.id === history.data.folderId) ? undefined : history;
}

/** Reads on until the page is full: among the others stand tombstones, and what has expired and is still there. */
async function page(
  core: Core,
  box: BoxId,
  history: StoredConversation,
  before: MessageId | undefined,
  limit: number,
): Promise<HistoryResponse> {
  const prefix = messagesPrefix(history.id);
  const nowMs = core.clock.now();
  const elements: (MessageElement | MessageStateElement)[] = [];
  let last: MessageId | undefined;
  let bytes = 0;
  let messages = 0;
  let to = before === undefined ? endOf(prefix) : messageKey(history.id, before);
  // What is dead is passed over in ever larger steps.
  for (let more = true, least = 1; more; least = Math.min(2 * least, ITEMS_PER_READ_MAX)) {
    const read = await core.store.query(box, {
      from: prefix,
      to,
      limit: Math.max(limit + 1 - messages + 1, least),
      descending: true,
    });
    for (const item of read.items) {
      if (item.sk === to || !isAlive(item, history, nowMs)) continue;
      const state = stateElementOf(item);
      const both = [elementOf(item) as MessageElement, ...(state ? [state] : [])];
      bytes += jsonBytes(both);
      if (messages === limit || (messages > 0 && bytes > ANSWER_MAX_BYTES)) {
        return { elements, ...(last !== undefined && { next: last }) };
      }
      elements.push(...both);
      messages++;
      last = item.id;
    }
    const end = read.items.at(-1)?.sk;
    more = read.more && end !== undefined;
    if (end !== undefined) to = end;
  }
  return { elements };
}

const isAlive = (item: StoredItem, history: StoredConversation, nowMs: number): item is StoredMessage =>
  item.kind === 'message' &&
  !hasExpired(item, nowMs) &&
  item.modSeq >= history.data.createdModSeq &&
  !history.emptying?.some(({ id }) => id === item.data.sessionId);
