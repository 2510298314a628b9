import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { registerDevice } from '../../core/admin/devices.js';
import { assignToBox } from '../../core/admin/policies.js';
import { issueTicket, redeemTicket } from '../../core/admin/tickets.js';
import { erase, startErasing } from '../../core/lifecycle/erase.js';
import { purge } from '../../core/lifecycle/purge.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import type { BoxId } from '../../core/model/items.js';
import { ticketPartition } from '../../core/model/ticket-partition.js';
import { systemClock } from '../../core/ports/clock.js';
import type { Core } from '../../core/ports/core.js';
import type { EraseMessage } from '../../core/ports/erase-queue.js';
import { connected } from '../../core/push/connections.js';
import { synchronize } from '../../core/read/synchronize.js';
import { deposit } from '../../core/write/deposit.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { aConversation, aFolder, aMessage, aSession, removal, stateChange } from '../support/builders.js';
import { itemsWith } from '../support/cloud-tables.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';
import { Rig } from '../support/rig.js';

const SETTLE_SECONDS = 1;

let tables: Tables;
let rig: Rig;
let core: Core;
let boxes = 0;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());
beforeEach(() => {
  rig = new Rig(tables.store, tables.registry);
  rig.clock.nowMs = Date.now();
  core = { ...rig.core, clock: systemClock }; // real conditional failures need real waits
});

const aBox = () => `tel:+1888${process.pid}${++boxes}x` as BoxId;
const many = <T>(count: number, build: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => build(i));

/** Keys of all items that name the box, in both tables. */
const left = async (box: BoxId) => [
  await itemsWith(tables.client, tables.storeTable, box),
  await itemsWith(tables.client, tables.registryTable, box),
];
const countsLeft = async (box: BoxId) => (await left(box)).map(({ length }) => length);

/** A box with items of every kind, in both tables: more than fit into one transaction. */
async function fill(box: BoxId) {
  const phone = await rig.device(box, 'phone');
  await rig.deposit(
    box,
    aFolder('f1'),
    aConversation({ folderId: 'f1' }),
    aSession(),
    aConversation({ id: 'c2' }),
  );
  for (let i = 0; i < 5; i++) await rig.deposit(box, ...many(40, (n) => aMessage({ id: `m${i} ${n}` })));
  await rig.deposit(box, ...many(20, (n) => aMessage({ id: `s${n}`, conversationId: 'c2' })));
  await rig.deposit(
    box,
    stateChange('m0 1', { addFlags: ['x'] }),
    removal('message', 'm0 2'),
    removal('conversationHistory', 'c2'),
  );
  for (const commit of (await rig.commits(box)).slice(-1)) await schedulePurge(core, box, commit);
  for (let next = rig.purges.shift(); next; next = rig.purges.shift()) await purge(core, next);
  await rig.sync(phone, { operations: [{ ...removal('message', 'm0 3'), n: 1 }] });
  for (let i = 0; i < 20; i++) {
    for (let bytes = 1; bytes <= 5; bytes++) await rig.device(box, `device ${i}`, { maxTextBytes: bytes });
  }
  const { ticket } = await issueTicket(core, box, phone.deviceId);
  await connected(core, phone, { id: `${box} A`, atMs: Date.now() });
  return { phone, ticket };
}

/** Delivers the messages of the erase queue, and repeats failed ones. @returns the number of messages */
async function work(box: BoxId): Promise<number> {
  let messages = 0;
  const next = (): EraseMessage | undefined => {
    const at = rig.erasures.findIndex(({ message }) => message.box === box);
    return at < 0 ? undefined : rig.erasures.splice(at, 1)[0]?.message;
  };
  for (let message = next(); message; message = next()) {
    messages++;
    await erase(core, message, SETTLE_SECONDS).catch(() =>
      rig.erasures.push({ message: message as EraseMessage, delaySeconds: 0 }),
    );
    if (rig.erasures.length > 0) await systemClock.sleep(300);
  }
  return messages;
}

test('[SP4] a scan of both tables finds nothing of an erased box, and everything of another one', async () => {
  const [box, other] = [aBox(), aBox()];
  const { phone, ticket } = await fill(box);
  await fill(other);
  // An unreadable item, and a ticket of another box in the same partition.
  await tables.client.send(
    new PutItemCommand({
      TableName: tables.storeTable,
      Item: { box: { S: box }, sk: { S: 'X#unreadable' } },
    }),
  );
  const neighbour = { pk: { S: `T#${ticketPartition(box)}` }, sk: { S: 'x'.repeat(28) }, box: { S: other } };
  await tables.client.send(new PutItemCommand({ TableName: tables.registryTable, Item: neighbour }));
  const [inStore, inRegistry] = await countsLeft(box);
  expect(inStore).toBeGreaterThan(250);
  expect(inRegistry).toBeGreaterThan(20 * 5 - 20);
  const others = await left(other);

  await startErasing(core, box);
  expect(rig.closed).toContain(`${box} A`);
  expect(await redeemTicket(core, ticket)).toBeUndefined();
  expect((await tables.registry.devices(box)).length).toBe(0);
  expect(await work(box)).toBeGreaterThan(1);

  expect(await countsLeft(box)).toEqual([0, 0]);
  const key = (item: object) => JSON.stringify(item);
  expect((await left(other)).map((items) => items.map(key).sort())).toEqual(
    others.map((items) => items.map(key).sort()),
  );
  await expect(rig.sync(phone)).rejects.toMatchObject({ kind: 'device-not-registered' });
  await rig.device(box, 'phone');
  expect((await rig.syncAll(phone)).changes.map(({ id }) => id)).toEqual(['RCSMessageStore', 'default']);
}, 60_000);

test('[SP3, SP4] an erased box stays erased when all kinds of writers run at the same time', async () => {
  const box = aBox();
  const { phone } = await fill(box);
  let isOver = false;
  const outcomes: Record<string, number> = {};
  const again = async (deed: (i: number) => Promise<unknown>) => {
    for (let i = 0; !isOver; i++) {
      const outcome = await deed(i).then(
        () => 'done',
        (error: { kind?: string }) => error.kind ?? String(error),
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const body = (n: number) => syncBodySchema.parse({ operations: [{ ...aMessage(), n }] });
  const writers = [
    again(() => deposit(core, box, [aMessage()])),
    again((i) => synchronize(core, phone, body(2 + i))),
    again((i) =>
      registerDevice(core, box, `new ${i % 5}` as DeviceId, {
        instanceId: `i${i}` as never,
        preferences: {},
      }),
    ),
    again((i) => issueTicket(core, box, `new ${i % 5}` as DeviceId)),
    again(() => assignToBox(core, box, 'default' as PolicyId)),
    again((i) => connected(core, phone, { id: `${box} ${i}`, atMs: Date.now() + i })),
  ];
  try {
    await systemClock.sleep(300);
    await startErasing(core, box);
    for (;;) {
      const message = rig.erasures.shift()?.message;
      if (!message) break;
      // Stop just before the end: otherwise the writers would create the box again.
      await erase(core, message, 3600).catch(() => rig.erasures.push({ message, delaySeconds: 0 }));
      const [{ delaySeconds } = { delaySeconds: 0 }] = rig.erasures;
      if (delaySeconds > 0) break;
    }
    await systemClock.sleep(300);
  } finally {
    isOver = true;
    await Promise.all(writers);
  }
  expect(outcomes.done).toBeGreaterThan(5);
  expect(outcomes.busy).toBeGreaterThan(5);
  expect(
    Object.keys(outcomes).filter(
      (kind) => !['done', 'busy', 'device-not-registered', 'operation-gap'].includes(kind),
    ),
  ).toEqual([]);
  expect(await countsLeft(box)).toEqual([2, 0]); // the eraser's marker and the anchor
  await systemClock.sleep(SETTLE_SECONDS * 1000);
  await work(box);
  expect(await countsLeft(box)).toEqual([0, 0]);
}, 60_000);
