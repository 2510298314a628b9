import { elementKey } from '../changes.js';
import type { LogRow } from '../log-row.js';

/**
 * Rule 4, first half: an element that changed more than once is sent once, as the last of its rows says. Rows that a
 * later removal covers are omitted.
 * @returns the rows of each element that is to be sent, in order
 */
export const latestOfEach = (rows: readonly LogRow[]): readonly (readonly LogRow[])[] => [
  ...withoutDeleted(byElement(rows)).values(),
];

/** All rows of each element, in order. The removal of a message covers the earlier changes of its state. */
function byElement(rows: readonly LogRow[]): Map<string, LogRow[]> {
  const grouped = new Map<string, LogRow[]>();
  for (const each of rows) {
    const key = elementKey(each.row);
    grouped.set(key, [...(grouped.get(key) ?? []), each]);
    if (each.row.removed && each.row.type === 'message') {
      grouped.delete(elementKey({ ...each.row, type: 'messageState' }));
    }
  }
  return grouped;
}

/** Omits the contents of a conversation history that is deleted later. Another life may begin under the same id. */
function withoutDeleted(all: Map<string, LogRow[]>): Map<string, LogRow[]> {
  const endedAt = new Map<string, number>();
  for (const { row, commit } of [...all.values()].flat()) {
    if (row.type !== 'conversationHistory') continue;
    if (row.removed) endedAt.set(row.id, commit.modSeq);
    else if (row.created) endedAt.set(row.id, commit.modSeq - 1);
  }
  if (endedAt.size === 0) return all;
  const isAlive = ({ row, commit }: LogRow) => commit.modSeq > (endedAt.get(row.conversationId ?? '') ?? 0);
  return new Map([...all].filter(([, rows]) => rows.every(isAlive)));
}
