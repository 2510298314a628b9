import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod/mini';
import { faultsOf } from '../../../protocol/faults.js';
import { ELEMENT_MAX_BYTES } from '../../../protocol/limits.js';
import { jsonBytes } from '../../store/wire.js';
import { mergePatch } from '../merge-patch.js';
import { invalid, type Outcome, unchanged } from '../outcome.js';

/** Faults of an element as a whole, or undefined where it is as it may be. */
export const tooLarge = (element: object | undefined): Outcome | undefined =>
  element && jsonBytes(element) > ELEMENT_MAX_BYTES
    ? invalid({ pointer: '/data', detail: `makes an element of more than ${ELEMENT_MAX_BYTES} bytes` })
    : undefined;

/** The data with the patch merged into it, checked as a whole; or the outcome where there is nothing to write. */
export function patched<T extends object>(
  data: T,
  patch: object,
  schema: z.ZodMiniType<T>,
): { data: T } | { outcome: Outcome } {
  const parsed = schema.safeParse(mergePatch(data, patch), { reportInput: true });
  if (!parsed.success) {
    const faults = faultsOf(parsed.error);
    return { outcome: invalid(...faults.map((fault) => ({ ...fault, pointer: `/data${fault.pointer}` }))) };
  }
  const faulty = tooLarge(parsed.data);
  if (faulty) return { outcome: faulty };
  return isDeepStrictEqual(parsed.data, data) ? { outcome: unchanged } : { data: parsed.data };
}
