import { type Change, isRemoval } from '../../protocol/elements/element.js';
import { jsonBytes } from '../model/element.js';
import { type Budget, elementKey, unitOf } from './changes.js';

/** What decides how much more the page takes, and of what. */
export interface PageState {
  readonly budget: Budget;
  /** Nothing is on it: then at least one change is told, whatever its size. */
  readonly isFirst: boolean;
  /** Conversation histories of which it holds a removal: that covers all of them which the client holds by then. */
  readonly removed: ReadonlySet<string>;
  /** Own changes are told as well: the device is being filled, or they may stand on the page already. */
  readonly tellsAll: boolean;
}

/** The changes of a response in the making: each element at most once, the later telling in the place of the earlier. */
export class Page {
  private readonly held = new Map<string, Change>();
  private readonly units = new Set<string>();
  private bytes = 0;
  private share: Budget | undefined;

  constructor(private readonly budget: Budget) {}

  get changes(): readonly Change[] {
    return [...this.held.values()];
  }

  /** Unit: elements as `limit` counts them. */
  get size(): number {
    return this.units.size;
  }

  /** What is left of the page, or of the share of it that may be filled for now. */
  get room(): Budget {
    const { budget, share = budget } = this;
    return {
      elements: Math.min(budget.elements, share.elements) - this.units.size,
      bytes: Math.min(budget.bytes, share.bytes) - this.bytes,
    };
  }

  /** From now on no more than this is on it; undefined: as much as it holds. */
  limitTo(share: Budget | undefined): void {
    this.share = share;
  }

  get isFull(): boolean {
    return this.room.elements < 1 || (this.size > 0 && this.room.bytes <= 0);
  }

  /** Conversation histories of which it holds a removal: that covers all of them which the client holds by then. */
  get removed(): ReadonlySet<string> {
    const removals = this.changes.filter(
      (change) => isRemoval(change) && change.type === 'conversationHistory',
    );
    return new Set(removals.map(({ id }) => id));
  }

  /** What is told from the log was given room beforehand. */
  put(changes: readonly Change[]): void {
    for (const change of changes) {
      this.bytes += jsonBytes(change);
      this.held.set(elementKey(change), change);
      this.units.add(unitOf(change));
    }
  }

  /**
   * What the backfill tells, unless the log has told it on this page already, in a state not older. One that is ahead of the log
   * takes its place: an older removal may be remembered of a conversation history whose contents are on the page too.
   * False where there is no room for it; the first always finds room, so that each response gets on.
   */
  add(change: Change): boolean {
    const told = this.held.get(elementKey(change));
    if (told === undefined || isContentLeft(told)) return this.replace(change);
    if (isRemoval(told) || isRemoval(change) || change.modSeq <= told.modSeq) return true;
    if (this.room.bytes < jsonBytes(change)) return false;
    this.put([change]);
    return true;
  }

  /** The same, in the place of what was told of the element before. */
  replace(change: Change): boolean {
    const isNew = !this.held.has(elementKey(change));
    if (isNew && this.room.elements < 1 && !this.units.has(unitOf(change))) return false;
    if (isNew && this.size > 0 && this.room.bytes < jsonBytes(change)) return false;
    this.put([change]);
    return true;
  }
}

/** It was told to be outside of the scope before what it is in came into it, further on in the log. */
const isContentLeft = (change: Change): boolean =>
  isRemoval(change) && change.removed === 'outOfScope' && change.conversationId !== undefined;
