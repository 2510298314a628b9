import type { StoredMessage, StoredState } from '../../core/model/items.js';
import { entryKey, messageKey } from '../../core/model/keys.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import { forEachType } from '../../protocol/elements/element-types.js';
import type { ConversationId, MessageId, ModSeq } from '../../protocol/ids.js';

/** An item whose text the store must return. */
export const anItem = (sk: string, version = 1, textContent = `text of ${sk}`): StoredMessage => ({
  kind: 'message',
  sk,
  version,
  modSeq: version,
  id: 'm' as MessageId,
  conversationId: 'c' as ConversationId,
  data: {
    messageContext: 'pager-message',
    direction: 'In',
    from: 'tel:+15550101',
    to: ['tel:+15550100'],
    date: '2026-02-28T09:00:00Z',
    contentType: 'text/plain',
    textContent,
  },
});

export const aState = (modSeq: number, ...flags: string[]): StoredState => ({
  modSeq,
  flags,
  dispositions: [],
});

const LIFE = { resetsBefore: 0, epoch: 'e', firstIndex: 1, projected: 0, timerAtMs: 0, devices: 0 };
const COUNTS = { ...forEachType(() => 0), folder: 2, bytes: 0 };

/** An entry of the log that creates one message. */
export function anEntry(index: number, nonce = `nonce ${index}`): LogEntry {
  const conversationId = 'c' as ConversationId;
  const id = `m${index}` as MessageId;
  const sk = messageKey(conversationId, id);
  const { version: _, sk: __, ...content } = { ...anItem(sk, index), id };
  const { data } = content;
  return {
    kind: 'entry',
    sk: entryKey(index),
    version: index,
    expiresAtMs: 4_000_000_000_000,
    index,
    timeline: 0,
    modSeq: index,
    nonce,
    previous: `nonce ${index - 1}`,
    previousAtMs: 0,
    atMs: 5,
    origin: { by: 'participatingFunction' },
    rows: [
      {
        type: 'message',
        id,
        conversationId,
        element: { type: 'message', id, modSeq: index as ModSeq, conversationId, ...data },
      },
    ],
    effects: [{ sk, content, creates: true }],
    counts: COUNTS,
    ...LIFE,
  };
}

/** So many values, by their number from 0. */
export const many = <T>(count: number, build: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => build(i));

/** A key that sorts by its number, which has at most three digits. */
export const numbered = (prefix: string, i: number) => `${prefix}${String(i).padStart(3, '0')}`;
