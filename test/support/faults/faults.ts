/** A rule of the core, broken: the model has to find it, else the rule is not tested. */
export interface Fault {
  readonly name: string;
  readonly file: string;
  readonly from: string; // stands in the file exactly once
  readonly to: string;
  /** Unit tests that find it where the model takes too long: what they need to happen is rare. */
  readonly test?: string;
}

/** Each takes one rule away that the storage stands on. Named by what the core does then. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'decides on the items of the view alone',
    file: 'core/write/item-reader.ts',
    from: 'return this.view.laidOver(sk, this.items.get(sk));',
    to: 'return this.items.get(sk);',
  },
  {
    name: 'looks for what a device has sent in its item alone',
    file: 'core/write/item-reader.ts',
    from: 'return this.view.laidOver(sk, this.items.get(sk));',
    to: "return sk.startsWith('D#') ? this.items.get(sk) : this.view.laidOver(sk, this.items.get(sk));",
  },
  {
    name: 'takes an entry for applied without looking',
    file: 'core/log/projection.ts',
    from: 'const isApplied = (its: readonly ViewWrite[]) =>',
    to: 'const isApplied = (its: readonly ViewWrite[]) => true ||',
  },
  {
    name: 'shows the view without what it lacks',
    file: 'core/log/view.ts',
    from: 'return new BoxView(core, box, head, behind, ahead);',
    to: 'return new BoxView(core, box, head, [], ahead);',
  },
  {
    name: 'lays nothing over what stands aside',
    file: 'core/log/view.ts',
    from: 'if (write.sk !== effect.sk) this.add(write, version);',
    to: 'continue;',
  },
  {
    name: 'ends a synchronization that has shown more than its position tells',
    file: 'core/read/high-water-mark.ts',
    from: 'const latest = highWater.indexFor(position);',
    to: 'const latest = 0 * highWater.indexFor(position);',
    test: 'test/unit/core/read/high-water-mark.test.ts',
  },
  {
    name: 'does not ask whether what was shown is of this past',
    file: 'core/read/high-water-mark.ts',
    from: 'if (!highWater || highWater.index <= index) return true;',
    to: 'if (!highWater || index >= 0) return true;',
    test: 'test/unit/core/read/high-water-mark.test.ts',
  },
  {
    name: 'writes over what is newer',
    file: 'core/model/effects.ts',
    from: 'if (effect.content && contentVersionOf(next) < version)',
    to: 'if (effect.content)',
  },
  {
    name: 'writes a state over one that is newer',
    file: 'core/model/effects.ts',
    from: 'if (effect.state !== undefined && stateVersionOf(next) < version)',
    to: 'if (effect.state !== undefined)',
  },
  {
    name: 'takes a query of the log for a snapshot',
    file: 'core/log/tail.ts',
    from: 'return { entries: gap < 0 ? entries : entries.slice(0, gap), anchor, isInLine: gap < 0, isWhole };',
    to: 'return { entries, anchor, isInLine: true, isWhole };',
    test: 'test/unit/core/log/tail.test.ts',
  },
  {
    name: 'takes its own entry for that of another after a lost answer',
    file: 'core/write/append.ts',
    from: 'return await core.store.append(box, entry);',
    to: "const found = await core.store.append(box, entry); return isUnknown ? { ...found, nonce: 'another' } : found;",
  },
  {
    name: 'does not note results that change nothing',
    file: 'core/write/commit-attempts.ts',
    from: 'if (effects.length === 0 && rows.length === 0 && !decision.box) {',
    to: "if (rows.length === 0 && (effects.length === 0 || origin.by === 'device') && !decision.box) {",
  },
  {
    name: 'decides on what may be old',
    file: 'core/write/commit-snapshot.ts',
    from: 'behind.length > 0 ? findProjected(core, box, before, behind) : undefined,\n    core.store.get(box, keys),',
    to: 'behind.length > 0 ? findProjected(core, box, before, behind) : undefined,\n    core.store.getStale(box, keys),',
  },
  {
    name: 'purges before the deletion is applied',
    file: 'core/lifecycle/purge.ts',
    from: 'if (missing.length > 0) await project(core, box, missing);',
    to: '',
    test: 'test/unit/core/purge/purge.test.ts',
  },
  {
    name: 'purges what came after the deletion',
    file: 'core/lifecycle/purge.ts',
    from: 'if (element.modSeq > modSeq ||',
    to: 'if (',
    test: 'test/unit/core/purge/purge.test.ts',
  },
  {
    name: 'takes off what a purge counted before it came again',
    file: 'core/lifecycle/purge.ts',
    from: 'purgedBy(key, item) && !hasExpired(item, core.clock.now()) && !isCounted(item.sk);',
    to: 'purgedBy(key, item) && !hasExpired(item, core.clock.now());',
    test: 'test/unit/core/purge/expiry.test.ts',
  },
  {
    name: 'counts what was purged before it is gone',
    file: 'core/lifecycle/purge.ts',
    from: 'if (replaced.size < dead.length) return AGAIN;',
    to: '',
    test: 'test/unit/core/purge/expiry.test.ts',
  },
  {
    name: 'lets a quiet log expire',
    file: 'core/log/keep-newest.ts',
    from: 'await core.store.replace(box, [{ read: anchor, next }]);',
    to: '',
    test: 'test/unit/core/log/keep-newest.test.ts',
  },
  {
    name: 'does not say that what expires is applied',
    file: 'core/log/tail.ts',
    from: 'return last && last.projected > newest.projected',
    to: 'return false',
    test: 'test/unit/core/log/tail.test.ts',
  },
  {
    name: 'reads beside the log, and lays over what the head says',
    file: 'core/write/commit-snapshot.ts',
    from: 'return behind.length === head.index - projected ? behind : undefined;',
    to: 'return entries.filter((entry) => entry.index > head.projected);',
    test: 'test/unit/core/write/old-token.test.ts',
  },
  {
    name: 'takes its own entry for applied before anybody has applied it',
    file: 'core/write/deposit.ts',
    from: 'const projected = Math.min(committed.projected, index);',
    to: 'const projected = index;',
    test: 'test/unit/core/read/log-alone.test.ts',
  },
  {
    name: 'lets a token say that all before its position is applied',
    file: 'core/read/synchronize.ts',
    from: 'projected: Math.min(next.index, Math.max(projected, next.projected))',
    to: 'projected: next.index',
    test: 'test/unit/core/read/log-alone.test.ts',
  },
  {
    name: 'orders writes by index alone, also after a restore',
    file: 'core/model/version.ts',
    from: 'timeline * TIMELINE + index;',
    to: '0 * timeline * TIMELINE + index;',
    test: 'test/unit/core/write/restored-box.test.ts',
  },
  {
    name: 'does not notice an item ahead of the log',
    file: 'core/write/next-entry.ts',
    from: 'const isAhead = keysAhead.length > 0;',
    to: 'const isAhead = keysAhead.length < 0;',
    test: 'test/unit/core/write/restored-box.test.ts',
  },
  {
    name: 'takes what was applied before a backup for applied in it',
    file: 'core/log/tail.ts',
    from: 'isRestoredSince(core, head) ? await appliedBefore(core, box, head) : head.projected;',
    to: 'head.projected;',
    test: 'test/unit/core/write/restored-box.test.ts',
  },
  {
    name: 'lets the token of a reset say what the log of a backup says to be applied',
    file: 'core/read/start.ts',
    from: 'isRestoredSince(core, head) ? head.firstIndex - 1 : Math.min(head.projected, head.index)',
    to: 'Math.min(head.projected, head.index)',
    test: 'test/unit/core/write/restored-projected.test.ts',
  },
  {
    name: 'takes over what a token of a lost past says to be applied',
    file: 'core/read/process-request.ts',
    from: 'isTrusted ? given.projected : 0',
    to: 'isSameTimeline ? given.projected : 0',
    test: 'test/unit/core/write/restored-projected.test.ts',
  },
  {
    name: 'looks at the items of a backup whose restore it has found out',
    file: 'core/write/commit-attempts.ts',
    from: 'if (entry.timeline > snapshot.tail.head.timeline)',
    to: 'if (entry.timeline < snapshot.tail.head.timeline)',
    test: 'test/unit/core/write/restored-projected.test.ts',
  },
  {
    name: 'counts an expired element as the database has removed it',
    file: 'core/write/expire-element.ts',
    from: 'const same = isOfSameLife(removed, last) ? last : undefined;',
    to: 'const same = undefined as typeof last;',
    test: 'test/unit/core/retention/applied-late.test.ts',
  },
  {
    name: 'brings back what a purge replaces',
    file: 'core/write/expire-element.ts',
    from: "if (current.kind !== 'tombstone' && (await isGoneWithContainer(work, current)))",
    to: "if (current.kind === ('folder' as string))",
    test: 'test/unit/core/purge/expiry.test.ts',
  },
  {
    name: 'applies entries that the log does not have any more',
    file: 'core/lifecycle/project-entry.ts',
    from: "return found?.kind === 'entry' && found.nonce === nonce;",
    to: 'return found !== undefined || nonce !== undefined;',
    test: 'test/unit/core/lifecycle/project-entry.test.ts',
  },
  {
    name: 'takes the entry of another for its own',
    file: 'core/write/commit-attempts.ts',
    from: 'if (appended.nonce !== entry.nonce) {',
    to: 'if (appended.index !== entry.index) {',
  },
];
