import { entryKey } from '../../../../core/model/keys.js';
import type { Effect, ItemContent, LogEntry } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { versionOf } from '../../../../core/model/version.js';
import { forEachType } from '../../../../protocol/elements/element-types.js';

export const FIRST = 1000;

/** An entry of a log that begins with FIRST. */
export function anEntry(index: number, effects: readonly Effect[], more: Partial<LogEntry> = {}): LogEntry {
  const { timeline = 0 } = more;
  return {
    kind: 'entry',
    sk: entryKey(index),
    version: versionOf(timeline, index),
    index,
    timeline,
    modSeq: index - FIRST + 1,
    nonce: `nonce ${index}`,
    previous: `nonce ${index - 1}`,
    previousAtMs: 0,
    atMs: 0,
    origin: { by: 'participatingFunction' },
    rows: [],
    effects,
    epoch: 'epoch',
    firstIndex: FIRST,
    counts: { ...forEachType(() => 0), folder: 2, bytes: 0 },
    devices: 0,
    projected: FIRST - 1,
    timerAtMs: 0,
    resetsBefore: 0,
    ...more,
  };
}

export const messageContent = (id: string, modSeq: number, textContent = id): ItemContent =>
  ({
    kind: 'message',
    id,
    conversationId: 'c1',
    modSeq,
    data: { date: '2026-02-28T09:00:00Z', textContent },
  }) as never;

/** A message comes to be. */
export const aMessageEffect = (id: string, modSeq = 1, more: Partial<Effect> = {}): Effect => ({
  sk: `E#c1#M#${id}`,
  content: messageContent(id, modSeq),
  ...more,
});

export const aTombstone = (id: string, more: Partial<Effect> = {}): Effect => ({
  sk: `E#c1#M#${id}`,
  content: { kind: 'tombstone', of: 'message' },
  state: null,
  ...more,
});

/** The item as it is in the view when an effect was applied to nothing. */
export const itemOf = ({ sk, content, state, expiresAtMs }: Effect, version: number): StoredItem =>
  ({
    ...content,
    sk,
    version,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(state !== undefined && { stateVersion: version, ...(state && { state }) }),
  }) as StoredItem;
