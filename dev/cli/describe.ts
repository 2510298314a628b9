import type { Dropped } from '../../client/local-state/change-applier.js';
import { type Counts, countsByType } from '../../client/local-state/counts.js';
import { ELEMENT_TYPES, type Element, type ElementType } from '../../protocol/elements/element.js';
import type { SyncRequestFrame } from '../../protocol/frames.js';
import { printable, shortened } from './printable.js';

const TEXT_LENGTH = 70;
const ID_LENGTH = 12;

const NAMES: Record<ElementType, [one: string, more: string]> = {
  folder: ['folder', 'folders'],
  conversationHistory: ['conversation history', 'conversation histories'],
  sessionHistory: ['session history', 'session histories'],
  message: ['message', 'messages'],
  messageState: ['message state', 'message states'],
};

const nameOf = (type: ElementType, count: number): string => NAMES[type][count === 1 ? 0 : 1];

/** `3 folders, 88 conversation histories, …`, every type. */
export const describeCounts = (counts: Counts): string =>
  ELEMENT_TYPES.map((type) => `${counts[type]} ${nameOf(type, counts[type])}`).join(', ');

const describeSome = (counts: Partial<Counts>): string =>
  ELEMENT_TYPES.flatMap((type) => {
    const count = counts[type] ?? 0;
    return count > 0 ? [`${count} ${nameOf(type, count)}`] : [];
  }).join(', ');

/** One line for a received element. */
export function describeElement(element: Element): string {
  return printable(textOf(element));
}

function textOf(element: Element): string {
  switch (element.type) {
    case 'folder':
      return `folder ${element.id} "${element.name}" in ${element.parentFolderId ?? 'the top'}`;
    case 'conversationHistory':
      return `conversation ${short(element.id)} (${element.kind}) with ${element.participants.join(', ')} in folder ${element.folderId}`;
    case 'sessionHistory':
      return `session ${short(element.id)} in ${short(element.conversationId)} by ${element.originator} from ${element.startedAt}`;
    case 'message': {
      const { date, conversationId, direction, from, to, contentType, textContent } = element;
      const parties = direction === 'In' ? `from ${from}` : `to ${to.join(', ')}`;
      const text =
        textContent === undefined ? `[${contentType}]` : shortened(printable(textContent), TEXT_LENGTH);
      return `${timeOf(date)}  ${short(conversationId)}  ${direction.padEnd(3)} ${parties}: ${text}`;
    }
    case 'messageState': {
      const reports = (element.dispositions ?? []).map(
        ({ participant, disposition }) => `${disposition} to ${participant}`,
      );
      const state = [...(element.flags ?? []), ...reports].join(' ') || 'nothing';
      return `state of ${element.id} in ${short(element.conversationId)}: ${state}`;
    }
  }
}

/** One line for elements that the device no longer holds, a container with its contents. */
export function describeDropped({ cause, elements }: Dropped): string {
  const what = describeSome(countsByType(elements));
  if (cause === 'reset') return `not sent again after the reset: ${what}`;
  if (cause === 'scope') return `no longer kept on this device: ${what}`;
  const place = cause.conversationId ? ` in ${short(cause.conversationId)}` : '';
  return printable(`${nameOf(cause.type, 1)} ${cause.id}${place} removed (${cause.removed}): ${what}`);
}

/** One line for a synchronization request of the server. */
export function describeSyncRequest({ modSeq, changes, conversations }: SyncRequestFrame): string {
  const places = conversations.length > 0 ? ` in ${conversations.map(short).join(', ')}` : '';
  return printable(`synchronization request up to ${modSeq}: ${describeSome(changes)}${places}`);
}

const short = (id: string): string => shortened(id, ID_LENGTH);

const timeOf = (date: string): string => `${date.slice(0, 10)} ${date.slice(11, 16)}`;
