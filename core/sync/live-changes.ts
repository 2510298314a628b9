import type { Change } from '../../protocol/elements/element.js';
import type { ModSeq } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import type { BoxId, ChangeRow, Commit, StoredItem } from '../store/items.js';
import { rowKey } from '../store/row-key.js';
import { elementOf, jsonBytes, stateElementOf } from '../store/wire.js';
import { type Budget, elementKey } from './changes.js';
import type { Position } from './position.js';
import { SETTLED_MS } from './read-log.js';

/** A row of the log and where it stands. */
interface Line {
  readonly commit: Commit;
  readonly at: number; // index of the row in the commit
  readonly row: ChangeRow;
}

/** What rows of the log come to, and where the device stands then. */
export interface LiveChanges {
  readonly changes: readonly Change[];
  readonly position: Position;
  readonly complete: boolean; // all rows were told
}

/** Whether a device needs no telling of a row, since the same response acknowledges its own operation. */
export type IsAcknowledged = (commit: Commit) => boolean;

/**
 * Turns the commits behind a position into changes, as many as the budget holds and at least one. An element that
 * changed more than once stands once, with its latest state; what a removal covers is left out.
 */
export async function liveChanges(
  core: Core,
  box: BoxId,
  position: Position,
  commits: readonly Commit[],
  budget: Budget,
  isAcknowledged: IsAcknowledged,
): Promise<LiveChanges> {
  const lines = linesOf(commits, position.rows);
  let told = lines.slice(0, fitting(lines, budget));
  const fetched = await fetchMissing(core, box, told);
  // Rule: stop before what cannot be seen yet. A shorter stretch may end in other rows, so it is looked at again.
  for (let hidden = firstHidden(told, fetched, core.clock.now()); hidden >= 0; ) {
    told = told.slice(0, hidden);
    hidden = firstHidden(told, fetched, core.clock.now());
  }
  return {
    changes: [...withoutDead(latest(told)).values()]
      .filter(({ lines }) => !isOwn(lines, isAcknowledged))
      .flatMap(({ lines }) => changeOf(lines.at(-1), fetched) ?? []),
    position: positionBehind(position, lines, told.length, commits),
    complete: told.length === lines.length,
  };
}

const linesOf = (commits: readonly Commit[], rowsTold: number): Line[] =>
  commits.flatMap((commit) => commit.rows.map((row, at) => ({ commit, at, row }))).slice(rowsTold);

/** How many of the lines a response has room for. */
function fitting(lines: readonly Line[], budget: Budget): number {
  const seen = new Set<string>();
  let bytes = 0;
  for (const [i, { row }] of lines.entries()) {
    seen.add(elementKey(row));
    bytes += row.element ? jsonBytes(row.element) : LARGE_ELEMENT_BYTES;
    if (i > 0 && (seen.size > budget.elements || bytes > budget.bytes)) return i;
  }
  return lines.length;
}

/** A removal, or an element that was too large to stand in the log: reckoned as the latter mostly are. */
const LARGE_ELEMENT_BYTES = 2048;

/** All lines of each element, in order; a message that is removed takes its state along. */
function latest(lines: readonly Line[]): Map<string, { lines: Line[] }> {
  const byElement = new Map<string, { lines: Line[] }>();
  for (const line of lines) {
    const key = elementKey(line.row);
    const earlier = byElement.get(key)?.lines ?? [];
    byElement.set(key, { lines: [...earlier, line] });
    if (line.row.removed && line.row.type === 'message') {
      byElement.delete(elementKey({ ...line.row, type: 'messageState' }));
    }
  }
  return byElement;
}

/** Leaves out what a conversation history held that is deleted further on; under its id a later life may begin. */
function withoutDead(all: Map<string, { lines: Line[] }>): Map<string, { lines: Line[] }> {
  const diedAt = new Map<string, number>();
  for (const { lines } of all.values()) {
    for (const { row, commit } of lines) {
      if (row.type === 'conversationHistory' && row.removed) diedAt.set(row.id, commit.modSeq);
    }
  }
  if (diedAt.size === 0) return all;
  const isAlive = ({ row, commit }: Line) => commit.modSeq > (diedAt.get(row.conversationId ?? '') ?? 0);
  return new Map([...all].filter(([, { lines }]) => lines.every(isAlive)));
}

/** Rule: left out is only what the device did itself, as it knows from this response, and what nothing else touched. */
const isOwn = (lines: readonly Line[], isAcknowledged: IsAcknowledged): boolean =>
  lines.every(({ commit, row }) => !row.implied && isAcknowledged(commit)) &&
  new Set(lines.map(({ commit }) => commit.modSeq)).size === 1;

async function fetchMissing(core: Core, box: BoxId, lines: readonly Line[]) {
  const missing = lines.filter(({ row }) => !row.element && !row.removed).map(({ row }) => rowKey(row));
  return missing.length > 0 ? core.store.get(box, missing) : new Map<string, StoredItem>();
}

type Fetched = ReadonlyMap<string, StoredItem>;

/** Index of the first line whose element is written but cannot be seen yet; -1: none. */
const firstHidden = (lines: readonly Line[], fetched: Fetched, nowMs: number): number =>
  lines.findIndex(({ commit, row }) => {
    if (row.element || row.removed || nowMs - commit.atMs > SETTLED_MS) return false;
    const item = fetched.get(rowKey(row));
    return item === undefined || item.version < commit.modSeq;
  });

/** The change that a line tells; undefined where a later row tells what became of the element. */
function changeOf(line: Line | undefined, fetched: Fetched): Change | undefined {
  if (!line) return undefined;
  const { commit, row } = line;
  const { type, id, conversationId, removed } = row;
  if (removed) {
    return {
      type,
      id,
      modSeq: commit.modSeq as ModSeq,
      ...(conversationId !== undefined && { conversationId }),
      removed,
    };
  }
  if (row.element) return row.element;
  const item = fetched.get(rowKey(row));
  if (item?.kind === 'message' && type === 'messageState') return stateElementOf(item);
  return item?.kind === type ? elementOf(item) : undefined;
}

function positionBehind(
  position: Position,
  lines: readonly Line[],
  told: number,
  commits: readonly Commit[],
): Position {
  const next = lines[told];
  if (next) {
    return { ...position, modSeq: next.commit.modSeq - 1, nonce: next.commit.previous, rows: next.at };
  }
  const last = commits.at(-1);
  return last ? { ...position, modSeq: last.modSeq, nonce: last.nonce, rows: 0 } : position;
}
