import { pointerOf } from '../../../protocol/faults.js';
import type { Fault } from '../../../protocol/problem.js';

const HIDDEN = '__proto__';
/** Limit of all pointers together, since each pointer repeats the names above it. The first pointer is always complete. */
const CHARACTERS_MAX = 100_000;

/**
 * Faults of the members `__proto__` in an input. JSON can have such a member, and the schema library ignores it.
 * The input must not nest deeper than `parseJson` allows.
 */
export function hiddenMembers(input: unknown): Fault[] {
  const faults: Fault[] = [];
  const path: string[] = [];
  let characters = 0;
  const note = (pointer: string): void => {
    characters += pointer.length;
    faults.push({ pointer, detail: 'is not a known member' });
  };
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (characters > CHARACTERS_MAX) return;
      path.push(name);
      if (name === HIDDEN) note(pointerOf(path));
      walk(member);
      path.pop();
    }
  };
  walk(input);
  return faults;
}
