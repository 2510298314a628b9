import { type Change, isRemoval } from '../../protocol/elements/element.js';
import { jsonBytes } from '../model/element.js';
import { type Budget, elementKey, unitOf } from './changes.js';

/** The changes of a response while it is built. Each element occurs at most once: a later change replaces an earlier one. */
export class Page {
  private readonly byElement = new Map<string, Change>();
  private readonly units = new Set<string>();
  private bytes = 0;
  private share: Budget | undefined;

  constructor(private readonly budget: Budget) {}

  get changes(): readonly Change[] {
    return [...this.byElement.values()];
  }

  /** Unit: elements as `limit` counts them. */
  get size(): number {
    return this.units.size;
  }

  /** The rest of the page, or the rest of the share that may be filled now. */
  get room(): Budget {
    const { budget, share = budget } = this;
    return {
      elements: Math.min(budget.elements, share.elements) - this.units.size,
      bytes: Math.min(budget.bytes, share.bytes) - this.bytes,
    };
  }

  /** From now on the page takes no more than this share; undefined: as much as its budget. */
  limitTo(share: Budget | undefined): void {
    this.share = share;
  }

  get isFull(): boolean {
    return this.room.elements < 1 || (this.size > 0 && this.room.bytes <= 0);
  }

  /** Conversation histories that the page removes. The client applies removals last, so each covers all their contents. */
  get removed(): ReadonlySet<string> {
    const removals = this.changes.filter(
      (change) => isRemoval(change) && change.type === 'conversationHistory',
    );
    return new Set(removals.map(({ id }) => id));
  }

  /** Puts changes from the log. Their log slice has reserved the room for them. */
  put(changes: readonly Change[]): void {
    for (const change of changes) {
      this.bytes += jsonBytes(change);
      this.byElement.set(elementKey(change), change);
      this.units.add(unitOf(change));
    }
  }

  /**
   * Puts a change of the backfill. The page keeps a change from the log that is at least as new. A newer state from the
   * backfill replaces it, and it replaces an `outOfScope` removal of contents, which came into the scope after that.
   * @returns false if there is no room; the first change always has room, so that each response makes progress
   */
  add(change: Change): boolean {
    const before = this.byElement.get(elementKey(change));
    if (before === undefined || isContentOutOfScope(before)) return this.replace(change);
    if (isRemoval(before) || isRemoval(change) || change.modSeq <= before.modSeq) return true;
    if (this.room.bytes < jsonBytes(change)) return false;
    this.put([change]);
    return true;
  }

  /**
   * Puts a change in place of any earlier change of the same element.
   * @returns false if there is no room; the first change always has room
   */
  replace(change: Change): boolean {
    const isNew = !this.byElement.has(elementKey(change));
    if (isNew && this.room.elements < 1 && !this.units.has(unitOf(change))) return false;
    if (isNew && this.size > 0 && this.room.bytes < jsonBytes(change)) return false;
    this.put([change]);
    return true;
  }
}

/** The log removed this message or state from the scope, and its conversation history came into the scope later. */
const isContentOutOfScope = (change: Change): boolean =>
  isRemoval(change) && change.removed === 'outOfScope' && change.conversationId !== undefined;
