import type { OperationInput } from '../protocol/operation.js';
import { BenchDevice, deposit, type Route, type Wire } from './support/device.js';
import type { BenchServer } from './support/server.js';
import type { Call, CallWatch } from './support/watch.js';
import { unread, type Workload } from './support/workload.js';

/** What one case costs: calls and units of DynamoDB, counted exactly, and bytes on the wire. */
export interface Cost {
  readonly case: CaseName;
  readonly operations: number; // of the Participating Function or the device, or elements received
  readonly calls: Readonly<Record<string, number>>; // by name
  readonly callsInLine: number; // calls that waited for another one to end, the first counted
  readonly items: number;
  readonly read: number; // units
  readonly write: number; // units
  readonly committed: number; // units, of those written in transactions
  readonly https: Wire;
  readonly socket?: Wire; // of the same done over the socket
}

export const CASES = [
  'nothing changed',
  'receive 1 new message',
  'receive 100 new messages',
  'send 1 state read',
  'send 100 states read',
  'receive 100 states read',
  'send 100 deletions',
  'receive 100 deletions',
  'send a mixed 100',
  'receive a mixed 100',
  'one deposit',
  'a batch of 50 deposits',
  'initial synchronization',
] as const;
export type CaseName = (typeof CASES)[number];

const INITIAL_LIMIT = 1000;

/** Runs every case on a box that holds the workload. `onCase` is told each before it begins. */
export async function measureCosts(
  server: BenchServer,
  watch: CallWatch,
  { operations }: Workload,
  user: string,
  onCase: (name: CaseName) => void = () => undefined,
): Promise<Cost[]> {
  const costs: Cost[] = [];
  const devices = {
    phone: await new BenchDevice(server, user, 'phone').register(),
    tablet: await new BenchDevice(server, user, 'tablet').register(), // does the same over the socket
    other: await new BenchDevice(server, user, 'other').register(), // makes the changes that the others receive
  };
  const { phone, tablet, other } = devices;
  const stock = operations.slice(0, -1 - 100 - 1 - 50);
  const fresh = operations.slice(stock.length).map(unread);
  await deposit(server, user, stock);

  const measure = async (
    name: CaseName,
    work: (route: Route) => Promise<{ operations: number; wire: Wire }>,
    alsoBy?: () => Promise<Wire>,
  ) => {
    onCase(name);
    watch.take();
    const { operations: count, wire } = await work('https');
    const calls = watch.take();
    costs.push({
      case: name,
      operations: count,
      ...sumOf(calls),
      https: wire,
      ...(alsoBy && { socket: await alsoBy() }),
    });
  };
  const receive = (name: CaseName, limit?: number) =>
    measure(
      name,
      async () => {
        const { wire, received } = await phone.synchronize([], { ...(limit && { limit }) });
        return { operations: received, wire };
      },
      async () => (await tablet.synchronize([], { route: 'socket', ...(limit && { limit }) })).wire,
    );
  const send = (name: CaseName, sent: readonly OperationInput[]) =>
    measure(name, async () => {
      const { wire } = await other.synchronize(sent);
      return { operations: sent.length, wire };
    });

  await receive('initial synchronization', INITIAL_LIMIT);
  await other.synchronize([], { limit: INITIAL_LIMIT });
  await receive('nothing changed');

  await measure('one deposit', async () => ({
    operations: 1,
    wire: await deposit(server, user, fresh.slice(0, 1)),
  }));
  await receive('receive 1 new message');
  await deposit(server, user, fresh.slice(1, 101));
  await receive('receive 100 new messages');
  await measure('a batch of 50 deposits', async () => ({
    operations: 50,
    wire: await deposit(server, user, fresh.slice(-50)),
  }));
  await Promise.all([phone.synchronize(), tablet.synchronize(), other.synchronize()]);

  const newest = stock.slice(-400);
  await send('send 1 state read', newest.slice(0, 1).map(flagged));
  await send('send 100 states read', newest.slice(1, 101).map(flagged));
  await receive('receive 100 states read');
  await send('send 100 deletions', newest.slice(101, 201).map(deleted));
  await receive('receive 100 deletions');
  await send('send a mixed 100', mixed(newest.slice(201, 301)));
  await receive('receive a mixed 100');
  return CASES.flatMap((name) => costs.filter((cost) => cost.case === name));
}

type Message = Extract<OperationInput, { type: 'message' }>;

/** A flag that no message of the workload has, as `\Seen` is for those read already. */
const READ_FLAG = '\\read-report-sent';

const nameOf = (operation: OperationInput) => {
  const { id, conversationId } = operation as Message;
  return { id, conversationId };
};
const flagged = (operation: OperationInput): OperationInput =>
  ({
    op: 'modify',
    type: 'messageState',
    ...nameOf(operation),
    data: { addFlags: [READ_FLAG] },
  }) as OperationInput;
const deleted = (operation: OperationInput): OperationInput =>
  ({ op: 'delete', type: 'message', ...nameOf(operation) }) as OperationInput;

/** A day in the life of a device: most are states, some new messages, some deletions, a few changed texts. */
const mixed = (operations: readonly OperationInput[]): OperationInput[] =>
  operations.map((operation, i) => {
    if (i % 10 < 5) return flagged(operation);
    if (i % 10 < 7) return deleted(operation);
    if (i % 10 < 8)
      return {
        op: 'modify',
        type: 'message',
        ...nameOf(operation),
        data: { textContent: 'corrected' },
      } as OperationInput;
    const { id, ...rest } = operation as Message;
    return { ...rest, id: `${id}-${i}` } as OperationInput;
  });

function sumOf(
  calls: readonly Call[],
): Pick<Cost, 'calls' | 'callsInLine' | 'items' | 'read' | 'write' | 'committed'> {
  const counts: Record<string, number> = {};
  for (const { name } of calls) counts[name] = (counts[name] ?? 0) + 1;
  const total = (of: (call: Call) => number) => calls.reduce((sum, call) => sum + of(call), 0);
  return {
    calls: counts,
    callsInLine: inLine(calls),
    items: total(({ items }) => items),
    read: total(({ read }) => read),
    write: total(({ write }) => write),
    committed: total(({ name, write }) => (name === 'TransactWriteItems' ? write : 0)),
  };
}

/** The longest chain of calls in which each began after the one before had ended. */
export function inLine(calls: readonly Call[]): number {
  let length = 0;
  let freeAt = Number.NEGATIVE_INFINITY;
  for (const { startedMs, endedMs } of [...calls].sort((a, b) => a.endedMs - b.endedMs)) {
    if (startedMs < freeAt) continue;
    length += 1;
    freeAt = endedMs;
  }
  return length;
}

export const perOperation = ({ operations, read, write }: Cost) => ({
  read: read / Math.max(1, operations),
  write: write / Math.max(1, operations),
});
