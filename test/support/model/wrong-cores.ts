import type { ViewWrite } from '../../../core/model/effects.js';
import type { Core } from '../../../core/ports/core.js';
import type { Store } from '../../../core/ports/store.js';
import type { Change } from '../../../protocol/elements/element.js';
import type { SyncResponse } from '../../../protocol/sync.js';
import type { Disguise } from './stage.js';

// Cores that are wrong on purpose, each in one rule: in their dependencies or in their answers. The model
// must find each. test/support/faults/faults.ts holds faults within the core.

/** The store with changed writes to the view. */
const projecting = (other: (writes: readonly ViewWrite[]) => readonly ViewWrite[]): Disguise => ({
  core: (core) => {
    const project: Store['project'] = (box, writes, advance) =>
      core.store.project(box, other(writes), advance);
    const store = new Proxy(core.store, {
      get: (target, name) => {
        const member = name === 'project' ? project : Reflect.get(target, name);
        return typeof member === 'function' && name !== 'project' ? member.bind(target) : member;
      },
    });
    return over(core, { store });
  },
});

/** The core with replaced members. Its timeline remains that of the stage. */
const over = (core: Core, other: Partial<Core>): Core => Object.assign(Object.create(core), other);

const answering = (other: (changes: readonly Change[]) => Change[]): Disguise => ({
  answer: ({ changes = [], ...answer }: SyncResponse): SyncResponse => {
    const left = other(changes);
    return { ...answer, ...(left.length > 0 && { changes: left }) };
  },
});

/** A deletion that leaves no tombstone in the view. */
const deletedWithoutTombstone = projecting((writes) =>
  writes.filter(({ content }) => content?.kind !== 'tombstone'),
);

const outOfScopeNeverSent = answering((changes) =>
  changes.filter((change) => !('removed' in change && change.removed === 'outOfScope')),
);

const lastChangeLeftOut = answering((changes) => changes.slice(0, Math.max(1, changes.length - 1)));

const removalsFirst = answering((changes) => [
  ...changes.filter((change) => 'removed' in change),
  ...changes.filter((change) => !('removed' in change)),
]);

/** A purge worker that never purges the contents of deleted containers. */
const purgerThatNeverComes: Disguise = {
  core: (core) => over(core, { purgeQueue: { send: async () => {} } }),
};

export const WRONG_CORES: Readonly<Record<string, Disguise>> = {
  'a deletion without tombstone': deletedWithoutTombstone,
  'an answer without outOfScope': outOfScopeNeverSent,
  'an answer without its last change': lastChangeLeftOut,
  'an answer whose removals stand first': removalsFirst,
  'a purger that never comes': purgerThatNeverComes,
};
