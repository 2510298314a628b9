import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Call } from './watch.js';

/** Calls in the order in which they began. Calls that overlapped form one group. */
function groupsOf(calls: readonly Call[]): Call[][] {
  const groups: Call[][] = [];
  let endsMs = Number.NEGATIVE_INFINITY; // end of the first call in the last group to end
  for (const call of [...calls].sort((a, b) => a.startedMs - b.startedMs)) {
    if (call.startedMs >= endsMs) {
      groups.push([]);
      endsMs = call.endedMs;
    }
    groups.at(-1)?.push(call);
    endsMs = Math.min(endsMs, call.endedMs);
  }
  return groups;
}

/** The same commands for another box in the same state: replaces the name of the box everywhere. */
export const commandsFor = (calls: readonly Call[], from: string, to: string): (() => unknown)[][] =>
  groupsOf(calls).map((group) =>
    group.map(({ command }) => {
      const { constructor: Command, input } = command as { constructor: unknown; input: object };
      const exchanged = exchange(input, from, to);
      return () => new (Command as new (input: unknown) => unknown)(exchanged);
    }),
  );

function exchange(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') return value.replaceAll(from, to);
  if (Array.isArray(value)) return value.map((each) => exchange(each, from, to));
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exchange(each, from, to)]));
}

/** Ignores a failed condition, because it failed in the recorded run too. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
}

/** Sends commands as bare calls, one group after the other. */
export async function replay(database: DynamoDBClient, groups: (() => unknown)[][]): Promise<void> {
  for (const group of groups) {
    await Promise.all(group.map((command) => database.send(command() as never).catch(unlessRefused)));
  }
}
