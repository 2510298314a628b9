import type * as z from 'zod/mini';
import { isSameJson, mergePatch } from '../../../protocol/json.js';
import { ELEMENT_MAX_BYTES } from '../../../protocol/limits.js';
import { validate } from '../../../protocol/validation.js';
import { elementOf, jsonBytes } from '../../model/element.js';
import type { StoredElement } from '../../model/items.js';
import { invalid, type Outcome, unchanged } from '../outcome.js';

/**
 * The outcome for an element that is too large on the wire; undefined where its size is allowed.
 * @param pointer to the member of the operation that makes the element
 */
export const tooLarge = (element: object | undefined, pointer = '/data'): Outcome | undefined =>
  element && jsonBytes(element) > ELEMENT_MAX_BYTES
    ? invalid({ pointer, detail: `makes an element of more than ${ELEMENT_MAX_BYTES} bytes` })
    : undefined;

/** The element with a patch merged into it, validated as a whole; or the outcome where there is nothing to write. */
export function patched<E extends StoredElement>(
  stored: E,
  modSeq: number,
  patch: object,
  schema: z.ZodMiniType<E['data']>,
): E | Outcome {
  const merged = validate(schema, mergePatch(stored.data, patch));
  if (!merged.ok)
    return invalid(...merged.faults.map((fault) => ({ ...fault, pointer: `/data${fault.pointer}` })));
  if (isSameJson(merged.value, stored.data)) return unchanged;
  const item: E = { ...stored, modSeq, data: merged.value };
  return tooLarge(elementOf(item)) ?? item;
}
