import type { Core } from '../../../core/core.js';
import type { StoredItem } from '../../../core/model/items.js';
import type { Commit } from '../../../core/model/log-entry.js';
import { commitKey } from '../../../core/model/keys.js';
import type { Range, Store, Write } from '../../../core/ports/store.js';
import type { Change } from '../../../protocol/elements/element.js';
import type { SyncResponse } from '../../../protocol/sync.js';
import type { Disguise } from './stage.js';

// Wrong on purpose, each in one rule, by what the core stands on or by what it answers: the model has to find them.

type Query = { items: readonly StoredItem[]; more: boolean };

/** The store with some of its calls in other words. */
const over = (
  store: Store,
  { write, query }: { write?: Store['write']; query?: (given: Query, range: Range) => Query },
): Store => ({
  snapshot: (box, keys) => store.snapshot(box, keys),
  get: (box, keys) => store.get(box, keys),
  keys: (box, limit) => store.keys(box, limit),
  write: write ?? ((box, writes) => store.write(box, writes)),
  query: async (box, range) => {
    const given = await store.query(box, range);
    return query ? query(given, range) : given;
  },
});

/** What is written is written otherwise. */
const writing = (other: (write: Write) => Write): Disguise => ({
  core: (core) => ({
    ...core,
    store: over(core.store, { write: (box, writes) => core.store.write(box, writes.map(other)) }),
  }),
});

const answering = (other: (changes: readonly Change[]) => Change[]): Disguise => ({
  answer: ({ changes = [], ...answer }: SyncResponse): SyncResponse => {
    const left = other(changes);
    return { ...answer, ...(left.length > 0 && { changes: left }) };
  },
});

const isLog = ({ from }: Range): boolean => from.startsWith('C#');
const isCommit = (item: StoredItem): item is Commit => item.kind === 'commit';

/** A reader that goes on where a commit cannot be seen yet, as if it had changed nothing. */
const withoutGapRule: Disguise = {
  core: (core: Core) => {
    const written = new Map<string, Commit>();
    const filled = ({ items, more }: Query, range: Range): Query => {
      if (!isLog(range) || range.descending) return { items, more };
      const seen = new Set(items.map(({ sk }) => sk));
      const last = items.filter(isCommit).at(-1)?.sk ?? '';
      const unseen = [...written.values()].filter(({ sk }) => sk >= range.from && sk < last && !seen.has(sk));
      const all = [...items, ...unseen.map((commit) => ({ ...commit, rows: [] }))];
      return { items: all.sort((a, b) => (a.sk < b.sk ? -1 : 1)), more };
    };
    const write: Store['write'] = (box, writes) => {
      for (const each of writes) if ('put' in each && isCommit(each.put)) written.set(each.put.sk, each.put);
      return core.store.write(box, writes);
    };
    return { ...core, store: over(core.store, { write, query: filled }) };
  },
};

/** A backfill that does not look at the last minute of the log: every commit looks old to it. */
const withoutLookAtRecentCommits: Disguise = {
  core: (core) => ({
    ...core,
    store: over(core.store, {
      query: ({ items, more }, range) => ({
        items:
          range.descending && range.from === commitKey(1)
            ? items.map((item) => (isCommit(item) ? { ...item, atMs: 0, previousAtMs: 0 } : item))
            : items,
        more,
      }),
    }),
  }),
};

/** A receipt that knows how far a device has come, and not what it was answered. */
const receiptsWithoutResults = writing((write) =>
  'put' in write && write.put.kind === 'receipt'
    ? { ...write, put: { ...write.put, firstN: write.put.lastN + 1, digests: [], results: [] } }
    : write,
);

/** A deletion that leaves nothing behind. */
const deletedWithoutTombstone = writing((write) =>
  'put' in write && write.put.kind === 'tombstone' && write.when !== 'absent'
    ? { remove: write.put.sk, when: write.when }
    : write,
);

const outOfScopeNeverSent = answering((changes) =>
  changes.filter((change) => !('removed' in change && change.removed === 'outOfScope')),
);

const lastChangeLeftOut = answering((changes) => changes.slice(0, Math.max(1, changes.length - 1)));

const removalsFirst = answering((changes) => [
  ...changes.filter((change) => 'removed' in change),
  ...changes.filter((change) => !('removed' in change)),
]);

/** What deleted containers held stays. */
const purgerThatNeverComes: Disguise = {
  core: (core) => ({ ...core, purgeQueue: { send: async () => {} } }),
};

export const WRONG_CORES: Readonly<Record<string, Disguise>> = {
  'a reader without the gap rule': withoutGapRule,
  'a backfill that does not look at recent commits': withoutLookAtRecentCommits,
  'a receipt without results': receiptsWithoutResults,
  'a deletion without tombstone': deletedWithoutTombstone,
  'an answer without outOfScope': outOfScopeNeverSent,
  'an answer without its last change': lastChangeLeftOut,
  'an answer whose removals stand first': removalsFirst,
  'a purger that never comes': purgerThatNeverComes,
};
