import { aConversation, aMessage, stateChange } from '../support/builders.js';
import {
  call,
  type Device,
  User,
  type WireChange,
  type WireProblem,
  type WireSync,
} from '../support/cloud.js';
import { aBox, aFolder, aSession, modify, SESSION, statuses } from '../support/cloud-box.js';

const KB = 1024;
const uris = (count: number) => Array.from({ length: count }, (_, i) => `t:${i}`);
const reports = (count: number) =>
  uris(count).map((participant) => ({ participant, disposition: 'displayed', at: '2026-02-28T09:00:00Z' }));

/** All changes that a new device of the user receives. */
async function all(user: User): Promise<readonly WireChange[]> {
  return (await (await user.device(`reader-${Math.random()}`)).synchronize({ limit: 1000 })).changes;
}

test.concurrent('[EL3] an element of exactly 64 KB as JSON is stored and returned, one of a byte more is invalid', async () => {
  const { user, phone } = await aBox();
  await phone.synchronize({ operations: [aMessage({ id: 'a', textContent: 'x' })] });
  const small = (await all(user)).find(({ id }) => id === 'a');
  const rest = 64 * KB - Buffer.byteLength(JSON.stringify(small)) + 1;
  const [fits, above] = ['x'.repeat(rest), 'x'.repeat(rest + 1)];
  expect(
    await statuses(
      phone,
      aMessage({ id: 'b', textContent: fits }),
      aMessage({ id: 'c', textContent: above }),
    ),
  ).toEqual(['applied', 'invalid']);
  expect(await statuses(phone, modify('message', 'a', { textContent: above }))).toEqual(['invalid']);
  const stored = (await all(user)).find(({ id }) => id === 'b');
  expect(stored).toMatchObject({ textContent: fits });
  expect(Buffer.byteLength(JSON.stringify(stored))).toBe(64 * KB);
});

test.concurrent('[EL4] 500 participants and 64 flags are accepted, one more is invalid; the same holds for 1,000 dispositions', async () => {
  const { user, phone } = await aBox();
  const flags = (count: number) => Array.from({ length: count }, (_, i) => `flag${i}`);
  expect(
    await statuses(
      phone,
      aConversation({ id: 'c500', participants: uris(500) }),
      aConversation({ id: 'c501', participants: uris(501) }),
      aMessage({ id: 'to500', to: uris(500) }),
      aMessage({ id: 'to501', to: uris(501) }),
      { ...aSession('s500'), data: { ...SESSION, participants: uris(500) } },
      { ...aSession('s501'), data: { ...SESSION, participants: uris(501) } },
      aMessage({ id: 'flags64', flags: flags(64) }),
      aMessage({ id: 'flags65', flags: flags(65) }),
    ),
  ).toEqual(['applied', 'invalid', 'applied', 'invalid', 'applied', 'invalid', 'applied', 'invalid']);
  const { results } = await user.deposit(
    stateChange('m1', { dispositions: reports(800) }),
    stateChange('m1', { dispositions: reports(1000) }),
    stateChange('m1', { dispositions: reports(1001) }),
  );
  expect(results).toMatchObject([
    { status: 'applied' },
    { status: 'invalid', problem: { errors: [{ pointer: '/data' }] } }, // this number is allowed, but 64 KB is exceeded
    { status: 'invalid', problem: { errors: [{ pointer: '/data/dispositions' }] } },
  ]);
  const held = await all(user);
  const state = (id: string) => held.find((each) => each.type === 'messageState' && each.id === id);
  expect(state('m1')?.dispositions).toHaveLength(800);
  expect(state('flags64')?.flags).toHaveLength(64);
});

test.concurrent('[OP9] 50 operations are accepted; 51, of a device or the Participating Function, are refused and none is applied', async () => {
  const { user, phone } = await aBox();
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => aMessage({ id: `x${i}`, n: i + 1 }));
  const path = `/v1/users/${encodeURIComponent(user.id)}/operations`;
  const unnumbered = many(51).map(({ n: _, ...operation }) => operation);
  const answers = [
    await phone.request<WireProblem>({ operations: many(51) }),
    await call('POST', path, {
      token: await user.token('cpm/participate'),
      body: { operations: unnumbered },
    }),
  ];
  for (const { status, body } of answers) {
    expect([status, body.errors?.map(({ pointer }) => pointer)]).toEqual([400, ['/operations']]);
  }
  const { body } = await phone.request<WireSync>({ operations: many(50) });
  expect(new Set(body.results?.map(({ status }) => status))).toEqual(new Set(['applied']));
});

test.concurrent('[FO6] a box holds 500 folders beside its own two, and accepts another one when one is deleted', async () => {
  const { user } = await aBox();
  const results: string[] = [];
  const batch = (from: number) =>
    Array.from({ length: 50 }, (_, i) => aFolder(`f${from + i}`, `N${from + i}`));
  for (let from = 0; from < 550; from += 50) {
    for (let rest: object[] = batch(from); rest.length > 0; ) {
      const { results: some } = await user.deposit(...rest);
      results.push(...some.map(({ status }) => status));
      rest = rest.slice(some.length);
    }
  }
  expect(results.slice(0, 500)).toEqual(Array(500).fill('applied'));
  expect(results.slice(500)).toEqual(Array(50).fill('quotaExceeded'));
  const swapped = await user.deposit({ op: 'delete', type: 'folder', id: 'f7' }, aFolder('last', 'Last'));
  expect(swapped.results.map(({ status }) => status)).toEqual(['applied', 'applied']);
  expect((await all(user)).filter(({ type }) => type === 'folder')).toHaveLength(502);
});

test.concurrent('[FO3, FO4] a folder name has up to 255 characters of any size in UTF-8, and must be unique', async () => {
  const { user, phone } = await aBox();
  const parent = '#'.repeat(128);
  await phone.synchronize({ operations: [aFolder(parent, 'parent')] });
  for (const each of ['😀', '～', '#', 'e\u0301']) {
    const [name, other] = [each.repeat(255), `${each.repeat(254)}x`];
    const made = ['a', 'b', 'c'].map((letter) => `${letter} ${each}`) as [string, string, string];
    expect(
      await statuses(
        phone,
        aFolder(made[0], name, parent),
        aFolder(made[1], name, parent),
        aFolder(made[1], other, parent),
        modify('folder', made[1], { name }),
        modify('folder', made[0], { parentFolderId: null }),
        modify('folder', made[1], { name }),
        aFolder(made[2], each.repeat(256), parent),
      ),
    ).toEqual(['applied', 'exists', 'applied', 'exists', 'applied', 'applied', 'invalid']);
    const held = (await all(user)).filter(({ id }) => made.includes(id));
    expect(held.map((folder) => folder.name)).toEqual([name.normalize('NFC'), name.normalize('NFC')]);
  }
});

test.concurrent('[FO5] a folder name is stored in NFC, in whichever form it was sent', async () => {
  const { user, phone } = await aBox();
  await phone.synchronize({ operations: [aFolder('f1', 'Cafe\u0301'), aFolder('f2', '\u212b')] });
  const stored = (await all(user)).filter(({ id }) => id === 'f1' || id === 'f2');
  expect(stored.map(({ name }) => name).sort()).toEqual(['Caf\u00e9', '\u00c5']);
});

test.concurrent.each<[string, object, number]>([
  ['limit 1', { limit: 1 }, 200],
  ['limit 1,000', { limit: 1000 }, 200],
  ['limit 0', { limit: 0 }, 400],
  ['limit 1,001', { limit: 1001 }, 400],
  ['limit as a text', { limit: '10' }, 400],
])('[SY4] a synchronization with %s is answered %s', async (_, body, status) => {
  const { phone } = await aBox();
  expect((await phone.request(body)).status).toBe(status);
});

test.concurrent('[TK3, TK7] an invalid token of any length is answered with reset, and never refused', async () => {
  const { phone } = await aBox();
  const { syncToken = '' } = phone;
  const reset = async (token: string) =>
    (await phone.request<WireSync>({ syncToken: token })).body.reset ?? false;
  const last = syncToken.at(-1) ?? '';
  const others = [...'AQgwBZaz09-_'].filter((other) => other !== last);
  const damaged = others.map((other) => syncToken.slice(0, -1) + other);
  const none = [
    '',
    ' ',
    'x',
    '🙂',
    `${syncToken}x`,
    `${syncToken}=`,
    syncToken.slice(0, -1),
    'A'.repeat(601),
    'x'.repeat(100_000),
  ];
  for (const token of [...damaged, ...none]) expect([token, await reset(token)]).toEqual([token, true]);
  expect(await reset(syncToken)).toBe(false);
});

test.concurrent('[SY4] without limit a response holds 200 elements at most', async () => {
  const user = new User();
  for (let i = 0; i < 5; i++) await user.deposit(...Array.from({ length: 50 }, () => aMessage()));
  const phone = await user.device();
  await phone.synchronize();
  expect(phone.pages.map(({ changes = [] }) => changes.length)).toEqual([200, 53]);
});

test.concurrent('[DV3, DV4] 200 ids and a window of 15 minutes are accepted, and more is refused', async () => {
  const phone = await new User().device();
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `x${i}`);
  const registered = async (device: Device, preferences: object) =>
    (await device.call('PUT', device.path, { instanceId: device.instanceId, preferences })).status;
  expect(await registered(phone, { folders: ids(120), excludeConversations: ids(80) })).toBe(200);
  expect(await registered(phone, { folders: ids(120), excludeConversations: ids(81) })).toBe(400);
  expect(await registered(phone, { folders: '*', excludeConversations: ids(201) })).toBe(400);
  expect(await registered(phone, { pushWindowMs: 900_000 })).toBe(200);
  expect(await registered(phone, { pushWindowMs: 0 })).toBe(200);
});
