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

// Each waits until the server and its client of the database have tried more than once.
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

/** A problem in the form of the protocol that tells nothing of what is behind. */
function expectProblem({ status, headers, body }: HttpAnswer<WireProblem>, expected: string): void {
  expect(`${status} ${body.type}`).toBe(expected);
  expect(headers.get('content-type')).toBe('application/problem+json');
  const { requestId } = body;
  expect(requestId).toBe(headers.get('x-request-id'));
  expect(body).toMatchObject({ title: expect.any(String), status });
  expect(JSON.stringify(body)).not.toMatch(/secret|Exception|dynamodb|Faulty|Store|\.js|at /i);
}

/** What puts an entry into the log is the commit; the view is updated behind it. */
const COMMIT = { operations: /^PutItem/, holding: /"L#/ };
const VIEW = { operations: /^(UpdateItem|BatchExecuteStatement)/ };
/** A look how far entries are applied, at half the price, while the own entry is being put. */
const LOOK = { operations: /^(Batch)?GetItem/, holding: /"ConsistentRead":false/ };
const TOO_MUCH: Fault = { error: 'ProvisionedThroughputExceededException' };

const COMES_BACK: [string, Fault, string][] = [
  ['throttles', { error: 'ThrottlingException' }, '503 /problems/unavailable'],
  // Its client has sent the same more than once by then: whether it was done the first time is not known.
  ['takes no more, however often it is asked', TOO_MUCH, '503 /problems/unavailable'],
  ['is out of order', { error: 'InternalServerError', status: 500 }, '503 /problems/unavailable'],
  ['breaks the connection', 'broken', '503 /problems/unavailable'],
  ['has done it, but breaks the connection each time', 'brokenAfterwards', '503 /problems/unavailable'],
  ['does not answer', 'silence', '503 /problems/unavailable'],
  ['has written for others each time', 'overtaken', '503 /problems/busy'],
];

/** The same request is refused for now, and later done once. */
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
  '[ER17, ER18, ER19, XO9] a database that %s: Retry-After, and the same request later is done once',
  async (_, fault, expected) => {
    const device = await aDevice();
    await comesBack(device, faulty.database.fail(device.user.id, fault, COMMIT), expected);
  },
);

test.concurrent('[ER17, XO8] a database that takes no more for this box before anything was done: 429', async () => {
  const { user, phone, modSeq } = await aDevice();
  const mend = faulty.database.fail(user.id, TOO_MUCH, { operations: /^Query/ });
  const refused = await send(phone);
  expectProblem(refused, '429 /problems/too-many-requests');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  mend();
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
});

test.concurrent.each([
  ['takes no more for the view', TOO_MUCH, VIEW],
  ['throttles what is written to the view', { error: 'ThrottlingException' }, VIEW],
  ['breaks the connection when the view is written', 'broken', VIEW],
  ['takes no more for a look at the view', TOO_MUCH, LOOK],
] satisfies [string, Fault, object][])(
  '[XO8, XO9] a database that %s, behind the commit: no 4xx, since that would say that nothing was done',
  async (_, fault, at) => {
    const device = await aDevice();
    const mend = faulty.database.fail(device.user.id, fault, at);
    await comesBack(device, mend, '503 /problems/unavailable');
  },
);

test.concurrent('[ER19] a database that does not answer: unavailable before the gateway would give up', async () => {
  const { user, phone } = await aDevice();
  faulty.database.fail(user.id, 'silence', { operations: /^Query/ });
  const began = Date.now();
  expectProblem(await phone.request({ syncToken: phone.syncToken }), '503 /problems/unavailable');
  expect(Date.now() - began).toBeLessThan(29_000);
});

test.concurrent('[ER20, ER3] what the database calls a fault of ours is internal, and nothing is told of it', async () => {
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

test.concurrent('[XO9] a commit whose answer is lost behind the server is found, and answered as done', async () => {
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

test.concurrent('[ER18, SO7] over the socket a busy box is an error frame with its id, and the connection stays', async () => {
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
