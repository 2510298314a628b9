import { setTimeout as delay } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ANCHOR_KEY } from '../core/model/keys.js';
import type { OperationInput } from '../protocol/operation.js';
import { BenchDevice, deposit } from './support/device.js';
import { commandsFor, replay } from './support/replay.js';
import type { BenchServer } from './support/server.js';
import { ratioOf, type Times, timed, timesOf } from './support/timing.js';
import type { CallWatch } from './support/watch.js';
import { unread } from './support/workload.js';

/** Time of a handler, and of the same DynamoDB calls sent without it, in the same order. */
export interface Overhead {
  readonly case: string;
  readonly calls: number;
  readonly handler: Times;
  readonly bare: Times;
  readonly ratio: number; // median over the rounds
}

const WARM_UP = 20; // rounds that are not counted, because the code of a busy function is already compiled
/**
 * After this time the server no longer treats earlier writes as possibly unfinished. A backfill can skip the
 * log.
 */
const SETTLED_MS = 61_000;

/** Two boxes in the same state: handlers write to one, and their bare calls are repeated on the other. */
interface Twins {
  readonly server: BenchServer;
  readonly watch: CallWatch;
  readonly user: string;
  readonly twin: string;
}

/**
 * Runs each case `rounds` times on one box, alternating with its calls on a box in the same state. Both sides
 * therefore meet the same load of machine and database.
 * @param watch one without costs
 */
export async function measureOverhead(
  server: BenchServer,
  watch: CallWatch,
  operations: readonly OperationInput[],
  { rounds, onCase = () => undefined }: { rounds: number; onCase?: (name: string) => void },
): Promise<Overhead[]> {
  const twins: Twins = { server, watch, user: 'tel:+15550201', twin: 'tel:+15550202' };
  // A typical box: it has had no writes for a while.
  const quiet: Twins = { server, watch, user: 'tel:+15550203', twin: 'tel:+15550204' };
  const newcomer = new BenchDevice(server, quiet.user, 'phone');
  // Repeat every call from the first one on, since versions begin at random numbers.
  await bothDo(quiet, () => deposit(server, quiet.user, operations));
  await bothDo(quiet, () => newcomer.register());
  const settledAtMs = Date.now() + SETTLED_MS;
  await bothDo(twins, () => deposit(server, twins.user, operations));
  const [phone, sender] = ['phone', 'sender'].map((id) => new BenchDevice(server, twins.user, id)) as [
    BenchDevice,
    BenchDevice,
  ];
  for (const device of [phone, sender]) await bothDo(twins, () => device.register());
  await bothDo(twins, () => phone.synchronize([], { limit: 1000 }));
  await bothDo(twins, () => sender.synchronize([], { limit: 1000 }));

  const project = async () => server.readsStream(await server.streamOf(twins.user));
  const fresh = freshMessages(operations);
  const [one, ...toggled] = operations.slice(0, 51);
  const cases: {
    name: string;
    on?: Twins;
    prepare?: () => Promise<unknown>;
    work: (round: number) => Promise<unknown>;
    after?: () => Promise<unknown>;
  }[] = [
    { name: 'nothing changed', work: () => phone.synchronize() },
    {
      name: 'receive 1 new message',
      prepare: () => deposit(server, twins.user, fresh(1)),
      work: () => phone.synchronize(),
    },
    {
      name: 'receive 100 new messages',
      prepare: () => deposit(server, twins.user, fresh(100)),
      work: () => phone.synchronize(),
    },
    { name: 'send 1 state read', work: (round) => sender.synchronize(flagging(one ? [one] : [], round)) },
    { name: 'send 50 states read', work: (round) => sender.synchronize(flagging(toggled, round)) },
    {
      name: 'one deposit',
      work: () => deposit(server, twins.user, fresh(1), { isProjected: false }),
      after: project,
    },
    {
      name: 'a batch of 50 deposits',
      work: () => deposit(server, twins.user, fresh(50), { isProjected: false }),
      after: project,
    },
    {
      name: 'initial synchronization, 1000 elements',
      on: quiet,
      work: async () => {
        await delay(Math.max(0, settledAtMs - Date.now())); // delays the first round only
        newcomer.token = undefined;
        return newcomer.page(1000);
      },
    },
  ];
  const measured: Overhead[] = [];
  for (const { name, on = twins, prepare, work, after } of cases) {
    onCase(name);
    await bothDo(twins, () => sender.synchronize([], { limit: 1000 }));
    const handler: number[] = [];
    const bare: number[] = [];
    let calls = 0;
    for (let round = 0; round < rounds + WARM_UP; round++) {
      if (prepare) await bothDo(twins, prepare);
      // Read both boxes first. Otherwise the first of the two would pay for the database's work after the
      // write.
      await replay(server.database, readsOf(on));
      watch.take();
      server.takeHandlerMs();
      await work(round);
      const handlerMs = server.takeHandlerMs();
      const made = watch.take();
      const commands = commandsFor(made, on.user, on.twin);
      const bareMs = await timed(() => replay(server.database, commands));
      if (after) await bothDo(twins, after);
      calls = made.length;
      if (round < WARM_UP) continue;
      handler.push(handlerMs);
      bare.push(bareMs);
    }
    const ratio = ratioOf(handler, bare);
    measured.push({ case: name, calls, handler: timesOf(handler), bare: timesOf(bare), ratio });
  }
  return measured;
}

/** Does something on one box and repeats its calls on the other, so that both stay in the same state. */
async function bothDo({ server, watch, user, twin }: Twins, work: () => Promise<unknown>): Promise<void> {
  watch.take();
  await work();
  await replay(server.database, commandsFor(watch.take(), user, twin));
}

/** A read of each of the two boxes. */
const readsOf = ({ server: { storeTable }, user, twin }: Twins): (() => unknown)[][] =>
  [user, twin].map((box) => [
    () =>
      new GetItemCommand({
        TableName: storeTable,
        Key: { box: { S: box }, sk: { S: ANCHOR_KEY } },
        ConsistentRead: true,
      }),
  ]);

/** Returns new messages, each only once, made like the existing ones. */
function freshMessages(operations: readonly OperationInput[]): (count: number) => OperationInput[] {
  let made = 0;
  return (count) =>
    Array.from({ length: count }, () => {
      made += 1;
      const pattern = operations[made % operations.length] as OperationInput & { id: string };
      return unread({ ...pattern, id: `${pattern.id}-${made}` } as OperationInput);
    });
}

/** Sets a flag in one round and removes it in the next, so that each round changes something. */
const flagging = (operations: readonly OperationInput[], round: number): OperationInput[] =>
  operations.map((operation) => {
    const { id, conversationId } = operation as { id: string; conversationId: string };
    const data = round % 2 === 0 ? { addFlags: ['\\Flagged'] } : { removeFlags: ['\\Flagged'] };
    return { op: 'modify', type: 'messageState', id, conversationId, data } as unknown as OperationInput;
  });
