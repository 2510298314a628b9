import type { MessageElement, MessageStateElement } from '../../protocol/elements/element.js';
import type { HistoryResponse } from '../../protocol/history.js';
import type { HistoryQuery } from '../../protocol/history-query.js';
import type { ConversationId, MessageId } from '../../protocol/ids.js';
import { readTail } from '../log/tail.js';
import { type BoxView, viewOf } from '../log/view.js';
import { withBody } from '../model/effects.js';
import { elementOf, jsonBytes, stateElementOf } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, StoredConversation, StoredItem, StoredMessage } from '../model/items.js';
import { bodyKey, conversationKey, deviceKey, endOf, messageKey, messagesPrefix } from '../model/keys.js';
import { isGoneFrom } from '../model/liveness.js';
import type { Head } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { scoped } from '../scope/device-scope.js';
import { holdsConversation, syncScopeOf } from '../scope/sync-scope.js';

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
  const tail = await readTail(core, box);
  if (!tail) throw new SyncProblem('device-not-registered');
  const view = await viewOf(core, box, tail);
  const items = await view.get([deviceKey(deviceId), conversationKey(conversationId)]);
  const device = items.get(deviceKey(deviceId));
  if (device?.kind !== 'device') throw new SyncProblem('device-not-registered');
  const history = liveHistory(tail.head, items.get(conversationKey(conversationId)));
  const { effective } = await scoped(core, box, device, tail.head.policyId);
  if (!history || !holdsConversation(syncScopeOf(effective), conversationId, history.data.folderId)) {
    throw new SyncProblem('not-found', { detail: 'there is no such conversation history for this device' });
  }
  return page(view, history, before, limit);
}

function liveHistory(head: Head, history: StoredItem | undefined): StoredConversation | undefined {
  if (history?.kind !== 'conversationHistory') return undefined;
  return head.pendingPurges?.some((folder) => folder.id === history.data.folderId) ? undefined : history;
}

/** Reads on until the page is full: among the others stand tombstones, and what has expired and is still there. */
async function page(
  view: BoxView,
  history: StoredConversation,
  before: MessageId | undefined,
  limit: number,
): Promise<HistoryResponse> {
  const prefix = messagesPrefix(history.id);
  const { nowMs } = view;
  const elements: (MessageElement | MessageStateElement)[] = [];
  let last: MessageId | undefined;
  let bytes = 0;
  let messages = 0;
  let to = before === undefined ? endOf(prefix) : messageKey(history.id, before);
  // What is dead is passed over in ever larger steps.
  for (let more = true, least = 1; more; least = Math.min(2 * least, ITEMS_PER_READ_MAX)) {
    const read = await view.query({
      from: prefix,
      to,
      limit: Math.max(limit + 1 - messages + 1, least),
      descending: true,
    });
    const alive = read.items.filter(
      (item): item is StoredMessage => item.sk !== to && isAlive(item, history, nowMs),
    );
    for (const item of await withBodies(view, alive)) {
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
    more = read.more && read.last !== undefined;
    if (read.last !== undefined) to = read.last;
  }
  return { elements };
}

async function withBodies(
  view: BoxView,
  messages: readonly StoredMessage[],
): Promise<readonly StoredMessage[]> {
  const large = messages.filter(({ bodyBytes: aside }) => aside !== undefined).map(({ sk }) => bodyKey(sk));
  if (large.length === 0) return messages;
  const bodies = await view.get(large);
  return messages.map((message) => withBody(message, bodies.get(bodyKey(message.sk))));
}

const isAlive = (item: StoredItem, history: StoredConversation, nowMs: number): item is StoredMessage =>
  item.kind === 'message' && !hasExpired(item, nowMs) && !isGoneFrom(history, item);
