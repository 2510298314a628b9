import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody } from '../../protocol/sync.js';
import { withEffects } from '../log/overflow.js';
import type { Tail } from '../log/tail.js';
import { type BoxView, viewOf } from '../log/view.js';
import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { Range } from '../ports/store.js';
import { lacksConversations } from '../scope/sync-scope.js';
import { backfill, contentsOf, readsAhead } from './backfill.js';
import type { Budget } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { isItemized, tellItems } from './itemized.js';
import { linesOf } from './line.js';
import { liveChanges } from './live-changes.js';
import { putOmittedCurrents } from './omitted-currents.js';
import type { Own } from './own.js';
import type { Page } from './page.js';
import type { Position } from './position.js';
import { type LogReading, nextEntries } from './read-log.js';
import type { Sight } from './seen.js';
import type { Start } from './start.js';
import { hasRoomForCursors } from './token.js';
import { READINGS_MAX, type Walk } from './walk.js';

/** A response that has less left than one element of the largest size tells nothing beside its results. */
const LEAST_ROOM_BYTES = 66 * 1024;

/** What a request brought along, and the end of the log when it came. */
interface Asked {
  readonly body: SyncBody;
  readonly results: readonly OperationResult[];
  readonly own: Own;
  readonly tail: Tail;
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
  begin: Start,
  { body, results, own, tail }: Asked,
  page: Page,
  sight: Sight,
): Promise<Told> {
  const { position: start, scope, effective } = begin;
  if (page.room.bytes < LEAST_ROOM_BYTES || (effective && losesConversations(scope)))
    return { position: start, hasMore: true, ...(start.backfill && { backfill: progress(start.backfill) }) };
  const isFilling = start.scope.isFirst || start.scope.from.version !== start.scope.to.version;
  // Two cursors at once have to fit into the token: where they do not, the backfill waits for what is told beside it.
  const isShared = start.backfill !== undefined && !start.backfill.waits && hasRoomForCursors(start);
  const isQuiet =
    begin.kind === 'restart' || (begin.log.kind === 'continued' && begin.log.entries.length === 0);
  const ahead = start.backfill && isQuiet ? readsAhead(tail.head, scope, start.backfill, page) : [];
  const teller = new Teller(core, box, tail, scope, page, own, isFilling, sight, ahead);

  await putOmittedCurrents(() => teller.walk(), body, results, page);
  page.limitTo(isShared ? halfOf(page.room) : undefined);
  const live =
    begin.kind === 'resume' ? await teller.live(start, begin.log) : { position: start, isComplete: true };
  page.limitTo(undefined);
  const { backfill: cursor, ...position } = live.position;
  if (!cursor) return { position, hasMore: !live.isComplete };
  const { waits, ...goesOn } = cursor;
  const isMidway = position.contents !== undefined || position.itemized !== undefined;
  if (isMidway && (waits || !hasRoomForCursors(live.position)))
    return { position: live.position, hasMore: true, backfill: progress(cursor) };

  const told = page.size;
  const next = await backfill(await teller.walk(), goesOn, page);
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
  private view: Promise<BoxView> | undefined;

  constructor(
    private readonly core: Core,
    private readonly box: BoxId,
    private readonly tail: Tail,
    private readonly scope: DeviceScope,
    private readonly page: Page,
    private readonly own: Own,
    private readonly isFilling: boolean,
    private readonly sight: Sight,
    private readonly ahead: readonly Range[],
  ) {}

  /**
   * What is needed to read items of the box. The view is as of the head that the request found, and no response goes beyond
   * that: so nothing that is read is older than the position, and nothing that the log has passed over is missed.
   */
  async walk(): Promise<Walk> {
    const { core, box, scope, sight } = this;
    this.view ??= viewOf(core, box, this.tail, this.ahead);
    return { view: await this.view, scope, nowMs: core.clock.now(), sight };
  }

  /** The log behind a position, as far as there is room on the page, with the contents of what it moves into the scope. */
  async live(start: Position, reading: LogReading): Promise<{ position: Position; isComplete: boolean }> {
    const { page, scope, own } = this;
    let position = start;
    let inHand: readonly LogEntry[] =
      reading.kind === 'continued' ? await this.complete(reading.entries) : [];
    let tellsAll = this.isFilling;
    for (let turns = 0; turns < READINGS_MAX; turns++) {
      if (position.contents) {
        const contents = await contentsOf(await this.walk(), position.contents, page);
        position = without(position, contents);
        if (contents) return { position, isComplete: false };
      }
      let budget = page.room;
      inHand = await this.readAhead(position, inHand, Math.max(1, budget.elements));
      const isEnd = (inHand.at(-1)?.index ?? position.index) >= this.tail.head.index;
      const [line] = linesOf(inHand, position.rows);
      if (line && budget.elements > 0 && isItemized(line.row, scope)) {
        const { after, isDone } = await tellItems(await this.walk(), line, position.itemized, page);
        position = { ...position, itemized: after };
        if (!isDone || page.isFull) return { position, isComplete: false };
        budget = page.room;
      }
      if (inHand.length === 0) return { position, isComplete: isEnd };
      if (budget.elements < 1) return { position, isComplete: false };
      const state = { budget, isFirst: page.size === 0, removed: page.removed, tellsAll };
      const told = liveChanges(position, inHand, scope, own, state, this.core.clock.now());
      page.put(told.changes);
      const hasMoved = told.position.index !== position.index || told.position.rows !== position.rows;
      position = told.position;
      tellsAll = true; // this response may tell already what another commit did to the same element
      if (!position.contents && !told.itemizes) return { position, isComplete: told.complete && isEnd };
      if (!hasMoved) return { position, isComplete: false };
    }
    return { position, isComplete: false };
  }

  /** Entries behind a position, enough for as many changes as there is room for, up to the end of the tail. */
  private async readAhead(
    position: Position,
    inHand: readonly LogEntry[],
    rowsWanted: number,
  ): Promise<readonly LogEntry[]> {
    const entries = inHand.filter(({ index }) => index > position.index);
    const rows = () => entries.reduce((sum, entry) => sum + entry.rows.length, -position.rows);
    for (;;) {
      const index = entries.at(-1)?.index ?? position.index;
      if (index >= this.tail.head.index || rows() >= rowsWanted) return entries;
      const next = await nextEntries(this.core, this.box, index, this.tail);
      // What is lost by now shows at the start of the next request.
      if (next.length === 0) return entries;
      entries.push(...next);
    }
  }

  private complete(entries: readonly LogEntry[]): Promise<LogEntry[]> {
    return withEffects(this.core, this.box, entries);
  }
}

const without = ({ contents: _, ...position }: Position, contents: Position['contents']): Position => ({
  ...position,
  ...(contents && { contents }),
});
