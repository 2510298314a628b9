import type { MessageElement, MessageStateElement } from '../../protocol/elements/element.js';
import type { HistoryResponse } from '../../protocol/history.js';
import type { HistoryQuery } from '../../protocol/history-query.js';
import type { ConversationId, MessageId } from '../../protocol/ids.js';
import { readTail } from '../log/tail.js';
import { type BoxView, viewOf } from '../log/view.js';
import { withBody } from '../model/effects.js';
import { elementOf, jsonBytes, stateElementOf } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, StoredConversation, StoredMessage } from '../model/items.js';
import { bodyKey, conversationKey, deviceKey, endOf, messageKey, messagesPrefix } from '../model/keys.js';
import { isGoneFrom, isInDeletedFolder } from '../model/liveness.js';
import type { Head } from '../model/log-entry.js';
import { RESPONSE_MAX_BYTES } from '../model/response-limit.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { scoped } from '../scope/scoped-device.js';
import { holdsConversation, syncScopeOf } from '../scope/sync-scope.js';

const ITEMS_PER_READ_MAX = 1000; // a database page holds about as many of usual size

/**
 * Messages of a conversation history with their states, newest first. They have their whole text, and may be older than
 * the device's age limit.
 * @throws SyncProblem `device-not-registered`, `busy`; `not-found` if the conversation history does not exist or is
 * outside of the device's folders. The caller cannot distinguish the two.
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
  return readMessages(view, history, { before, limit });
}

function liveHistory(head: Head, history: StoredItem | undefined): StoredConversation | undefined {
  if (history?.kind !== 'conversationHistory') return undefined;
  return isInDeletedFolder(head.pendingPurges, history) ? undefined : history;
}

/** Reads until the response is full. Tombstones and expired messages lie between the living ones. */
async function readMessages(
  view: BoxView,
  history: StoredConversation,
  { before, limit }: Pick<HistoryQuery, 'before' | 'limit'>,
): Promise<HistoryResponse> {
  const prefix = messagesPrefix(history.id);
  const elements: (MessageElement | MessageStateElement)[] = [];
  let last: MessageId | undefined;
  let bytes = 0;
  let messages = 0;
  let to = before === undefined ? endOf(prefix) : messageKey(history.id, before);
  // Each read takes twice as many items, so that many dead ones in a row cost few reads.
  for (let more = true, least = 1; more; least = Math.min(2 * least, ITEMS_PER_READ_MAX)) {
    const wanted = Math.max(limit + 1 - messages + 1, least);
    const read = await view.query({ from: prefix, to, limit: wanted, descending: true });
    const alive = read.items.filter(
      (item): item is StoredMessage => item.sk !== to && isAlive(item, history, view.nowMs),
    );
    for (const item of await withBodies(view, alive)) {
      const state = stateElementOf(item);
      const both = [elementOf(item) as MessageElement, ...(state ? [state] : [])];
      bytes += jsonBytes(both);
      if (messages === limit || (messages > 0 && bytes > RESPONSE_MAX_BYTES)) {
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
  const large = messages.filter(({ bodyBytes }) => bodyBytes !== undefined).map(({ sk }) => bodyKey(sk));
  if (large.length === 0) return messages;
  const bodies = await view.get(large);
  return messages.map((message) => withBody(message, bodies.get(bodyKey(message.sk))));
}

const isAlive = (item: StoredItem, history: StoredConversation, nowMs: number): item is StoredMessage =>
  item.kind === 'message' && !hasExpired(item, nowMs) && !isGoneFrom(history, item);
