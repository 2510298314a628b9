import type * as z from 'zod/mini';
import { FAULTS_TOLD_MAX } from './limits.js';

/**
 * The same list, which is then looked into also where it is longer than it may be. The schema library does not do that;
 * but all faults of a body are told at once. It goes on until there are as many as an answer tells.
 */
export function lookingInto<List extends z.core.$ZodArray>(list: List): List {
  const { parse, bag, def } = list._zod;
  list._zod.parse = (payload, context) => {
    const { value, issues } = payload as { value: unknown; issues: typeof payload.issues };
    if (!Array.isArray(value) || value.length <= Number(bag.maximum)) return parse(payload, context);
    for (let i = 0; i < value.length && issues.length < FAULTS_TOLD_MAX; i++) {
      const element = { value: value[i], issues: [] };
      def.element._zod.run(element, context);
      for (const issue of element.issues as typeof issues) {
        issues.push({ ...issue, path: [i, ...(issue.path ?? [])] });
      }
    }
    return payload; // that it is too long is told by its own check
  };
  return list;
}

/** A check that runs also where elements are at fault. What it sees is then as it came. */
export const ifList = ({ value }: { readonly value: unknown }): boolean => Array.isArray(value);
