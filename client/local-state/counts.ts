import { ELEMENT_TYPES, type ElementType } from '../../protocol/elements/element.js';

/** Number of elements by type. */
export type Counts = Record<ElementType, number>;

/** Counts elements by type. Without elements all counts are 0. */
export const countsByType = (elements: Iterable<{ type: ElementType }> = []): Counts => {
  const counts = Object.fromEntries(ELEMENT_TYPES.map((type) => [type, 0])) as Counts;
  for (const { type } of elements) counts[type] += 1;
  return counts;
};

/** The sum of two counts, type by type. */
export const addCounts = (sum: Counts, more: Counts): Counts =>
  Object.fromEntries(ELEMENT_TYPES.map((type) => [type, sum[type] + more[type]])) as Counts;
