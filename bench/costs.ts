import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { OperationInput } from '../protocol/operation.js';
import { DEFAULT_POLICY } from '../protocol/policy.js';
import { BenchDevice, deposit, type Route, type Wire } from './support/device.js';
import type { BenchServer } from './support/server.js';
import type { Call, CallWatch } from './support/watch.js';
import { unread, type Workload } from './support/workload.js';

/** Cost of one case: DynamoDB calls and units, counted exactly, and bytes on the wire. */
export interface Cost {
  readonly case: CaseName;
  readonly operations: number; // sent by the Participating Function or the device, or elements received
  readonly calls: Readonly<Record<string, number>>; // by name
  readonly callsInLine: number; // calls that waited for another one, plus the first; the largest number of all responses
  readonly items: number;
  readonly read: number; // units
  readonly write: number; // units
  /** For deposits: the work of the stream reader afterwards. */
  readonly projected?: { readonly read: number; readonly write: number };
  readonly https: Wire;
  readonly socket?: Wire; // for the same case over the socket
}

const CASES = [
  'nothing changed',
  'nothing changed, after 50 messages',
  'nothing changed, after 300 KB',
  'receive 1 new message',
  'receive 100 new messages',
  'send 1 state read',
  'send 50 states read',
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
const POLL_MS = 50;
const POLICY_KEY = `P#${DEFAULT_POLICY}`;

/** Runs every case on a box that holds the workload. Calls `onCase` before each case. */
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
    tablet: await new BenchDevice(server, user, 'tablet').register(), // repeats each case over the socket
    other: await new BenchDevice(server, user, 'other').register(), // makes the changes that the other devices receive
  };
  const { phone, tablet, other } = devices;
  const stock = operations.slice(0, -(3 + 100 + 1 + 50));
  // Short messages are typical, so three of them serve the single deposits. The others keep their order.
  const newcomers = operations.slice(stock.length).map(unread);
  const short = newcomers.toSorted((a, b) => lengthOf(a) - lengthOf(b)).slice(0, 3);
  const fresh = newcomers.filter((each) => !short.includes(each));
  await deposit(server, user, stock);

  /** Synchronizes until the functions have just read the policy, so that they know it for a second. */
  const readPolicyNow = async () => {
    for (;;) {
      watch.take();
      await other.synchronize();
      if (watch.take().some(({ command }) => JSON.stringify(command.input).includes(POLICY_KEY))) return;
      await setTimeout(POLL_MS);
    }
  };
  const measure = async (
    name: CaseName,
    work: (route: Route, onResponse: () => void) => Promise<{ operations: number; wire: Wire }>,
    { alsoBy, byNetwork = user }: { alsoBy?: () => Promise<Wire>; byNetwork?: string } = {},
  ) => {
    onCase(name);
    // The function of the network knows the policy from the deposit right before.
    if (BY_NETWORK.has(name)) await other.synchronize();
    else if (KNOWING_POLICY.has(name)) await readPolicyNow();
    watch.take();
    const responses: (readonly Call[])[] = [];
    const { operations: count, wire } = await work('https', () => responses.push(watch.take()));
    responses.push(watch.take());
    const stream = await server.streamOf(byNetwork);
    watch.take();
    await server.readsStream(stream);
    const { read, write } = sumOf(watch.take());
    costs.push({
      case: name,
      operations: count,
      ...sumOf(responses.flat()),
      callsInLine: Math.max(...responses.map(inLine)),
      ...(BY_NETWORK.has(name) && { projected: { read, write } }),
      https: wire,
      ...(alsoBy && { socket: await alsoBy() }),
    });
  };
  const receive = (name: CaseName, limit?: number) =>
    measure(
      name,
      async (_, onResponse) => {
        const { wire, received } = await phone.synchronize([], { ...(limit && { limit }), onResponse });
        return { operations: received, wire };
      },
      {
        alsoBy: async () => (await tablet.synchronize([], { route: 'socket', ...(limit && { limit }) })).wire,
      },
    );
  const send = (name: CaseName, sent: readonly OperationInput[]) =>
    measure(name, async (_, onResponse) => {
      const { wire } = await other.synchronize(sent, { onResponse });
      return { operations: sent.length, wire };
    });
  const put = (name: CaseName, sent: readonly OperationInput[]) =>
    measure(name, async (_, onResponse) => {
      const wire = await deposit(server, user, sent, { isProjected: false });
      onResponse();
      return { operations: sent.length, wire };
    });

  await receive('initial synchronization', INITIAL_LIMIT);
  await other.synchronize([], { limit: INITIAL_LIMIT });
  await receive('nothing changed');

  // A typical commit follows a commit of one element. After a large one, it would pay for checking that one.
  await deposit(server, user, short.slice(0, 1));
  await put('one deposit', short.slice(1, 2));
  await phone.synchronize();
  await tablet.synchronize();
  await deposit(server, user, short.slice(2, 3));
  await receive('receive 1 new message');
  await deposit(server, user, fresh.slice(0, 100));
  await receive('receive 100 new messages');
  await deposit(server, user, fresh.slice(100, 101));
  await put('a batch of 50 deposits', fresh.slice(-50));
  await Promise.all([phone.synchronize(), tablet.synchronize(), other.synchronize()]);

  const newest = inFewConversations(stock).slice(-400);
  await other.synchronize(newest.slice(0, 1).map(flagged));
  await send('send 1 state read', newest.slice(1, 2).map(flagged));
  await send('send 50 states read', newest.slice(2, 52).map(flagged));
  await other.synchronize(newest.slice(52, 102).map(flagged));
  await receive('receive 100 states read');
  await send('send 100 deletions', newest.slice(102, 202).map(deleted));
  await receive('receive 100 deletions');
  await send('send a mixed 100', mixed(newest.slice(202, 302)));
  await receive('receive a mixed 100');
  await measureQuiet(server, operations, measure);
  return CASES.flatMap((name) => costs.filter((cost) => cost.case === name));
}

/** Cases that must run within a second of reading the policy. Otherwise a slow machine changes the counts. */
const KNOWING_POLICY: ReadonlySet<CaseName> = new Set([
  'nothing changed',
  'nothing changed, after 50 messages',
  'nothing changed, after 300 KB',
  'send 1 state read',
  'send 50 states read',
]);

/**
 * Cases of the Participating Function: here the stream reader does the work that a device's request does
 * itself.
 */
const BY_NETWORK: ReadonlySet<CaseName> = new Set(['one deposit', 'a batch of 50 deposits']);

type Measure = (
  name: CaseName,
  work: (route: Route) => Promise<{ operations: number; wire: Wire }>,
  options: { byNetwork: string },
) => Promise<void>;

const QUIET_USER = 'tel:+15550199';
const FOLDERS = 199; // and `default`
const LARGE = 5;
const LARGE_BYTES = 60_000;

/** Measures an unchanged box whose newest commit was large, for a device with a long list of folders. */
async function measureQuiet(
  server: BenchServer,
  operations: readonly OperationInput[],
  measure: Measure,
): Promise<void> {
  await deposit(server, QUIET_USER, operations.slice(0, 50));
  const folders = Array.from({ length: FOLDERS }, (_, i) => `folder-${i}-${'x'.repeat(100)}`);
  const device = await new BenchDevice(server, QUIET_USER, 'phone').register({
    folders: [...folders, 'default'],
  });
  const large = (id: string): OperationInput => {
    const textContent = randomBytes(LARGE_BYTES / 2)
      .toString('base64')
      .slice(0, LARGE_BYTES);
    const { data, ...rest } = unread(operations[0] as OperationInput) as Message & { data: object };
    return { ...rest, id, data: { ...data, textContent } } as OperationInput;
  };
  const newest = {
    'nothing changed, after 50 messages': operations.slice(50, 100),
    'nothing changed, after 300 KB': Array.from({ length: LARGE }, (_, i) => large(`large ${i}`)),
  } as const;
  for (const name of ['nothing changed, after 50 messages', 'nothing changed, after 300 KB'] as const) {
    await deposit(server, QUIET_USER, newest[name]);
    await device.synchronize([], { limit: INITIAL_LIMIT });
    await measure(name, async () => ({ operations: 0, wire: (await device.synchronize()).wire }), {
      byNetwork: QUIET_USER,
    });
  }
}

type Message = Extract<OperationInput, { type: 'message' }>;

/** A flag that no message of the workload has, while read messages have `\Seen`. */
const READ_FLAG = '\\read-report-sent';

/**
 * Number of conversation histories in the goals for a batch. The server reads each one beside its messages.
 */
const CONVERSATIONS = 19;

/** The messages of the conversation histories that were written to last. */
function inFewConversations(operations: readonly OperationInput[]): readonly OperationInput[] {
  const of = (operation: OperationInput) => (operation as Message).conversationId;
  const newest = new Set(operations.toReversed().map(of));
  const few = new Set([...newest].slice(0, CONVERSATIONS));
  return operations.filter((operation) => few.has(of(operation)));
}

const lengthOf = (operation: OperationInput): number => JSON.stringify(operation).length;

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

/** A device's typical day: mostly states, some new messages, some deletions, a few changed texts. */
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

function sumOf(calls: readonly Call[]): Pick<Cost, 'calls' | 'callsInLine' | 'items' | 'read' | 'write'> {
  const counts: Record<string, number> = {};
  for (const { name } of calls) counts[name] = (counts[name] ?? 0) + 1;
  const total = (of: (call: Call) => number) => calls.reduce((sum, call) => sum + of(call), 0);
  return {
    calls: counts,
    callsInLine: inLine(calls),
    items: total(({ items }) => items),
    read: total(({ read }) => read),
    write: total(({ write }) => write),
  };
}

/** Length of the longest chain of calls in which each call started after the previous one ended. */
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
