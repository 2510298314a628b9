import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody } from '../../protocol/sync.js';
import type { Core } from '../core.js';
import { lacksConversations } from '../scope/scope.js';
import type { BoxId, Commit } from '../model/items.js';
import { backfill, contentsOf } from './backfill.js';
import type { Budget } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { isItemized, tellItems } from './itemized.js';
import { linesOf } from './line.js';
import { liveChanges } from './live-changes.js';
import { putOmittedCurrents } from './omitted-currents.js';
import type { Own } from './own.js';
import type { Page } from './page.js';
import type { Position } from './position.js';
import { type LogReading, readLog } from './read-log.js';
import { recentCommits } from './recent.js';
import type { Sight } from './seen.js';
import type { Start } from './start.js';
import { hasRoomForCursors } from './token.js';
import { READINGS_MAX, type Walk } from './walk.js';

/** Few at first: mostly there are few, and a commit may be large. */
export const FIRST_READ_COMMITS = 25;
const NEXT_READ_COMMITS = 100;
/** A response that has less left than one element of the largest size tells nothing beside its results. */
const LEAST_ROOM_BYTES = 66 * 1024;

/** What a request brought along. */
interface Asked {
  readonly body: SyncBody;
  readonly results: readonly OperationResult[];
  readonly own: Own;
}

/** Where the device stands when the page is told. */
export interface Told {
  readonly position: Position;
  readonly hasMore: boolean;
  readonly backfill?: { readonly sent: number; readonly total: number };
}

/**
 * Fills the page: live changes first, contents of what they moved into the scope, then the backfill that is under
 * way, which has at least half of the page.
 */
export async function tell(
  core: Core,
  box: BoxId,
  { position: start, scope, log, effective }: Start,
  { body, results, own }: Asked,
  page: Page,
  sight: Sight,
): Promise<Told> {
  if (page.room.bytes < LEAST_ROOM_BYTES) return { position: start, hasMore: true };
  if (effective && losesConversations(scope)) return { position: start, hasMore: true };
  const isFilling = start.scope.isFirst || start.scope.from.version !== start.scope.to.version;
  // Two cursors at once have to fit into the token: where they do not, the backfill waits for what is told beside it.
  const isShared = start.backfill !== undefined && !start.backfill.waits && hasRoomForCursors(start);
  const teller = new Teller(core, box, scope, page, own, isFilling, sight);

  await putOmittedCurrents(core, box, () => teller.walkAt(start), body, results, page);
  page.limitTo(isShared ? halfOf(page.room) : undefined);
  const live = log ? await teller.live(start, log) : { position: start, isComplete: true };
  page.limitTo(undefined);
  const { backfill: cursor, ...position } = live.position;
  if (!cursor) return { position, hasMore: !live.isComplete };
  const { waits, ...goesOn } = cursor;
  const isMidway = position.contents !== undefined || position.itemized !== undefined;
  if (isMidway && (waits || !hasRoomForCursors(live.position)))
    return { position: live.position, hasMore: true, backfill: progress(cursor) };

  const told = page.size;
  const next = await backfill(await teller.walkAt(position), goesOn, page);
  return {
    position: next ? { ...position, backfill: next } : position,
    hasMore: next !== undefined || !live.isComplete,
    backfill: next ? progress(next) : progress({ sent: cursor.sent + page.size - told, total: 0 }),
  };
}

/**
 * Rule: a device that keeps conversation histories no longer first learns just that, and drops them. What it is told then
 * is meant for a device that holds none: removals whose `modSeq` is lower than theirs.
 */
const losesConversations = ({ now, held }: DeviceScope): boolean =>
  lacksConversations(now) && held.some(({ types }) => types.has('conversationHistory'));

const progress = ({ sent, total }: { sent: number; total: number }) => ({
  sent,
  total: Math.max(sent, total),
});

const halfOf = ({ elements, bytes }: Budget): Budget => ({
  elements: Math.floor(elements / 2),
  bytes: Math.floor(bytes / 2),
});

/** Tells from the log, page in hand. */
class Teller {
  constructor(
    private readonly core: Core,
    private readonly box: BoxId,
    private readonly scope: DeviceScope,
    private readonly page: Page,
    private readonly own: Own,
    private readonly isFilling: boolean,
    private readonly sight: Sight,
  ) {}

  /** What is needed to read items of the box for a position; a commit that was told in part counts as told. */
  async walkAt({ modSeq, rows }: Pick<Position, 'modSeq' | 'rows'>): Promise<Walk> {
    const { core, box, scope } = this;
    const recent = await recentCommits(core, box, rows > 0 ? modSeq + 1 : modSeq);
    return { core, box, scope, nowMs: core.clock.now(), recent, sight: this.sight };
  }

  /** The log behind a position, as far as there is room on the page, with the contents of what it moves into the scope. */
  async live(
    start: Position,
    firstReading: LogReading,
  ): Promise<{ position: Position; isComplete: boolean }> {
    const { core, box, page, scope, own } = this;
    let position = start;
    let reading: LogReading | undefined = firstReading;
    let tellsAll = this.isFilling;
    for (let turns = 0; turns < READINGS_MAX; turns++) {
      if (position.contents) {
        const contents = await contentsOf(await this.walkAt(position), position.contents, page);
        position = without(position, contents);
        if (contents) return { position, isComplete: false };
      }
      let budget = page.room;
      const ahead = await this.readAhead(position, reading, Math.max(1, budget.elements));
      const [line] = linesOf(ahead.commits, position.rows);
      if (line && budget.elements > 0 && isItemized(line.row, scope)) {
        const walk = await this.walkAt({ modSeq: line.commit.modSeq, rows: 0 });
        const { after, isDone } = await tellItems(walk, line, position.itemized, page);
        position = { ...position, itemized: after };
        if (!isDone || page.isFull) return { position, isComplete: false };
        budget = page.room;
      }
      if (ahead.commits.length === 0) return { position, isComplete: ahead.end };
      if (budget.elements < 1) return { position, isComplete: false };
      const state = { budget, isFirst: page.size === 0, removed: page.removed, tellsAll };
      const told = await liveChanges(core, box, position, ahead.commits, scope, own, state, this.sight);
      page.put(told.changes);
      const hasMoved = told.position.modSeq !== position.modSeq || told.position.rows !== position.rows;
      position = told.position;
      reading = undefined;
      tellsAll = true; // this response may tell already what another commit did to the same element
      if (!position.contents && !told.itemizes) return { position, isComplete: told.complete && ahead.end };
      if (!hasMoved) return { position, isComplete: false };
    }
    return { position, isComplete: false };
  }

  /** Commits behind a position, enough for as many changes as there is room for. */
  private async readAhead(position: Position, first: LogReading | undefined, rowsWanted: number) {
    const commits: Commit[] = [];
    let rows = -position.rows;
    let reading =
      first ?? (await readLog(this.core, this.box, { ...position, midway: true }, FIRST_READ_COMMITS));
    for (;;) {
      // What is lost by now shows at the start of the next request.
      if (reading.kind === 'lost') return { commits, end: false };
      commits.push(...reading.commits);
      rows += reading.commits.reduce((sum, commit) => sum + commit.rows.length, 0);
      const last = commits.at(-1);
      if (reading.end || reading.commits.length === 0 || !last || rows >= rowsWanted) break;
      const at = { ...position, modSeq: last.modSeq, nonce: last.nonce, midway: true };
      reading = await readLog(this.core, this.box, at, NEXT_READ_COMMITS);
    }
    return { commits, end: reading.kind === 'continued' && reading.end };
  }
}

const without = ({ contents: _, ...position }: Position, contents: Position['contents']): Position => ({
  ...position,
  ...(contents && { contents }),
});
