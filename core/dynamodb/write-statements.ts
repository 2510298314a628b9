import type { ViewWrite } from '../model/effects.js';
import type { StoredItem } from '../model/stored-item.js';
import { body, contentOf, type Image, number } from './codec.js';
import type { Changes } from './expressions.js';
import type { Statement } from './statements.js';

/** A part of an item as it is written: version and body, each with the name of its attribute. */
export interface Part {
  readonly at: 'v' | 'sv';
  readonly version: Image[string];
  readonly bodyAt: 'b' | 's';
  readonly body: Image[string] | undefined; // undefined: there is no state
}

export function partsOf({ version, content, state }: ViewWrite): Part[] {
  const at = number(version);
  return [
    ...(content ? [{ at: 'v', version: at, bodyAt: 'b', body: body(contentOf(content)) } as const] : []),
    ...(state !== undefined
      ? [{ at: 'sv', version: at, bodyAt: 's', body: state ? body(state) : undefined } as const]
      : []),
  ];
}

type Condition = { readonly name: string } & (
  | { readonly below: Image[string] }
  | { readonly atMost: Image[string] }
  | { readonly is: Image[string] | undefined }
);

export function update(
  table: string,
  key: Image,
  changes: Changes,
  conditions: readonly Condition[],
): Statement {
  const sets = Object.entries(changes).filter(([, value]) => value !== undefined);
  const removes = Object.entries(changes).filter(([, value]) => value === undefined);
  const clauses = [
    ...sets.map(([name]) => `SET "${name}"=?`),
    ...removes.map(([name]) => `REMOVE "${name}"`),
  ];
  const where = conditions.map((condition) => {
    const { name } = condition;
    if ('below' in condition)
      return { text: `("${name}" IS MISSING OR "${name}" < ?)`, value: condition.below };
    if ('atMost' in condition)
      return { text: `("${name}" IS MISSING OR "${name}" <= ?)`, value: condition.atMost };
    return condition.is === undefined
      ? { text: `"${name}" IS MISSING` }
      : { text: `"${name}"=?`, value: condition.is };
  });
  const keys = Object.entries(key);
  return {
    Statement: `UPDATE "${table}" ${clauses.join(' ')} WHERE ${[...keys.map(([name]) => `"${name}"=?`), ...where.map(({ text }) => text)].join(' AND ')}`,
    Parameters: [
      ...sets.map(([, value]) => value as Image[string]),
      ...keys.map(([, value]) => value),
      ...where.flatMap(({ value }) => value ?? []),
    ],
  };
}

export function insert(table: string, image: Changes): Statement {
  const present = Object.entries(image).filter(([, value]) => value !== undefined);
  return {
    Statement: `INSERT INTO "${table}" VALUE {${present.map(([name]) => `'${name}':?`).join(', ')}}`,
    Parameters: present.map(([, value]) => value as Image[string]),
  };
}

/** The versions of an item as they were read. */
export const encodeVersions = (item: StoredItem) => ({
  v: item.kind === 'stateAlone' ? undefined : number(item.version),
  sv: 'stateVersion' in item && item.stateVersion !== undefined ? number(item.stateVersion) : undefined,
});

/** Splits writes into rounds that write each item once: the database rejects a batch that writes an item twice. */
export function rounds(writes: readonly ViewWrite[]): ViewWrite[][] {
  const all: ViewWrite[][] = [];
  const counts = new Map<string, number>();
  for (const write of writes) {
    const count = counts.get(write.sk) ?? 0;
    counts.set(write.sk, count + 1);
    const round = all[count] ?? [];
    all[count] = round;
    round.push(write);
  }
  return all;
}
