import { aMessage, stateChange } from '../support/builders.js';
import { type Device, names, User, type WireProblem, type WireSync } from '../support/cloud.js';

/** A device that is up to date with a box of one message. */
async function aDevice() {
  const user = new User();
  const phone = await user.device();
  const { modSeq } = await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  return { user, phone, modSeq };
}

const send = (phone: Device, operations: object[]) =>
  phone.request<WireSync & WireProblem>({ syncToken: phone.syncToken, operations });

const SEEN = stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1 });
const FLAGGED = stateChange('m1', { addFlags: ['\\Flagged'] }, { n: 2 });

test.concurrent('[XO2] a repeated request gets the same results, and nothing changes', async () => {
  const { user, phone, modSeq } = await aDevice();
  const operations = [SEEN, aMessage({ id: 'm2', n: 2 }), { n: 3, op: 'nonsense', type: 'message' }];
  const first = await send(phone, operations);
  expect(first.body.results).toMatchObject([
    { n: 1, status: 'applied', modSeq: modSeq + 1 },
    { n: 2, status: 'applied', modSeq: modSeq + 1 },
    { n: 3, status: 'invalid' },
  ]);
  await user.deposit(stateChange('m1', { removeFlags: ['\\Seen'] }));
  const again = await send(phone, operations);
  expect(again.body.results).toEqual(first.body.results);
  const { changes } = await phone.synchronize();
  expect(changes.find(({ type }) => type === 'messageState')).toMatchObject({
    modSeq: modSeq + 2,
    flags: [],
  });
});

test.concurrent('[XO3, ST11] operations of an earlier request answer duplicate, and are not applied again', async () => {
  const { user, phone, modSeq } = await aDevice();
  await send(phone, [SEEN]);
  await send(phone, [FLAGGED]);
  await user.deposit(stateChange('m1', { removeFlags: ['\\Seen'] }));
  expect((await send(phone, [SEEN])).body.results).toEqual([{ n: 1, status: 'duplicate' }]);
  const { body } = await phone.request<WireSync>({});
  expect(body.changes?.find(({ type }) => type === 'messageState')).toMatchObject({
    modSeq: modSeq + 3,
    flags: ['\\Flagged'],
  });
});

test.concurrent('[XO4] a request that was processed in part gets the results of that part, and applies the rest', async () => {
  const { phone, modSeq } = await aDevice();
  await send(phone, [SEEN]);
  const { body } = await send(phone, [SEEN, FLAGGED]);
  expect(body.results).toEqual([
    { n: 1, status: 'applied', modSeq: modSeq + 1 },
    { n: 2, status: 'applied', modSeq: modSeq + 2 },
  ]);
});

test.concurrent('[XO5, XO8, ER13] a gap before the first operation answers 409 with the expected number, and nothing is applied', async () => {
  const { phone } = await aDevice();
  await send(phone, [SEEN]);
  const { status, body } = await send(phone, [{ ...FLAGGED, n: 3 }]);
  expect([status, body.type, body.expectedN]).toEqual([409, '/problems/operation-gap', 2]);
  expect((await send(phone, [FLAGGED])).body.results).toMatchObject([{ n: 2, status: 'applied' }]);
});

test.concurrent('[XO6, XO8, ER14] another operation under a number of the last request answers 409, and nothing of the request is applied', async () => {
  const { phone } = await aDevice();
  await send(phone, [SEEN]);
  const { status, body } = await send(phone, [{ ...FLAGGED, n: 1 }, aMessage({ id: 'm2', n: 2 })]);
  expect([status, body.type]).toEqual([409, '/problems/operation-mismatch']);
  const { body: all } = await phone.request<WireSync>({});
  expect(names(all.changes)).not.toContain('message m2');
});

test.concurrent.each([
  ['with a gap', [1, 3]],
  ['descending', [2, 1]],
  ['that repeat', [1, 1]],
  ['from zero', [0, 1]],
])('[XO1, XO8] numbers %s answer 400', async (_, numbers) => {
  const { phone } = await aDevice();
  const { status, body } = await send(
    phone,
    numbers.map((n) => ({ ...SEEN, n })),
  );
  expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
});

test.concurrent('[DV5, XO7, ER15] a new instance begins at 1 again, and the instance that it replaces is refused', async () => {
  const { phone, modSeq } = await aDevice();
  await send(phone, [SEEN]);
  const old = phone.instanceId;
  phone.instanceId = 'instance-2';
  expect((await phone.register()).body).toMatchObject({ lastN: 0, instanceId: 'instance-2' });
  const { body } = await send(phone, [{ ...FLAGGED, n: 1 }]);
  expect(body).toMatchObject({ reset: true, results: [{ n: 1, status: 'applied', modSeq: modSeq + 2 }] });

  phone.instanceId = old;
  for (const request of [{}, { operations: [FLAGGED] }]) {
    const refused = await phone.request(request);
    expect([refused.status, refused.body.type]).toEqual([409, '/problems/instance-replaced']);
  }
});

test.concurrent('[DV5] registering the same instance again keeps its number and its token', async () => {
  const { phone } = await aDevice();
  await send(phone, [SEEN]);
  expect((await phone.register()).body).toMatchObject({ lastN: 1 });
  const { body } = await send(phone, [FLAGGED]);
  expect(body.reset).toBeUndefined();
  expect(body.results).toMatchObject([{ n: 2, status: 'applied' }]);
});

test.concurrent('[OP11] no commit is made when nothing applies, and the results are still kept', async () => {
  const { user, phone, modSeq } = await aDevice();
  const operations = [stateChange('nowhere', { addFlags: ['\\Seen'] }, { n: 1 })];
  for (let times = 0; times < 2; times++) {
    expect((await send(phone, operations)).body.results).toEqual([{ n: 1, status: 'notFound' }]);
  }
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
});

test.concurrent('[XO9] two requests with the same operations at the same time apply them once', async () => {
  const { user, phone, modSeq } = await aDevice();
  const operations = [SEEN, aMessage({ id: 'm2', n: 2 })];
  const answers = await Promise.all(Array.from({ length: 4 }, () => send(phone, operations)));
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { n: 1, status: 'applied', modSeq: modSeq + 1 },
      { n: 2, status: 'applied', modSeq: modSeq + 1 },
    ]);
  }
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 2);
});
