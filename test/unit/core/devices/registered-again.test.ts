import type { Caller } from '../../../../core/write/device-operations.js';
import { registerDevice, revokeDevice, showDevice } from '../../../../core/admin/devices.js';
import type { Receipt } from '../../../../core/model/items.js';
import type { OperationResult } from '../../../../protocol/operation-result.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, modification } from '../../../support/builders.js';
import { Actor, interleave } from '../../../support/interleaving.js';

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
const receipts = async () => {
  const { items } = await box.store.query(BOX, { from: 'R#', to: 'R$', limit: 100 });
  return items as Receipt[];
};

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

test('[DV9] the receipt of an instance that is away expires after 120 days, and that of the registered one never', async () => {
  await send(message(1));
  expect((await receipts()).map(({ expiresAtMs }) => expiresAtMs)).toEqual([undefined]);
  await again('phone-2');
  await revoked();
  const inDays = (await receipts()).map(({ expiresAtMs = 0 }) => (expiresAtMs - box.clock.nowMs) / DAY_MS);
  expect(inDays).toEqual([120, 120]);
  await again();
  expect(
    (await receipts()).map(({ instanceId, expiresAtMs }) => [instanceId, expiresAtMs !== undefined]),
  ).toEqual([
    ['phone-1', false],
    ['phone-2', true],
  ]);
});

test('a receipt never has a version twice, whoever is registered in between', async () => {
  const versions = [];
  const current = async () => (await receipts()).find(({ sk }) => sk === 'R#phone');
  for (let i = 0; i < 4; i++) {
    await send(message(i + 1));
    versions.push((await current())?.version);
    await revoked();
    box.clock.nowMs += 10;
    await again('phone-2');
    versions.push((await current())?.version);
    await revoked();
    box.clock.nowMs += 10;
    await again();
  }
  expect(new Set(versions).size).toBe(8);
});

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
  'registering and revoking at the same time loses no receipt (seed %i)',
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
