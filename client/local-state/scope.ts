import type { ConversationElement, Element, ElementType } from '../../protocol/elements/element.js';
import type { MessageContext } from '../../protocol/elements/message.js';
import type { Effective } from '../../protocol/preferences.js';
import { utf8Length } from '../../protocol/text.js';
import type { ChangeApplier } from './change-applier.js';
import { type ElementKey, entriesBelow, keyOf, ROWS, rowKey, timeDigits } from './keys.js';
import { confirmed, elementsOf, type LocalView } from './local-view.js';

const DAY_MS = 24 * 3600 * 1000;

/** Whether the folders and the exclusions of the scope admit a conversation history. */
export const isWanted = ({ folders, excludeConversations }: Effective, element: Element): boolean => {
  const { id, folderId } = element as ConversationElement;
  return !excludeConversations.includes(id as never) && (folders === '*' || folders.includes(folderId));
};

/** Whether a message exceeds the age limit of the scope. Unit: days of 24 hours since the date of the message. */
export const isTooOld = ({ maxMessageAgeDays }: Effective, element: Element, nowMs: number): boolean => {
  if (element.type !== 'message') return false;
  const days = maxMessageAgeDays[element.messageContext] ?? Infinity;
  return nowMs - Date.parse(element.date) > days * DAY_MS;
};

/** Truncates the text of a message to `maxTextBytes` of UTF-8, after a whole character. Other elements stay as they are. */
export function truncateText<E extends Element>(element: E, effective: Effective | undefined): E {
  const { maxTextBytes = Infinity } = effective ?? {};
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

/** Containers without which their contents are dropped, if the device holds this type. */
const CONTAINERS: readonly ElementType[] = ['conversationHistory', 'message'];

/**
 * Applies a new scope to the confirmed elements: drops element types that left it, and truncates texts. A scope that adds
 * containers brings them with this synchronization. Its end drops contents without one, so they are noted here.
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

/** Drops messages that exceed the age limit of the scope, with their states. */
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
      // After a reset, this transaction may hold the message with another date. `save` updates the dates later.
      const message = row.message?.confirmed;
      if (message && isTooOld(effective, message, nowMs))
        await applier.drop('scope', elementsOf(row, confirmed));
    }
  }
}
