import { pointerOf } from '../../../protocol/faults.js';
import type { Fault } from '../../../protocol/problem.js';

const HIDDEN = '__proto__';
/** Of all pointers together: names above may be long, and are in each of them again. The first is told whole. */
const CHARACTERS_MAX = 100_000;

/**
 * Members that no schema takes, and that the schema library passes over wherever it copies an object: JSON can name a
 * member like what every object has. Of an input that nests no deeper than JSON that was read may.
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
