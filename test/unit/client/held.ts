import type { LocalStore } from '../../../client/local-store.js';

const SHORT = {
  folder: 'f',
  conversationHistory: 'c',
  sessionHistory: 's',
  message: 'm',
  messageState: 'st',
};

/** What a store holds, as `m:<conversation>/<id>@<modSeq>`, sorted: short enough to write down what is expected. */
export async function heldIn(store: LocalStore): Promise<string[]> {
  const names: string[] = [];
  for await (const element of store.elements()) {
    const place = 'conversationId' in element ? `${element.conversationId}/` : '';
    names.push(`${SHORT[element.type]}:${place}${element.id}@${element.modSeq}`);
  }
  return names.sort();
}
