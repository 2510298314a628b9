import type { Change } from '../../protocol/elements/element.js';
import { jsonBytes } from '../store/wire.js';
import { type Budget, elementKey } from './changes.js';

/** The changes of a response in the making: each element at most once, the later telling in the place of the earlier. */
export class Page {
  private readonly held = new Map<string, Change>();
  private bytes = 0;

  constructor(private readonly budget: Budget) {}

  get changes(): readonly Change[] {
    return [...this.held.values()];
  }

  get size(): number {
    return this.held.size;
  }

  get room(): Budget {
    return { elements: this.budget.elements - this.held.size, bytes: this.budget.bytes - this.bytes };
  }

  get isFull(): boolean {
    return this.room.elements < 1 || (this.size > 0 && this.room.bytes <= 0);
  }

  /** What is told from the log was given room beforehand. */
  put(changes: readonly Change[]): void {
    for (const change of changes) {
      this.bytes += jsonBytes(change);
      this.held.set(elementKey(change), change);
    }
  }

  /** False where there is no room for it; the first always finds room, so that each response gets on. */
  add(change: Change): boolean {
    if (this.held.has(elementKey(change))) return true; // told from the log, with a state not older
    if (this.room.elements < 1 || (this.size > 0 && this.room.bytes < jsonBytes(change))) return false;
    this.put([change]);
    return true;
  }
}
