import type * as z from 'zod/mini';
import { faultsOf } from '../../../protocol/faults.js';
import { isSameJson, mergePatch } from '../../../protocol/json.js';
import { ELEMENT_MAX_BYTES } from '../../../protocol/limits.js';
import { elementOf, jsonBytes } from '../../model/element.js';
import type { StoredElement } from '../../model/items.js';
import { invalid, type Outcome, unchanged } from '../outcome.js';

/**
 * Faults of an element, as it goes over the wire, as a whole; or undefined where it is as it may be.
 * @param pointer to what makes the element, in its operation
 */
export const tooLarge = (element: object | undefined, pointer = '/data'): Outcome | undefined =>
  element && jsonBytes(element) > ELEMENT_MAX_BYTES
    ? invalid({ pointer, detail: `makes an element of more than ${ELEMENT_MAX_BYTES} bytes` })
    : undefined;

/** The element with the patch merged into it, checked as a whole; or the outcome where there is nothing to write. */
export function patched<E extends StoredElement>(
  stored: E,
  modSeq: number,
  patch: object,
  schema: z.ZodMiniType<E['data']>,
): { item: E } | { outcome: Outcome } {
  const parsed = schema.safeParse(mergePatch(stored.data, patch), { reportInput: true });
  if (!parsed.success) {
    const faults = faultsOf(parsed.error);
    return { outcome: invalid(...faults.map((fault) => ({ ...fault, pointer: `/data${fault.pointer}` }))) };
  }
  if (isSameJson(parsed.data, stored.data)) return { outcome: unchanged };
  const item: E = { ...stored, modSeq, data: parsed.data };
  const faulty = tooLarge(elementOf(item));
  return faulty ? { outcome: faulty } : { item };
}
