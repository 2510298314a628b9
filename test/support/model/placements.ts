interface Placed {
  readonly modSeq: number;
  readonly folderId: string;
}

/** The folders that held each conversation history, by commit. */
export class Placements {
  private readonly all = new Map<string, Placed[]>();

  note(conversationId: string, placed: Placed): void {
    this.all.set(conversationId, [...(this.all.get(conversationId) ?? []), placed]);
  }

  /** The folders that held it at a commit and since. */
  since(conversationId: string, modSeq: number): readonly string[] {
    const placed = this.all.get(conversationId) ?? [];
    const first = placed.findLastIndex((each) => each.modSeq <= modSeq);
    return placed.slice(Math.max(first, 0)).map(({ folderId }) => folderId);
  }

  /**
   * The number of times that it was placed. If it is absent, it may have been placed and removed in between.
   */
  timesOf(conversationId: string): number {
    return this.all.get(conversationId)?.length ?? 0;
  }

  restore(modSeq: number): void {
    for (const [id, placed] of this.all) {
      this.all.set(
        id,
        placed.filter((each) => each.modSeq <= modSeq),
      );
    }
  }
}
