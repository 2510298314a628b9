import { elementBytes, isElement } from '../../core/model/element.js';
import type { Counts } from '../../core/model/items.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import { forEachType } from '../../protocol/elements/element-types.js';

/** The number of elements among these items, by type. Counts them one by one. */
export function countedIn(items: readonly StoredItem[]): Counts {
  return {
    ...forEachType((type) => items.filter((item) => item.kind === type).length),
    messageState: items.filter((item) => item.kind === 'message' && item.state).length,
    bytes: items.filter(isElement).reduce((sum, item) => sum + elementBytes(item), 0),
  };
}
