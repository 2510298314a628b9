import type { ConversationElement, Element, ElementType } from '../../protocol/elements/element.js';
import type { MessageContext } from '../../protocol/elements/message.js';
import type { Effective } from '../../protocol/preferences.js';
import { utf8Length } from '../../protocol/text.js';
import type { ChangeApplier } from './change-applier.js';
import { type ElementKey, entriesBelow, keyOf, ROWS, rowKey, timeDigits } from './keys.js';
import { confirmed, elementsOf, type LocalView } from './local-view.js';

const DAY_MS = 24 * 3600 * 1000;

/** Whether a conversation history belongs to the scope, as far as its folder and the exclusions say. */
export const isWanted = ({ folders, excludeConversations }: Effective, element: Element): boolean => {
  const { id, folderId } = element as ConversationElement;
  return !excludeConversations.includes(id as never) && (folders === '*' || folders.includes(folderId));
};

/** Unit of the age limit: days of 24 hours, by the date of the message. */
export const isTooOld = ({ maxMessageAgeDays }: Effective, element: Element, nowMs: number): boolean => {
  if (element.type !== 'message') return false;
  const days = maxMessageAgeDays[element.messageContext] ?? Number.POSITIVE_INFINITY;
  return nowMs - Date.parse(element.date) > days * DAY_MS;
};

/** A message with a text of at most `maxTextBytes` of UTF-8, cut at a character. */
export function truncateText<E extends Element>(element: E, effective: Effective | undefined): E {
  const { maxTextBytes = Number.POSITIVE_INFINITY } = effective ?? {};
  if (element.type !== 'message' || (element.textContent?.length ?? 0) * 3 <= maxTextBytes) return element;
  let text = '';
  let bytes = 0;
  for (const character of element.textContent ?? '') {
    bytes += utf8Length(character);
    if (bytes > maxTextBytes) return { ...element, textContent: text, textTruncated: true };
    text += character;
  }
  return element;
}

/** What contents cannot be without, where a device keeps it. */
const CONTAINERS: readonly ElementType[] = ['conversationHistory', 'message'];

/**
 * Drops what a scope no longer holds: element types, longer texts. Where containers are kept from now on, what is held
 * without one goes at the end of the synchronization that brings them.
 */
export async function rescope(
  view: LocalView,
  applier: ChangeApplier,
  effective: Effective,
  before: Effective | undefined,
): Promise<void> {
  if (!before) return;
  const dropped = before.elementTypes.filter((type) => !effective.elementTypes.includes(type));
  const isAdded = (type: ElementType) =>
    effective.elementTypes.includes(type) && !before.elementTypes.includes(type);
  const bringsContainers = CONTAINERS.some(isAdded);
  const isShorter = (effective.maxTextBytes ?? Infinity) < (before.maxTextBytes ?? Infinity);
  if (dropped.length === 0 && !bringsContainers && !isShorter) return;
  for (const kind of ROWS) {
    for await (const row of view.rowsBelow(kind)) {
      for (const type of dropped) {
        const element = confirmed(row[type]);
        if (element) await applier.drop('scope', [element]);
      }
      if (bringsContainers)
        for (const element of elementsOf(row, confirmed)) await applier.noteOrphan(element);
      const message = row.message?.confirmed;
      if (message && isShorter && !dropped.includes('message')) {
        const shorter = truncateText(message, effective);
        if (shorter !== message)
          await view.put({ element: shorter, generation: row.message?.generation ?? 0 });
      }
    }
  }
}

/** Drops messages that have grown too old for the scope, with their states. */
export async function dropOverAge(
  view: LocalView,
  applier: ChangeApplier,
  effective: Effective,
  nowMs: number,
): Promise<void> {
  for (const [context, days] of Object.entries(effective.maxMessageAgeDays) as [MessageContext, number][]) {
    const prefix = keyOf('D', context);
    const before = `${prefix}\n${timeDigits(new Date(nowMs - days * DAY_MS).toISOString())}`;
    for await (const [, value] of entriesBelow(view.tx, prefix, { before })) {
      const key: ElementKey = { ...(value as Omit<ElementKey, 'type'>), type: 'message' };
      const row = await view.row(rowKey(key));
      // Of this transaction may be one of another date, after a reset: the keys by date follow at its end.
      const message = row.message?.confirmed;
      if (message && isTooOld(effective, message, nowMs))
        await applier.drop('scope', elementsOf(row, confirmed));
    }
  }
}
