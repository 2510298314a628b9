import { aConversation, aMessage, deletion, stateChange } from '../support/builders.js';
import { User, type WireResult, type WireSync } from '../support/cloud.js';
import { aBox, aFolder, modify, remove } from '../support/cloud-box.js';

const STATUSES = [
  'applied',
  'conflict',
  'duplicate',
  'exists',
  'forbidden',
  'gone',
  'invalid',
  'notFound',
  'parentNotFound',
  'quotaExceeded',
  'unchanged',
];

/** The members that each status may have. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  applied: ['modSeq'],
  conflict: ['current'],
  exists: ['current'],
  invalid: ['problem'],
};

test('[ST1, ST2, ST3, ST4, ST5, ST6, ST7, ST8, ST9, ST10, ST11] a client can get every status, and each result has the members of its status', async () => {
  const user = new User();
  await user.policy({ maxMessages: 3 });
  const phone = await user.device();
  await user.deposit(
    aMessage({ id: 'm1' }),
    aMessage({ id: 'm2' }),
    aMessage({ id: 'dead' }),
    deletion('dead'),
  );
  const operations: [status: string, operation: object][] = [
    ['applied', stateChange('m1', { addFlags: ['\\Seen'] })],
    ['unchanged', stateChange('m1', { addFlags: ['\\Seen'] })],
    ['exists', aConversation({ id: 'c1' })],
    ['exists', aMessage({ id: 'm1' })],
    ['exists', aFolder('f1', 'default', null)],
    ['conflict', modify('message', 'm2', { subject: 'x' }, { ifModSeq: 1 })],
    ['gone', aMessage({ id: 'dead' })],
    ['gone', modify('message', 'dead', { subject: 'x' })],
    ['unchanged', deletion('dead')],
    ['notFound', deletion('nobody')],
    ['notFound', modify('folder', 'nobody', { name: 'x' })],
    ['parentNotFound', aMessage({ conversationId: 'nowhere', seed: false })],
    ['parentNotFound', modify('conversationHistory', 'c1', { folderId: 'nowhere' })],
    ['invalid', aMessage({ direction: 'Sideways' })],
    ['forbidden', remove('folder', 'default')],
    ['applied', aMessage({ id: 'm3' })],
    ['quotaExceeded', aMessage({ id: 'm4' })],
  ];
  const numbered = operations.map(([, operation], i) => ({ ...operation, n: i + 1 }));
  const first = (await phone.request<WireSync>({ operations: numbered })).body.results ?? [];
  expect(first.map(({ status }) => status)).toEqual(operations.map(([status]) => status));
  await phone.request({ operations: [{ ...deletion('m3'), n: numbered.length + 1 }] });
  const again = (await phone.request<WireSync>({ operations: numbered })).body.results ?? [];
  expect(again).toEqual(numbered.map(({ n }) => ({ n, status: 'duplicate' })));

  const all: WireResult[] = [...first, ...again];
  expect([...new Set(all.map(({ status }) => status))].sort()).toEqual(STATUSES);
  for (const { n, status, ...beside } of all) {
    expect(n).toBeGreaterThan(0);
    expect([status, Object.keys(beside)]).toEqual([status, BESIDE[status] ?? []]);
  }
});

test.concurrent('[ST10, PO6] a full box accepts a message again when one was deleted', async () => {
  const user = new User();
  await user.policy({ maxMessages: 2 });
  const statuses = async (...operations: object[]) =>
    (await user.deposit(...operations)).results.map(({ status }) => status);
  expect(await statuses(aMessage({ id: 'a' }), aMessage({ id: 'b' }), aMessage({ id: 'c' }))).toEqual([
    'applied',
    'applied',
    'quotaExceeded',
  ]);
  expect(await statuses(aMessage({ id: 'a' }), stateChange('a', { addFlags: ['x'] }))).toEqual([
    'exists',
    'applied',
  ]);
  expect(await statuses(deletion('a'), aMessage({ id: 'c' }), aMessage({ id: 'd' }))).toEqual([
    'applied',
    'applied',
    'quotaExceeded',
  ]);
});

test.concurrent('[OP15] the faults of an operation are listed, at most ten, each with a pointer into the operation', async () => {
  const { phone } = await aBox();
  const faults = (data: object) => phone.synchronize({ operations: [aMessage({ id: 'x', ...data })] });
  const { results } = await faults({ direction: 'Up', date: 'today', to: ['tel:+1', 'Maya'], 'a/b~c': 1 });
  expect(results[0]).toEqual({ n: 1, status: 'invalid', problem: { errors: expect.any(Array) } });
  const errors = results[0]?.problem?.errors ?? [];
  expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
    '/data/a~1b~0c',
    '/data/date',
    '/data/direction',
    '/data/to/1',
  ]);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${'x'.repeat(300)}${i}`, 1]));
  const clipped = (await faults(many)).results[0]?.problem?.errors ?? [];
  expect(clipped).toHaveLength(10);
  for (const { pointer } of clipped) expect(pointer.length).toBeLessThanOrEqual(200);
});

test.concurrent('[PF5] the answer to a deposit has the modSeq of the box, also when nothing was applied', async () => {
  const user = new User();
  const { modSeq, results } = await user.deposit(aMessage({ id: 'a' }));
  expect(results).toEqual([{ status: 'applied', modSeq }]);
  expect((await user.deposit(aMessage({ id: 'b' }))).modSeq).toBe(modSeq + 1);
  expect((await user.deposit(aMessage({ id: 'b' }), deletion('nobody'))).modSeq).toBe(modSeq + 1);
});
