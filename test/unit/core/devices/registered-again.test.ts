import { registerDevice, revokeDevice, showDevice } from '../../../../core/admin/devices.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { OperationResult } from '../../../../protocol/operation-result.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, modification } from '../../../support/builders.js';
import { extent } from '../../../support/extent.js';
import { Actor, interleave } from '../../../support/interleaving.js';
import type { MemoryStore } from '../../../support/memory-store.js';

const DAY_MS = 86_400_000;

let box: BoxUnderTest;
let phone: Caller;
beforeEach(async () => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone');
});

const send = async (...operations: object[]): Promise<readonly OperationResult[]> =>
  (await box.sync(phone, { operations })).results ?? [];
const message = (n: number) => aMessage({ n, id: `m${n}` });
const again = (instanceId = 'phone-1') => box.device(BOX, 'phone', {}, instanceId);
const revoked = () => revokeDevice(box.core, BOX, phone.deviceId);
const kept = async () => (await box.store.query(BOX, { from: 'I#', to: 'I$', limit: 100 })).items;

describe.each([
  ['was revoked', async () => await revoked()],
  ['was replaced by another one', async () => void (await again('phone-2'))],
  [
    'was replaced, and its successor revoked',
    async () => {
      await again('phone-2');
      await revoked();
    },
  ],
  [
    'was away twice',
    async () => {
      await revoked();
      await again();
      await again('phone-2');
    },
  ],
])('an instance that is registered again and %s', (_, away) => {
  test('[XO2] gets the same results for the request that it sent last, and nothing changes', async () => {
    await send(message(1));
    const request = [message(2), modification('message', 'm1', { subject: 'mine' }, { n: 3 } as never)];
    const first = await send(...request);
    await away();
    await again();
    await box.given(modification('message', 'm1', { subject: 'theirs' }));
    expect(await send(...request)).toEqual(first);
    expect(await box.element('message', 'm1')).toMatchObject({ subject: 'theirs' });
  });

  test('[XO3] gets duplicate for what it sent before that, however late', async () => {
    await send(message(1));
    await send(message(2));
    await away();
    await again();
    expect(await send(message(1))).toEqual([{ n: 1, status: 'duplicate' }]);
  });

  test('[DV9] goes on with its next n, and is told the last one', async () => {
    await send(message(1), message(2));
    await away();
    await again();
    expect(await showDevice(box.core, BOX, phone.deviceId)).toMatchObject({ lastN: 2 });
    expect(await send(message(3))).toMatchObject([{ n: 3, status: 'applied' }]);
    await expect(send(message(5))).rejects.toMatchObject({ kind: 'operation-gap' });
  });

  test('[XO7] is refused while it is away', async () => {
    await send(message(1));
    await away();
    const kinds = ['device-not-registered', 'instance-replaced'];
    for (const request of [[message(1)], [message(2)], []]) {
      const refused = await send(...request).catch(({ kind }) => kind);
      expect(kinds).toContain(refused);
    }
  });
});

test('[DV5] another instance begins with 1', async () => {
  await send(message(1), message(2));
  await revoked();
  phone = await again('phone-2');
  expect(await send(message(1))).toMatchObject([{ n: 1, status: 'exists' }]);
});

test('[DV9] what an instance was answered is kept for 120 days while it is away, and for ever while it is registered', async () => {
  await send(message(1));
  const { expiresAtMs, idempotency } = (await box.registry.device(BOX, phone.deviceId)) ?? {};
  expect([expiresAtMs, idempotency?.lastN]).toEqual([undefined, 1]);
  await again('phone-2');
  await revoked();
  const inDays = (await kept()).map(({ sk, expiresAtMs = 0 }) => [
    sk,
    (expiresAtMs - box.clock.nowMs) / DAY_MS,
  ]);
  expect(inDays).toEqual([
    ['I#phone#phone-1', 120],
    ['I#phone#phone-2', 120],
  ]);
  await again();
  expect(await box.registry.device(BOX, phone.deviceId)).not.toHaveProperty('expiresAtMs');
});

test('[DV9] an instance that was away for more than 120 days is a new one', async () => {
  await send(message(1), message(2));
  await revoked();
  box.clock.nowMs += 40 * DAY_MS;
  await box.given(aMessage());
  box.clock.nowMs += 81 * DAY_MS;
  await box.given(aMessage());
  expect((box.store as MemoryStore).removeExpired(BOX, box.clock.nowMs).map(({ sk }) => sk)).toContain(
    'I#phone#phone-1',
  );
  await again();
  expect(await showDevice(box.core, BOX, phone.deviceId)).toMatchObject({ lastN: 0 });
  expect(await send(aMessage({ n: 1, id: 'x' }))).toMatchObject([{ n: 1, status: 'applied' }]);
});

test('the record of a device never has a version twice, whoever is registered in between', async () => {
  const versions: unknown[] = [];
  const current = async () => await box.registry.device(BOX, phone.deviceId);
  for (let i = 0; i < 4; i++) {
    await send(message(i + 1));
    versions.push((await current())?.stateVersion);
    await revoked();
    await again('phone-2');
    versions.push((await current())?.stateVersion);
    await revoked();
    await again();
  }
  expect(new Set(versions).size).toBe(8);
});

test.each(Array.from({ length: extent(8, 40) }, (_, seed) => seed + 1))(
  'registering and revoking at the same time loses no record (seed %i)',
  async (seed) => {
    await send(message(1));
    const registers = (name: string, instanceId: string) =>
      new Actor(name, box.core, (core) =>
        registerDevice(core, BOX, phone.deviceId, { instanceId, preferences: {} } as never),
      );
    let random = seed;
    const choose = (among: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random % among;
    };
    await interleave(
      [
        registers('same', 'phone-1'),
        registers('other', 'phone-2'),
        new Actor('revokes', box.core, (core) => revokeDevice(core, BOX, phone.deviceId)),
      ],
      choose,
    );
    await again();
    expect(await send(message(1))).toMatchObject([{ n: 1, status: 'applied' }]);
    expect((await box.commits(BOX)).length).toBe(2);
  },
);
