import { aMessage, stateChange } from '../support/builders.js';
import {
  type Device,
  type HttpAnswer,
  names,
  User,
  type WireProblem,
  type WireSync,
} from '../support/cloud.js';
import { CloudSocket, type WireFrame } from '../support/cloud-socket.js';
import { type Fault, startFaultyCloud } from '../support/faulty-database.js';

// In each test, the server and its client of the database retry several times.
jest.setTimeout(90_000);

let faulty: Awaited<ReturnType<typeof startFaultyCloud>>;
beforeAll(async () => {
  faulty = await startFaultyCloud();
}, 60_000);
afterAll(async () => {
  CloudSocket.closeAll();
  await faulty?.stop();
});

/** A device that is up to date with a box of one message, in the cloud whose database fails on demand. */
async function aDevice() {
  const user = new User(undefined, faulty.url);
  const phone = await user.device();
  const { modSeq } = await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  return { user, phone, modSeq };
}

const SEEN = stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1 });
const send = (phone: Device) =>
  phone.request<WireSync & WireProblem>({ syncToken: phone.syncToken, operations: [SEEN] });

/** Expects a problem in the form of the protocol, which reveals nothing of the database. */
function expectProblem({ status, headers, body }: HttpAnswer<WireProblem>, expected: string): void {
  expect(`${status} ${body.type}`).toBe(expected);
  expect(headers.get('content-type')).toBe('application/problem+json');
  const { requestId } = body;
  expect(requestId).toBe(headers.get('x-request-id'));
  expect(body).toMatchObject({ title: expect.any(String), status });
  expect(JSON.stringify(body)).not.toMatch(/secret|Exception|dynamodb|Faulty|Store|\.js|at /i);
}

/** The commit is the put of an entry into the log. The view is updated afterwards. */
const COMMIT = { operations: /^PutItem/, holding: /"L#/ };
const VIEW = { operations: /^(UpdateItem|BatchExecuteStatement)/ };
/** An eventually consistent read of the view's progress, in parallel with the put of the entry. */
const LOOK = { operations: /^(Batch)?GetItem/, holding: /"ConsistentRead":false/ };
const TOO_MUCH: Fault = { error: 'ProvisionedThroughputExceededException' };

const COMES_BACK: [string, Fault, string][] = [
  ['throttles', { error: 'ThrottlingException' }, '503 /problems/unavailable'],
  // The database client has sent the write several times by then, so it is unknown whether the first one took
  // effect.
  ['rejects every retry because of its capacity', TOO_MUCH, '503 /problems/unavailable'],
  ['fails internally', { error: 'InternalServerError', status: 500 }, '503 /problems/unavailable'],
  ['breaks the connection', 'broken', '503 /problems/unavailable'],
  ['applies the write, but breaks the connection each time', 'brokenAfterwards', '503 /problems/unavailable'],
  ['does not answer', 'silence', '503 /problems/unavailable'],
  ['applies writes of others first each time', 'overtaken', '503 /problems/busy'],
];

/** The request is refused now, and a later repetition is applied once. */
async function comesBack(
  { user, phone, modSeq }: Awaited<ReturnType<typeof aDevice>>,
  mend: () => void,
  expected: string,
): Promise<void> {
  const began = Date.now();
  const refused = await send(phone);
  expectProblem(refused, expected);
  expect(Date.now() - began).toBeLessThan(29_000);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  mend();
  for (let times = 0; times < 2; times++) {
    const { status, body } = await send(phone);
    expect([status, body.results]).toEqual([200, [{ n: 1, status: 'applied', modSeq: modSeq + 1 }]]);
  }
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 2);
}

test.concurrent.each(COMES_BACK)(
  '[ER17, ER18, ER19, XO9] a database that %s: Retry-After, and a later repetition of the request is applied once',
  async (_, fault, expected) => {
    const device = await aDevice();
    await comesBack(device, faulty.database.fail(device.user.id, fault, COMMIT), expected);
  },
);

test.concurrent('[ER17, XO8] a database without capacity for this box before the commit: 429', async () => {
  const { user, phone, modSeq } = await aDevice();
  const mend = faulty.database.fail(user.id, TOO_MUCH, { operations: /^Query/ });
  const refused = await send(phone);
  expectProblem(refused, '429 /problems/too-many-requests');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  mend();
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
});

test.concurrent.each([
  ['has no capacity for the view', TOO_MUCH, VIEW],
  ['throttles writes to the view', { error: 'ThrottlingException' }, VIEW],
  ['breaks the connection when the view is written', 'broken', VIEW],
  ['has no capacity for a read of the view', TOO_MUCH, LOOK],
] satisfies [string, Fault, object][])(
  '[XO8, XO9] a database that %s, after the commit: no 4xx, since that would promise that nothing was applied',
  async (_, fault, at) => {
    const device = await aDevice();
    const mend = faulty.database.fail(device.user.id, fault, at);
    await comesBack(device, mend, '503 /problems/unavailable');
  },
);

test.concurrent('[ER19] a database that does not answer: unavailable before the time-out of the gateway', async () => {
  const { user, phone } = await aDevice();
  faulty.database.fail(user.id, 'silence', { operations: /^Query/ });
  const began = Date.now();
  expectProblem(await phone.request({ syncToken: phone.syncToken }), '503 /problems/unavailable');
  expect(Date.now() - began).toBeLessThan(29_000);
});

test.concurrent('[ER20, ER3] an error that the database blames on us answers internal, without details', async () => {
  const { user, phone } = await aDevice();
  const mend = faulty.database.fail(user.id, { error: 'ValidationException' });
  const answers = [
    await send(phone),
    await phone.request(),
    await phone.call('GET', '/v1/devices'),
    await phone.call('PUT', phone.path, { instanceId: 'i' }),
    await phone.call('GET', `/v1/conversations/c1/messages?deviceId=${phone.deviceId}`),
    await phone.call('POST', `${phone.path}/tickets`),
  ];
  for (const answer of answers) {
    expectProblem(answer, '500 /problems/internal');
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(Object.keys(answer.body).sort()).toEqual(['detail', 'requestId', 'status', 'title', 'type']);
    expect(answer.body.detail).not.toMatch(/Validation|Dynamo|Exception/i);
  }
  mend();
  expect((await send(phone)).body.results).toMatchObject([{ n: 1, status: 'applied' }]);
});

test.concurrent('[XO9] a commit whose answer from the database is lost is found, and answered as applied', async () => {
  const { user, phone, modSeq } = await aDevice();
  faulty.database.fail(user.id, 'brokenAfterwards', { ...COMMIT, times: 3 });
  const { body } = await send(phone);
  expect(body.results).toEqual([{ n: 1, status: 'applied', modSeq: modSeq + 1 }]);
  phone.syncToken = body.syncToken;
  faulty.database.fail(user.id, 'brokenAfterwards', { ...COMMIT, times: 3 });
  const { results } = await user.deposit(aMessage({ id: 'm2' }));
  expect(results).toEqual([{ status: 'applied', modSeq: modSeq + 2 }]);
  expect(names((await phone.synchronize()).changes)).toEqual(['message m2']);
});

test.concurrent('[ER18, SO7] over the socket a busy box gets an error frame with the id of the request, and the connection stays open', async () => {
  const { user, phone } = await aDevice();
  const socket = await phone.connect();
  const mend = faulty.database.fail(user.id, 'overtaken', COMMIT);
  const frame = { action: 'sync', id: 'r1', syncToken: phone.syncToken, operations: [SEEN] };
  const { problem, ...rest } = await socket.answer<WireFrame & { problem: WireProblem }>(frame);
  expect(rest).toEqual({ type: 'error', id: 'r1' });
  expect(problem).toMatchObject({ type: '/problems/busy', status: 503, requestId: expect.any(String) });
  mend();
  expect(await socket.answer(frame)).toMatchObject({
    type: 'syncResponse',
    id: 'r1',
    results: [{ n: 1, status: 'applied' }],
  });
});
