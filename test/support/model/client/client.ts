import type { View, Wire, WireEffective } from '../elements.js';
import { Held, type Interpretation } from './held.js';
import { applyOwn } from './own.js';
import { changesIn, type Intended, type Numbered, type Request, type Response, type Result } from './wire.js';

/** Everything that a client keeps in its local database. */
interface Kept {
  instanceId: string;
  isRegistered: boolean;
  effective: WireEffective | undefined; // what it is to hold, as of the last registration or response
  told: WireEffective | undefined; // ... as of the last response: a later registration shows in the next one
  prunedBy: readonly WireEffective[]; // registrations since then
  owed: readonly Wire[]; // folders that it deleted itself, not told yet
  syncToken: string | undefined;
  isTokenOwn: boolean; // it was answered to this client
  isMidway: boolean;
  isFilling: boolean; // the last response was part of a backfill
  nextN: number;
  queue: Intended[];
  underWay: Numbered[]; // sent, and not answered yet
  held: Held;
}

export interface ClientManners {
  /** It goes by its registration at once, and not by the next response alone. */
  readonly prunesAtOnce: boolean;
  readonly interpretation: Interpretation;
  /** Changes are applied twice, as after a crash between them and the token: they are idempotent. */
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
      told: undefined,
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

  /** The token, where it was answered to this client. */
  get ownToken(): string | undefined {
    return this.kept.isTokenOwn ? this.kept.syncToken : undefined;
  }

  /** Everything that is held, shown or not. */
  get held(): View {
    return this.kept.held.elements;
  }

  get isMidway(): boolean {
    return this.kept.isMidway;
  }

  get isFilling(): boolean {
    return this.kept.isMidway && this.kept.isFilling;
  }

  /** Operations were sent, and it is not known what became of them. */
  get isWaiting(): boolean {
    return this.kept.underWay.length > 0;
  }

  /** All is sent and answered. */
  get hasSaidAll(): boolean {
    const { queue, underWay } = this.kept;
    return queue.length === 0 && underWay.length === 0;
  }

  /** Nothing is left to do: all is sent and answered, and the last synchronization has ended. */
  get isQuiet(): boolean {
    return this.kept.isRegistered && !this.kept.isMidway && this.hasSaidAll;
  }

  /** What the application shows: what is held, as far as it still belongs to the scope. */
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
    // The answer to what is under way may be of the scope before: without its conversation histories a client could not
    // tell whether what it did is in that.
    if (!this.manners.prunesAtOnce || this.isWaiting) return;
    this.kept.effective = effective;
    this.kept.prunedBy = [...this.kept.prunedBy, effective];
    this.kept.held.prune(effective, nowMs);
  }

  /** A new local database, or one that cannot be trusted with its numbers: `n` begins anew. */
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

  /** It is registered again, as it is: after an accident of the server, or when its user signs in again. */
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

  /** A backup of the local database, to be put back later. */
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

  /** The next request: an unanswered one again, with its token, perhaps with more operations; else one with the next operations. */
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

  /** Whether the answer to a request is still waited for: nothing was stored since, at most the same was sent again. */
  awaits({ instanceId, syncToken, operations }: Request): boolean {
    const { kept } = this;
    return (
      instanceId === kept.instanceId &&
      syncToken === kept.syncToken &&
      operations.every(({ n }, i) => kept.underWay[i]?.n === n)
    );
  }

  /**
   * Stores a response in one go. @returns false where a result cannot be explained: the local database is not what the
   * server knows.
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
      kept.effective = kept.told = response.effective;
      kept.prunedBy = [];
    }
    const changes = changesIn(response);
    for (const change of changes) kept.held.apply(change);
    if (this.manners.appliesTwice) for (const change of changes) kept.held.apply(change);
    // While it is being filled it is told all of them, as they are by now.
    if (!response.backfill) this.applyOwn(operations, results, changes, response.hasMore ?? false);
    kept.underWay = kept.underWay.slice(results.length);
    kept.syncToken = response.syncToken;
    kept.isTokenOwn = true;
    kept.isMidway = response.hasMore ?? false;
    kept.isFilling = response.backfill !== undefined;
    if (!kept.isMidway) kept.held.settle([kept.told, ...kept.prunedBy]);
    kept.held.prune(kept.effective, nowMs);
    return true;
  }

  /**
   * What it did itself, by the results. Its own deletion of a folder waits until all before it has been told: a conversation
   * history that it holds there may have moved out, of which the log tells later where the response has more.
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
      kept.told,
      pairs.map(({ operation }) => operation),
      pairs.map(({ result }) => result),
      changes,
    );
    if (hasMore) return;
    // What the same request moved out of them has left by now, and nothing can have been moved into them since.
    for (const removal of kept.owed) kept.held.remove(removal);
    kept.owed = [];
  }
}
