import { entriesBelow, ROWS } from '../../../client/local-state/keys.js';
import { confirmed, elementsOf } from '../../../client/local-state/local-view.js';
import type { Row } from '../../../client/local-state/rows.js';
import type { LocalStore } from '../../../client/stores/local-store.js';
import type { Element } from '../../../protocol/elements/element.js';

const SHORT = {
  folder: 'f',
  conversationHistory: 'c',
  sessionHistory: 's',
  message: 'm',
  messageState: 'st',
};

/** The elements of a store in a short form, sorted. Shape: `m:<conversation>/<id>@<modSeq>`. */
export async function heldIn(store: LocalStore): Promise<string[]> {
  const names = (await confirmedIn(store)).map((element) => {
    const place = 'conversationId' in element ? `${element.conversationId}/` : '';
    return `${SHORT[element.type]}:${place}${element.id}@${element.modSeq}`;
  });
  return names.sort();
}

/** The confirmed elements of a store, without optimistic updates. */
export function confirmedIn(store: LocalStore): Promise<Element[]> {
  return store.transaction('read', async (tx) => {
    const elements: Element[] = [];
    for (const kind of ROWS)
      for await (const [, row] of entriesBelow(tx, kind)) elements.push(...elementsOf(row as Row, confirmed));
    return elements;
  });
}
