import type { Commit } from '../../../core/model/log-entry.js';
import type { Intended, Numbered, Result } from './client/wire.js';
import { canonical, nameOf } from './elements.js';

const DAY_MS = 24 * 3600 * 1000;
/** Deletions are remembered longer than log entries. */
const TOMBSTONE_DAYS = 120;

/** Compares answers with commits: each operation must be committed exactly once. */
export class Ledger {
  /** Incremented with each restore of the box. */
  timeline = 1;
  private commits: Commit[] = [];
  private results = new Map<string, string>();
  private lastSent = new Map<string, number>();
  private covering = new Map<string, number[]>(); // by operation, the commits that it is part of
  private readonly deleted = new Map<string, { modSeq: number; atMs: number }>(); // elements
  private lives = new Map<string, number>();
  private deposits: { tag: string; modSeq: number }[] = [];

  get modSeq(): number {
    return this.commits.at(-1)?.modSeq ?? 0;
  }

  committed(commit: Commit): void {
    if (commit.modSeq !== this.modSeq + 1) throw new Error(`commit ${commit.modSeq} follows ${this.modSeq}`);
    if (commit.rows.length === 0) throw new Error(`commit ${commit.modSeq} changes nothing`);
    this.checkStaysDeleted(commit);
    this.commits.push(commit);
    const { origin, modSeq } = commit;
    if (origin.by !== 'device') return;
    for (let n = origin.firstN; n <= origin.lastN; n++) {
      const name = `${this.nameOf(origin)} ${n}`;
      this.covering.set(name, [...(this.covering.get(name) ?? []), modSeq]);
    }
  }

  /**
   * Protocol, section 3: a deleted element stays deleted as long as its tombstone exists. Only a conversation
   * history may be created again.
   */
  private checkStaysDeleted({ rows, modSeq, atMs }: Commit): void {
    for (const { type, id, conversationId, element, removed } of rows) {
      if (type === 'conversationHistory' || type === 'messageState') continue;
      const name = nameOf(type, id, conversationId);
      const before = this.deleted.get(name);
      if (element && before && atMs - before.atMs < TOMBSTONE_DAYS * DAY_MS)
        throw new Error(`commit ${modSeq} writes ${name}, which commit ${before.modSeq} has deleted`);
      if (removed) this.deleted.set(name, { modSeq, atMs });
    }
  }

  /**
   * A device instance begins at number 1. It is new, or the server has forgotten a former one of that name.
   */
  began(deviceId: string, instanceId: string): void {
    const name = `${deviceId} ${instanceId}`;
    this.lives.set(name, (this.lives.get(name) ?? 0) + 1);
  }

  /** The current life of each device's numbers, to be restored with the box. */
  livesNow(): ReadonlyMap<string, number> {
    return new Map(this.lives);
  }

  /** The name of a device, which stays the same as long as its numbers continue. */
  nameOf({ deviceId, instanceId }: { deviceId: string; instanceId: string }): string {
    const name = `${deviceId} ${instanceId}`;
    return `${name}, life ${this.lives.get(name) ?? 0}`;
  }

  /** Restores the box to its state after this commit. @returns the commits up to it. */
  restore(modSeq: number, lives: ReadonlyMap<string, number>): readonly Commit[] {
    this.timeline++;
    this.lives = new Map(lives);
    this.commits = this.commits.filter((commit) => commit.modSeq <= modSeq);
    this.results.clear();
    for (const [name, each] of this.deleted) if (each.modSeq > modSeq) this.deleted.delete(name);
    for (const [name, modSeqs] of this.covering) {
      this.covering.set(
        name,
        modSeqs.filter((each) => each <= modSeq),
      );
    }
    this.deposits = this.deposits.filter((each) => each.modSeq <= modSeq);
    return this.commits;
  }

  sent(device: string, operations: readonly Numbered[]): void {
    this.lastSent.set(device, Math.max(this.lastSent.get(device) ?? 0, operations.at(-1)?.n ?? 0));
  }

  /** A repetition gets the same results. Operations of an earlier request may get `duplicate` instead. */
  answered(device: string, operations: readonly Numbered[], results: readonly Result[]): void {
    for (const [i, result] of results.entries()) {
      const operation = operations[i];
      if (!operation || result.n !== operation.n)
        throw new Error(`result ${i} is for ${result.n}, not ${operation?.n}`);
      const name = `${device} ${operation.n}`;
      const json = canonical(result);
      const before = this.results.get(name);
      if (result.status === 'duplicate') {
        if (before !== undefined && (this.lastSent.get(device) ?? 0) <= operation.n) {
          throw new Error(`${name} got the answer duplicate, though no later operation was sent`);
        }
        continue;
      }
      if (before !== undefined && before !== json)
        throw new Error(`${name} got the answer ${before}, then ${json}`);
      this.results.set(name, json);
    }
  }

  deposited(operations: readonly Intended[], results: readonly Result[]): void {
    for (const [i, { status, modSeq }] of results.entries()) {
      const tag = operations[i]?.data?.imdnMessageId;
      if (status === 'applied' && modSeq !== undefined && typeof tag === 'string')
        this.deposits.push({ tag, modSeq });
    }
  }

  /** Checks that every operation with the answer `applied` is part of exactly one commit, the named one. */
  check(): void {
    for (const [name, modSeqs] of this.covering) {
      if (modSeqs.length > 1) throw new Error(`${name} is part of the commits ${modSeqs.join(', ')}`);
    }
    for (const [name, json] of this.results) {
      const { status, modSeq } = JSON.parse(json) as Result;
      if (status === 'applied' && this.covering.get(name)?.[0] !== modSeq) {
        throw new Error(`${name} got the answer ${json}, but is part of commit ${this.covering.get(name)}`);
      }
    }
    this.checkDeposits();
  }

  private checkDeposits(): void {
    const creations = new Map<unknown, Set<number>>();
    const withReferences = new Set<number>(); // commits with messages by reference, whose contents are not in the log
    for (const { modSeq, rows } of this.commits) {
      for (const { type, element, removed } of rows) {
        if (type === 'message' && !element && !removed) withReferences.add(modSeq);
        if (element?.type !== 'message') continue;
        const known = creations.get(element.imdnMessageId) ?? new Set();
        creations.set(element.imdnMessageId, known.add(modSeq));
      }
    }
    for (const { tag, modSeq } of this.deposits) {
      if (withReferences.has(modSeq)) continue;
      const first = Math.min(...(creations.get(tag) ?? []));
      // The same id may be created again once its tombstone has expired, or once its conversation history was
      // created again.
      if (first > modSeq && first !== Number.POSITIVE_INFINITY) {
        throw new Error(
          `${tag} was created by commit ${modSeq} by its answer, but is first part of ${first}`,
        );
      }
    }
  }
}
