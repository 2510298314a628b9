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

const CANCELLED = 'TransactionCanceledException';
const COMES_BACK: [string, Fault, string][] = [
  ['throttles', { error: 'ThrottlingException' }, '503 /problems/unavailable'],
  ['is out of order', { error: 'InternalServerError', status: 500 }, '503 /problems/unavailable'],
  ['breaks the connection', 'broken', '503 /problems/unavailable'],
  [
    'cancels transactions for their throughput',
    { error: CANCELLED, reasons: ['ThrottlingError'] },
    '429 /problems/too-many-requests',
  ],
  [
    'has written for others each time',
    { error: CANCELLED, reasons: ['ConditionalCheckFailed'] },
    '503 /problems/busy',
  ],
  [
    'has others writing each time',
    { error: CANCELLED, reasons: ['TransactionConflict'] },
    '503 /problems/busy',
  ],
];

test.concurrent.each(COMES_BACK)(
  '[ER17, ER18, ER19, XO9] a database that %s: Retry-After, and the same request later is done once',
  async (_, fault, expected) => {
    const { user, phone, modSeq } = await aDevice();
    const mend = faulty.database.fail(user.id, fault, { operations: /^TransactWrite/ });
    const refused = await send(phone);
    expectProblem(refused, expected);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    mend();
    for (let times = 0; times < 2; times++) {
      const { status, body } = await send(phone);
      expect([status, body.results]).toEqual([200, [{ n: 1, status: 'applied', modSeq: modSeq + 1 }]]);
    }
  },
);

test.concurrent('[ER17, XO8] a database that takes no more for this box before anything was done: 429', async () => {
  const { user, phone, modSeq } = await aDevice();
  const tooMuch: Fault = { error: 'ProvisionedThroughputExceededException' };
  const mend = faulty.database.fail(user.id, tooMuch, { operations: /^TransactGet/ });
  const refused = await send(phone);
  expectProblem(refused, '429 /problems/too-many-requests');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  mend();
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 1);
});

test.concurrent('[XO8] a database that takes no more behind the commit is no 4xx, since that would say that nothing was done', async () => {
  const { user, phone, modSeq } = await aDevice();
  const tooMuch: Fault = { error: 'ProvisionedThroughputExceededException' };
  const mends = [
    faulty.database.fail(user.id, 'brokenAfterwards', { operations: /^TransactWrite/, times: 3 }),
    faulty.database.fail(user.id, tooMuch, { operations: /^Query/ }),
  ];
  expectProblem(await send(phone), '503 /problems/unavailable');
  for (const mend of mends) mend();
  expect((await send(phone)).body.results).toEqual([{ n: 1, status: 'applied', modSeq: modSeq + 1 }]);
  expect((await user.deposit(aMessage())).modSeq).toBe(modSeq + 2);
});

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
  faulty.database.fail(user.id, 'brokenAfterwards', { operations: /^TransactWrite/, times: 3 });
  const { body } = await send(phone);
  expect(body.results).toEqual([{ n: 1, status: 'applied', modSeq: modSeq + 1 }]);
  phone.syncToken = body.syncToken;
  faulty.database.fail(user.id, 'brokenAfterwards', { operations: /^TransactWrite/, times: 3 });
  const { results } = await user.deposit(aMessage({ id: 'm2' }));
  expect(results).toEqual([{ status: 'applied', modSeq: modSeq + 2 }]);
  expect(names((await phone.synchronize()).changes)).toEqual(['message m2']);
});

test.concurrent('[ER18, SO7] over the socket a busy box is an error frame with its id, and the connection stays', async () => {
  const { user, phone } = await aDevice();
  const socket = await phone.connect();
  const mend = faulty.database.fail(
    user.id,
    { error: CANCELLED, reasons: ['ConditionalCheckFailed'] },
    { operations: /^TransactWrite/ },
  );
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
