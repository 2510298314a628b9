import { listDevices, registerDevice, showDevice } from '../../../../core/admin/devices.js';
import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { readTail } from '../../../../core/log/tail.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import type { Policy } from '../../../../protocol/policy.js';
import { BOX } from '../../../support/builders.js';
import { extent } from '../../../support/extent.js';
import { Actor, interleave } from '../../../support/interleaving.js';
import { Rig } from '../../../support/rig.js';

const PHONE = 'phone' as DeviceId;
const [LARGE, SMALL] = ['large', 'small'] as PolicyId[] as [PolicyId, PolicyId];
const SEEDS = Array.from({ length: extent(6, 30) }, (_, seed) => seed + 1);

let rig: Rig;
beforeEach(async () => {
  rig = new Rig();
  await rig.registry.putPolicy(LARGE, { maxTextBytes: 1000 } as Policy);
  await rig.registry.putPolicy(SMALL, { maxTextBytes: 10 } as Policy);
});

const chooser = (seed: number) => {
  let state = seed;
  return (among: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state >> 8) % among;
  };
};
const registers = (instanceId: string, preferences: object = {}) =>
  new Actor('registers', rig.core, (core) =>
    registerDevice(core, BOX, PHONE, { instanceId, preferences } as never),
  );
const assigns = (policyId: PolicyId) =>
  new Actor(`assigns ${policyId}`, rig.core, (core) => assignToBox(core, BOX, policyId));
const synchronizedWith = async () => {
  const { instanceId } = (await rig.registry.device(BOX, PHONE)) as { instanceId: string };
  const caller = { box: BOX, deviceId: PHONE, instanceId } as never;
  return (await rig.sync(caller)).effective?.maxTextBytes;
};
const done = (actors: readonly Actor[]) => {
  for (const { error } of actors) expect(error).toBeUndefined();
};

describe.each([
  ['for the first time', async () => {}],
  ['again', async () => void (await rig.device(BOX, PHONE, {}, 'phone-1'))],
  ['as another instance', async () => void (await rig.device(BOX, PHONE, {}, 'phone-0'))],
])('a device that registers %s', (_, given) => {
  test.each(SEEDS)('while its box is assigned a policy stands under that one (seed %i)', async (seed) => {
    await given();
    const actors = [registers('phone-1'), assigns(SMALL)];
    await interleave(actors, chooser(seed));
    done(actors);
    expect(await synchronizedWith()).toBe(10);
  });

  test.each(SEEDS)('while two are assigned stands under the one that the box has (seed %i)', async (seed) => {
    await given();
    const actors = [registers('phone-1'), assigns(SMALL), assigns(LARGE)];
    await interleave(actors, chooser(seed));
    done(actors);
    const policyId = (await readTail(rig.core, BOX))?.head.policyId;
    expect([SMALL, LARGE]).toContain(policyId);
    expect(await synchronizedWith()).toBe(policyId === SMALL ? 10 : 1000);
  });
});

test.each(SEEDS)(
  'a policy that a device is assigned while another instance registers stays (seed %i)',
  async (seed) => {
    await rig.device(BOX, PHONE, {}, 'phone-0');
    const actors = [
      registers('phone-1'),
      new Actor('assigns', rig.core, (core) => assignToDevice(core, BOX, PHONE, SMALL)),
    ];
    await interleave(actors, chooser(seed));
    done(actors);
    expect((await rig.registry.device(BOX, PHONE))?.policyId).toBe(SMALL);
  },
);

test.each(SEEDS)('preferences that are changed while a policy is taken over stay (seed %i)', async (seed) => {
  const caller = await rig.device(BOX, PHONE, { pushWindowMs: 5 }, 'phone-1');
  await assignToBox(rig.core, BOX, SMALL);
  const actors = [
    registers('phone-1', { pushWindowMs: 7 }),
    new Actor('synchronizes', rig.core, async () => rig.sync(caller)),
  ];
  await interleave(actors, chooser(seed));
  done(actors);
  expect((await showDevice(rig.core, BOX, PHONE)).preferences).toEqual({ pushWindowMs: 7 });
  expect(await synchronizedWith()).toBe(10);
});

test('a registration is busy when others are faster each time, and nothing is registered', async () => {
  await rig.device(BOX, PHONE);
  const { store } = rig;
  const append = store.append.bind(store);
  let attempts = 0;
  store.append = async (box, entry) => {
    attempts++;
    const before = (await rig.entries(BOX)).at(-1) as LogEntry;
    const { sk, index, version, nonce } = entry;
    await append(box, {
      ...before,
      sk,
      index,
      version,
      nonce: `not ${nonce}`,
      previous: before.nonce,
      rows: [],
      effects: [],
    });
    return append(box, entry);
  };
  await expect(rig.device(BOX, 'tablet')).rejects.toMatchObject({
    kind: 'busy',
    details: { retryAfterSeconds: 1 },
  });
  expect(attempts).toBe(24);
  store.append = append;
  expect(await listDevices(rig.core, BOX)).toHaveLength(1);
  expect((await readTail(rig.core, BOX))?.head.devices).toBe(1);
});

test('a registration that makes the box does not wait', async () => {
  await rig.device(BOX, PHONE);
  expect(rig.clock.sleptMs).toBe(0);
});
