import { elementKey } from '../changes.js';
import type { Line } from '../line.js';

/**
 * Rule 4, first half: an element that changed more than once stands once, told by the last of its lines; and what a removal
 * covers is left out, of whatever stands before it.
 * @returns the lines of each element that is to be told, in order
 */
export const latestOfEach = (lines: readonly Line[]): readonly (readonly Line[])[] => [
  ...withoutDead(latest(lines)).values(),
];

/** All lines of each element, in order; a message that is removed takes its state along. */
function latest(lines: readonly Line[]): Map<string, Line[]> {
  const byElement = new Map<string, Line[]>();
  for (const line of lines) {
    const key = elementKey(line.row);
    byElement.set(key, [...(byElement.get(key) ?? []), line]);
    if (line.row.removed && line.row.type === 'message') {
      byElement.delete(elementKey({ ...line.row, type: 'messageState' }));
    }
  }
  return byElement;
}

/** Leaves out what a conversation history held that is deleted further on; under its id a later life may begin. */
function withoutDead(all: Map<string, Line[]>): Map<string, Line[]> {
  const diedAt = new Map<string, number>();
  for (const { row, commit } of [...all.values()].flat()) {
    if (row.type !== 'conversationHistory') continue;
    if (row.removed) diedAt.set(row.id, commit.modSeq);
    else if (row.created) diedAt.set(row.id, commit.modSeq - 1);
  }
  if (diedAt.size === 0) return all;
  const isAlive = ({ row, commit }: Line) => commit.modSeq > (diedAt.get(row.conversationId ?? '') ?? 0);
  return new Map([...all].filter(([, lines]) => lines.every(isAlive)));
}
