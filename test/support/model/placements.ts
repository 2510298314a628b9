interface Placed {
  readonly modSeq: number;
  readonly folderId: string;
}

/** In which folders conversation histories were, commit by commit. */
export class Placements {
  private readonly all = new Map<string, Placed[]>();

  note(conversationId: string, placed: Placed): void {
    this.all.set(conversationId, [...(this.all.get(conversationId) ?? []), placed]);
  }

  /** The folders that it was in at a commit and since. */
  since(conversationId: string, modSeq: number): readonly string[] {
    const placed = this.all.get(conversationId) ?? [];
    const first = placed.findLastIndex((each) => each.modSeq <= modSeq);
    return placed.slice(Math.max(first, 0)).map(({ folderId }) => folderId);
  }

  /** How often it was placed: what is not there may have come and gone meanwhile. */
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
