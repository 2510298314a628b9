import type { View, Wire, WireEffective } from '../elements.js';
import { Held, type Interpretation } from './held.js';
import { applyOwn } from './own.js';
import { changesIn, type Intended, type Numbered, type Request, type Response, type Result } from './wire.js';

/** The contents of a client's local database. */
interface Kept {
  instanceId: string;
  isRegistered: boolean;
  effective: WireEffective | undefined; // the scope to hold, as of the last registration or response
  answered: WireEffective | undefined; // the scope as of the last response: a later registration shows in the next one
  prunedBy: readonly WireEffective[]; // registrations since then
  owed: readonly Wire[]; // its own folder deletions that are not applied yet
  syncToken: string | undefined;
  isTokenOwn: boolean; // the token came with an answer to this client
  isMidway: boolean;
  isFilling: boolean; // the last response was part of a backfill
  nextN: number;
  queue: Intended[];
  underWay: Numbered[]; // sent, and not answered yet
  held: Held;
}

export interface ClientManners {
  /** Whether it prunes at once after its registration, instead of after the next response. */
  readonly prunesAtOnce: boolean;
  readonly interpretation: Interpretation;
  /** Whether it applies changes twice, as after a crash between changes and token: they are idempotent. */
  readonly appliesTwice: boolean;
}

/** A Message Storage Client as small as sections 3, 4 and 5 of the protocol allow. */
export class ClientModel {
  private kept: Kept;

  constructor(
    instanceId: string,
    readonly manners: ClientManners,
  ) {
    this.kept = {
      instanceId,
      isRegistered: false,
      effective: undefined,
      answered: undefined,
      prunedBy: [],
      owed: [],
      syncToken: undefined,
      isTokenOwn: true,
      isMidway: true,
      isFilling: false,
      nextN: 1,
      queue: [],
      underWay: [],
      held: new Held(manners.interpretation),
    };
  }

  get instanceId(): string {
    return this.kept.instanceId;
  }

  get isRegistered(): boolean {
    return this.kept.isRegistered;
  }

  get effective(): WireEffective | undefined {
    return this.kept.effective;
  }

  get syncToken(): string | undefined {
    return this.kept.syncToken;
  }

  /** The token, if it came with an answer to this client. */
  get ownToken(): string | undefined {
    return this.kept.isTokenOwn ? this.kept.syncToken : undefined;
  }

  /** All held elements, shown or not. */
  get held(): View {
    return this.kept.held.elements;
  }

  get isMidway(): boolean {
    return this.kept.isMidway;
  }

  get isFilling(): boolean {
    return this.kept.isMidway && this.kept.isFilling;
  }

  /** Operations were sent, and their outcome is unknown. */
  get isWaiting(): boolean {
    return this.kept.underWay.length > 0;
  }

  /** All operations are sent and answered. */
  get hasSaidAll(): boolean {
    const { queue, underWay } = this.kept;
    return queue.length === 0 && underWay.length === 0;
  }

  /** Nothing is left to do: all operations are answered, and the last synchronization has ended. */
  get isQuiet(): boolean {
    return this.kept.isRegistered && !this.kept.isMidway && this.hasSaidAll;
  }

  /** The elements that the application shows: held ones that still belong to the scope. */
  view(nowMs: number): View {
    const { held, effective } = this.kept;
    held.prune(effective, nowMs);
    return held.shown(effective);
  }

  intend(...operations: Intended[]): void {
    this.kept.queue.push(...operations);
  }

  registered({ effective }: { effective: WireEffective }, nowMs: number): void {
    this.kept.isRegistered = true;
    // The pending answer may belong to the previous scope. Without the conversation histories of that scope,
    // a client could not decide whether its own changes are in it.
    if (!this.manners.prunesAtOnce || this.isWaiting) return;
    this.kept.effective = effective;
    this.kept.prunedBy = [...this.kept.prunedBy, effective];
    this.kept.held.prune(effective, nowMs);
  }

  /** Starts with an empty local database, or with one whose numbers are lost: `n` begins at 1 again. */
  newInstance(instanceId: string): void {
    const { underWay, queue } = this.kept;
    this.kept = {
      ...this.kept,
      instanceId,
      isRegistered: false,
      nextN: 1,
      queue: [...underWay.map(({ n: _, ...operation }) => operation as Intended), ...queue],
      underWay: [],
    };
  }

  /**
   * Registers again with the same preferences: after a failure of the server, or when its user signs in
   * again.
   */
  registersAgain(): void {
    this.kept.isRegistered = false;
  }

  /** The application's data was deleted, unsent operations too. */
  reinstalled(instanceId: string): void {
    this.kept = new ClientModel(instanceId, this.manners).kept;
  }

  useToken(syncToken: string): void {
    this.kept.syncToken = syncToken;
    this.kept.isTokenOwn = false;
  }

  /** A backup of the local database. @returns a function that restores it. */
  backup(): () => void {
    const copyOf = (kept: Kept): Kept => ({
      ...kept,
      held: kept.held.copy(),
      queue: [...kept.queue],
      underWay: [...kept.underWay],
    });
    const copy = copyOf(this.kept);
    return () => {
      this.kept = copyOf(copy);
    };
  }

  /**
   * The next request. It repeats an unanswered one with its token, perhaps with more operations. Otherwise it
   * holds the next operations.
   */
  request(limit: number, operationsMost: number): Request {
    const { kept } = this;
    const free = Math.max(0, operationsMost - kept.underWay.length);
    const next = kept.queue.splice(0, free).map((operation): Numbered => ({ ...operation, n: kept.nextN++ }));
    kept.underWay = [...kept.underWay, ...next];
    return {
      instanceId: kept.instanceId,
      ...(kept.syncToken !== undefined && { syncToken: kept.syncToken }),
      operations: kept.underWay,
      limit,
    };
  }

  /**
   * Whether the client still waits for the answer to a request: it has stored nothing since, and at most
   * repeated it.
   */
  awaits({ instanceId, syncToken, operations }: Request): boolean {
    const { kept } = this;
    return (
      instanceId === kept.instanceId &&
      syncToken === kept.syncToken &&
      operations.every(({ n }, i) => kept.underWay[i]?.n === n)
    );
  }

  /**
   * Stores a response in one step. @returns false if a result cannot be explained, because the local database
   * differs from the server's knowledge of it.
   */
  receive({ operations }: Request, response: Response, nowMs: number): boolean {
    const { kept } = this;
    const results = response.results ?? [];
    if (results.some(({ status }) => status === 'duplicate')) return false;
    if (response.reset || kept.syncToken === undefined) {
      kept.held = new Held(this.manners.interpretation);
      kept.owed = [];
    }
    if (response.effective) {
      kept.effective = kept.answered = response.effective;
      kept.prunedBy = [];
    }
    const changes = changesIn(response);
    for (const change of changes) kept.held.apply(change);
    if (this.manners.appliesTwice) for (const change of changes) kept.held.apply(change);
    // During a backfill the server sends the device's own changes too, in their current state.
    if (!response.backfill) this.applyOwn(operations, results, changes, response.hasMore ?? false);
    kept.underWay = kept.underWay.slice(results.length);
    kept.syncToken = response.syncToken;
    kept.isTokenOwn = true;
    kept.isMidway = response.hasMore ?? false;
    kept.isFilling = response.backfill !== undefined;
    if (!kept.isMidway) kept.held.settle([kept.answered, ...kept.prunedBy]);
    kept.held.prune(kept.effective, nowMs);
    return true;
  }

  /**
   * Applies its own operations, by their results. A deletion of a folder waits until all earlier changes have
   * arrived. A conversation history that the client still holds there may have moved out of it, and a later
   * response has that move.
   */
  private applyOwn(
    operations: readonly Numbered[],
    results: readonly Result[],
    changes: readonly Wire[],
    hasMore: boolean,
  ): void {
    const { kept } = this;
    const isOfFolder = ({ op, type }: Numbered) => op === 'delete' && type === 'folder';
    const pairs = operations.flatMap((operation, i) => {
      const result = results[i];
      return result && !isOfFolder(operation) ? [{ operation, result }] : [];
    });
    const deleted = operations.flatMap((operation, i): Wire[] => {
      const { status, modSeq } = results[i] ?? {};
      if (!isOfFolder(operation) || status !== 'applied' || modSeq === undefined) return [];
      return [{ type: 'folder', id: operation.id, modSeq, removed: 'deleted' }];
    });
    kept.owed = [...kept.owed, ...deleted];
    applyOwn(
      kept.held,
      kept.answered,
      pairs.map(({ operation }) => operation),
      pairs.map(({ result }) => result),
      changes,
    );
    if (hasMore) return;
    // By now all conversation histories that the same request moved out have left, and none can have moved in
    // since.
    for (const removal of kept.owed) kept.held.remove(removal);
    kept.owed = [];
  }
}
