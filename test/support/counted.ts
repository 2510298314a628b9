import { elementBytes } from '../../core/model/element.js';
import type { Counts } from '../../core/model/items.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import { isElement } from '../../core/write/log-rows.js';

/** The number of elements among these items, by type. Counts them one by one. */
export function countedIn(items: readonly StoredItem[]): Counts {
  const of = (kind: string) => items.filter((item) => item.kind === kind).length;
  return {
    folder: of('folder'),
    conversationHistory: of('conversationHistory'),
    sessionHistory: of('sessionHistory'),
    message: of('message'),
    messageState: items.filter((item) => item.kind === 'message' && item.state).length,
    bytes: items.filter(isElement).reduce((sum, item) => sum + elementBytes(item), 0),
  };
}
