import { revokeDevice } from '../../../../core/admin/devices.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import { DAY_MS } from '../../../../core/model/timing.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { OperationResult } from '../../../../protocol/operation-result.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  removal,
} from '../../../support/builders.js';
import type { MemoryStore } from '../../../support/memory-store.js';

let box: BoxUnderTest;
let phone: Caller;
beforeEach(async () => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone');
});

const send = async (...operations: object[]): Promise<readonly OperationResult[]> =>
  (await box.sync(phone, { operations })).results ?? [];
const statuses = (results: readonly OperationResult[]) => results.map(({ n, status }) => `${n} ${status}`);
const message = (n: number) => aMessage({ n, id: `m${n}` });
const commitCount = async () => (await box.commits(BOX)).length;
const problem = (kind: string, details: object = {}) => ({ kind, details: expect.objectContaining(details) });

describe('the same request again', () => {
  test('[XO2] has the same results, and nothing changes', async () => {
    const request = [message(1), deletion('m9', { n: 2 }), { n: 3, op: 'fly' }];
    const first = await send(...request);
    expect(statuses(first)).toEqual(['1 applied', '2 notFound', '3 invalid']);
    const head = await box.head();
    expect(await send(...request)).toEqual(first);
    expect(await send(...request)).toEqual(first);
    expect(await box.head()).toEqual(head);
  });

  test('[XO2] however late, and whatever has happened since', async () => {
    const first = await send(message(1));
    await box.given(deletion('m1'));
    box.clock.nowMs += 45 * DAY_MS;
    await keepNewest(box.core, BOX); // the quiet timer has expired
    box.clock.nowMs += 355 * DAY_MS;
    (box.store as MemoryStore).removeExpired(BOX, box.clock.nowMs);
    expect(await commitCount()).toBe(0);
    expect(await send(message(1))).toEqual(first);
    expect(await box.names('message')).toEqual([]);
  });

  test('with its members in another order, and the same operation', async () => {
    const first = await send(message(1));
    const { data, ...rest } = message(1);
    const turned = { data: Object.fromEntries(Object.entries(data).reverse()), ...rest };
    expect(await send(turned)).toEqual(first);
  });

  test('[OP11] keeps results and n where nothing applied', async () => {
    const first = await send(deletion('m9', { n: 1 }));
    expect(await commitCount()).toBe(1);
    await box.given(aConversation(), aMessage({ id: 'm9' }));
    expect(await send(deletion('m9', { n: 1 }))).toEqual(first);
    expect(statuses(await send(deletion('m9', { n: 2 })))).toEqual(['2 applied']);
  });

  test('keeps what `current` was then', async () => {
    await box.given(aFolder('f1'));
    const first = await send(aFolder('f1', { n: 1, name: 'x' }));
    expect(first[0]?.current).toMatchObject({ name: 'f1' });
    await box.given(modification('folder', 'f1', { name: 'later' }));
    expect(await send(aFolder('f1', { n: 1, name: 'x' }))).toEqual(first);
  });
});

describe('the same request again, whose last operations had to wait', () => {
  const ids = Array.from({ length: 25 }, (_, i) => `x${String(i).padStart(2, '0')}`);
  const givenContainers = async (type: string) => {
    if (type === 'sessionHistory') await box.given(aConversation());
    for (let i = 0; i < ids.length; i += 5) {
      const five = ids.slice(i, i + 5);
      await box.given(...five.map((id) => (type === 'folder' ? aFolder(id) : aSession({ id }))));
    }
  };

  test.each(['folder', 'sessionHistory'])(
    '[XO2] has the same results while 20 are being emptied: %s',
    async (type) => {
      await givenContainers(type);
      const request = ids.map((id, i) => removal(type, id, { n: i + 1 }));
      const first = await send(...request);
      expect(statuses(first)).toEqual(ids.slice(0, 20).map((_, i) => `${i + 1} applied`));
      const head = await box.head();
      expect(await send(...request)).toEqual(first);
      expect(await send(...request.slice(0, 20))).toEqual(first);
      expect(await box.head()).toEqual(head);
      await expect(send(...request.slice(20))).rejects.toMatchObject(problem('busy'));
    },
  );

  test.each(['folder', 'sessionHistory'])('[XO4] has the rest processed once it can be: %s', async (type) => {
    await givenContainers(type);
    const request = ids.map((id, i) => removal(type, id, { n: i + 1 }));
    const first = await send(...request);
    await box.emptied();
    const all = await send(...request);
    expect(all.slice(0, 20)).toEqual(first);
    expect(statuses(all)).toEqual(ids.map((_, i) => `${i + 1} applied`));
    expect(await box.names(type)).not.toContain('x24');
  });
});

describe('operations that were processed before', () => {
  test('[XO3, ST11] of earlier requests are duplicates', async () => {
    await send(message(1), message(2));
    await send(message(3));
    expect(statuses(await send(message(1), message(2)))).toEqual(['1 duplicate', '2 duplicate']);
    expect(statuses(await send(message(1)))).toEqual(['1 duplicate']);
  });

  test('are duplicates even when they were others: what they were is no longer known', async () => {
    await send(message(1));
    await send(message(2));
    expect(statuses(await send(aFolder('f1', { n: 1 })))).toEqual(['1 duplicate']);
  });

  test('return their results where some of the request is new', async () => {
    const first = await send(message(1), message(2));
    const results = await send(message(1), message(2), message(3));
    expect(results).toEqual([...first, { n: 3, status: 'applied', modSeq: 3 }]);
    expect(await commitCount()).toBe(3);
  });

  test('may begin anywhere: duplicates, known ones, new ones', async () => {
    await send(message(1), message(2));
    await send(message(2), message(3));
    expect(statuses(await send(message(1), message(2), message(3), message(4)))).toEqual([
      '1 duplicate',
      '2 applied',
      '3 applied',
      '4 applied',
    ]);
    expect(statuses(await send(message(2), message(3), message(4)))).toEqual([
      '2 applied',
      '3 applied',
      '4 applied',
    ]);
    expect(await box.names('message')).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  test('are not known any more behind a request that did not repeat them', async () => {
    await send(message(1), message(2));
    await send(message(2), message(3));
    await send(message(4));
    expect(statuses(await send(message(2), message(3), message(4)))).toEqual([
      '2 duplicate',
      '3 duplicate',
      '4 applied',
    ]);
  });
});

describe('a request that was processed in part', () => {
  /** More than one commit holds. */
  const large = Array.from({ length: 50 }, (_, i) =>
    aMessage({ n: i + 1, id: `m${i}`, conversationId: `c${i}`, textContent: 'é'.repeat(30_000) }),
  );

  test('[XO4] has all of the rest processed when it is sent again as it was', async () => {
    const first = await send(...large);
    expect(first.length).toBeLessThan(50);
    expect(first.length).toBeGreaterThan(20);
    const again = await send(...large);
    expect(again.slice(0, first.length)).toEqual(first);
    expect(statuses(again)).toEqual(large.map(({ n }) => `${n} applied`));
    expect(await send(...large)).toEqual(again);
    expect(await box.names('message')).toHaveLength(50);
  });

  test('[XO4] has the rest processed when it is sent alone, and the part is still known', async () => {
    const first = await send(...large);
    const rest = large.slice(first.length);
    expect(statuses(await send(...rest))).toEqual(rest.map(({ n }) => `${n} applied`));
    expect(await box.names('message')).toHaveLength(50);
    expect(statuses(await send(...large.slice(0, 2)))).toEqual(['1 duplicate', '2 duplicate']);
  });
});

describe('results that are too large for the item of the device', () => {
  const faulty = (n: number) => ({ n, op: 'fly', unknown: 'x'.repeat(50) });
  const many = Array.from({ length: 30 }, (_, i) => faulty(i + 1));

  test('[XO2] are kept beside it, and the same request has them', async () => {
    const first = await send(...many);
    expect(JSON.stringify(first).length).toBeGreaterThan(2000);
    const {
      digests: _,
      results: __,
      ...kept
    } = (await box.registry.device(BOX, phone.deviceId))?.idempotency ?? {};
    expect(kept).toMatchObject({ lastN: 30, firstN: 1 });
    expect(await box.registry.device(BOX, phone.deviceId)).not.toHaveProperty('idempotency.results');
    expect(await send(...many)).toEqual(first);
    expect(await send(...many.slice(10))).toEqual(first.slice(10));
  });

  test('[XO2] are known to the same request that finds the device newer than the log it has read, and nothing beside it yet', async () => {
    const store = box.store as MemoryStore;
    const { query, project } = store;
    let first: readonly OperationResult[] = [];
    store.query = async (of, range) => {
      store.query = query;
      const read = await query.call(store, of, range);
      store.project = async (at, writes, advance) => {
        store.project = project;
        const soFar = writes.filter(({ sk }) => !sk.startsWith('I#'));
        return project.call(store, at, soFar, advance);
      };
      first = await send(...many);
      return read;
    };
    const again = await send(...many);
    expect(store.all(BOX).filter(({ kind }) => kind === 'idempotency')).toEqual([]);
    expect(first).toHaveLength(many.length);
    expect(again).toEqual(first);
  });

  test('[XO3] are duplicates once a later request had results', async () => {
    await send(...many);
    await send(message(31));
    expect(statuses(await send(...many.slice(0, 2)))).toEqual(['1 duplicate', '2 duplicate']);
    expect(statuses(await send(message(31)))).toEqual(['31 applied']);
  });

  test('[XO6] have their digests beside it too: another operation is a mismatch', async () => {
    await send(...many);
    await expect(send(...many.slice(0, 29), message(30))).rejects.toMatchObject(
      problem('operation-mismatch'),
    );
  });

  test('[DV9] are known when the instance is registered again', async () => {
    const first = await send(...many);
    await box.device(BOX, 'phone', {}, 'phone-2');
    phone = await box.device(BOX, 'phone', {}, 'phone-1');
    expect(await send(...many)).toEqual(first);
    expect(statuses(await send(message(31)))).toEqual(['31 applied']);
  });
});

describe('a request that is refused', () => {
  test('[XO5] says which n was expected where operations are missing, and nothing is done', async () => {
    await send(message(1));
    await expect(send(message(3))).rejects.toMatchObject(problem('operation-gap', { expectedN: 2 }));
    await expect(send(message(9), message(10))).rejects.toMatchObject(
      problem('operation-gap', { expectedN: 2 }),
    );
    expect(await commitCount()).toBe(2);
    expect(statuses(await send(message(2)))).toEqual(['2 applied']);
  });

  test('begins at 1', async () => {
    await expect(send(message(2))).rejects.toMatchObject(problem('operation-gap', { expectedN: 1 }));
  });

  test.each([
    ['another text', { ...message(2), data: { ...message(2).data, textContent: 'other' } }],
    ['another id', { ...message(2), id: 'm7' }],
    ['another kind of operation', aFolder('f1', { n: 2 })],
    ['one member more', { ...message(2), flags: ['x'] }],
  ])('[XO6] has %s under a processed n of the last request: a mismatch', async (_, other) => {
    await send(message(1), message(2));
    await expect(send(message(1), other)).rejects.toMatchObject(problem('operation-mismatch'));
    await expect(send(other)).rejects.toMatchObject(problem('operation-mismatch'));
    await expect(send(other, message(3))).rejects.toMatchObject(problem('operation-mismatch'));
    expect(await box.names('message')).toEqual(['m1', 'm2']);
  });

  test.each([
    ['1e999', 'null'],
    ['null', '-1e999'],
    ['1e999', '-1e999'],
  ])('[XO6] has another value, where both are none that is known: %s, then %s', async (value, other) => {
    const below = (json: string) => aFolder('f1', { n: 1, parentFolderId: JSON.parse(json) });
    await send(below(value));
    await expect(send(below(other))).rejects.toMatchObject(problem('operation-mismatch'));
  });

  test('[XO7] comes from an instance that was replaced, with operations or without', async () => {
    await send(message(1));
    const restored = await box.device(BOX, 'phone', {}, 'phone-2');
    await expect(send(message(2))).rejects.toMatchObject(problem('instance-replaced'));
    await expect(send()).rejects.toMatchObject(problem('instance-replaced'));
    const { results } = await box.sync(restored, { operations: [aMessage({ n: 1, id: 'm9' })] });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 3 }]);
  });

  test.each([
    ['has no such device', async () => ({ ...phone, deviceId: 'tablet' }) as unknown as Caller],
    ['is not there at all', async () => ({ ...phone, box: 'tel:+1' }) as unknown as Caller],
    [
      'has revoked it',
      async () => {
        await revokeDevice(box.core, BOX, phone.deviceId);
        return phone;
      },
    ],
  ])('comes from a device whose box %s', async (_, caller) => {
    phone = await caller();
    await expect(send(message(1))).rejects.toMatchObject(problem('device-not-registered'));
    await expect(send()).rejects.toMatchObject(problem('device-not-registered'));
  });
});

test('registering the same instance again keeps its numbers', async () => {
  const first = await send(message(1));
  await box.device(BOX, 'phone', { maxMessageAgeDays: 9 });
  expect(await send(message(1))).toEqual(first);
  expect(statuses(await send(message(2)))).toEqual(['2 applied']);
});

test('[XO1] devices number their operations each for itself', async () => {
  const tablet = await box.device(BOX, 'tablet');
  await send(message(1));
  const { results } = await box.sync(tablet, { operations: [aMessage({ n: 1, id: 'x' })] });
  expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 3 }]);
});

test('a commit names the operations that made it', async () => {
  await send(message(1), message(2));
  await send(message(2), deletion('m9', { n: 3 }), message(4));
  expect((await box.commits(BOX)).slice(1).map(({ origin }) => origin)).toEqual([
    { by: 'device', deviceId: 'phone', instanceId: 'phone-1', firstN: 1, lastN: 2 },
    { by: 'device', deviceId: 'phone', instanceId: 'phone-1', firstN: 3, lastN: 4 },
  ]);
});
