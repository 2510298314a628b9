import { ELEMENT_TYPES, type ElementType } from '../../protocol/elements/element.js';

export type Counts = Record<ElementType, number>;

export const countsByType = (elements: Iterable<{ type: ElementType }> = []): Counts => {
  const counts = Object.fromEntries(ELEMENT_TYPES.map((type) => [type, 0])) as Counts;
  for (const { type } of elements) counts[type] += 1;
  return counts;
};

export const addCounts = (sum: Counts, more: Counts): Counts =>
  Object.fromEntries(ELEMENT_TYPES.map((type) => [type, sum[type] + more[type]])) as Counts;
