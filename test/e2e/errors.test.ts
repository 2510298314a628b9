import { request } from 'node:http';
import { aMessage } from '../support/builders.js';
import { cloud, type Device, User, type WireProblem, type WireSync } from '../support/cloud.js';

let phone: Device;
let token: string;
beforeAll(async () => {
  phone = await new User().device();
  token = await phone.user.token();
});

/** Sends a request with exactly this body. */
async function post(body: string, headers: Record<string, string> = {}, path = '/v1/sync') {
  const response = await fetch(cloud.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  });
  const answer = (await response.json()) as WireProblem;
  return { status: response.status, headers: response.headers, body: answer };
}

const good = () => ({ deviceId: phone.deviceId, instanceId: phone.instanceId });

test.each([
  ['incomplete', '{"deviceId":'],
  ['empty', ''],
  ['two values', '{} {}'],
])('[ER6] a body that is %s answers 400 invalid-json', async (_, body) => {
  const answer = await post(body);
  expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-json']);
});

test('[ER1, ER2, ER5, TR5] all faults of a body are reported at once, each by its pointer', async () => {
  const { status, headers, body } = await post(
    JSON.stringify({ deviceId: '', syncToken: 7, limit: 0, operations: {}, surplus: 1 }),
  );
  expect(status).toBe(400);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toEqual({
    type: '/problems/invalid-request',
    title: expect.any(String),
    status: 400,
    detail: expect.any(String),
    requestId: headers.get('x-request-id'),
    errors: expect.any(Array),
  });
  expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
    '/deviceId',
    '/instanceId',
    '/limit',
    '/operations',
    '/surplus',
    '/syncToken',
  ]);
  for (const { detail } of body.errors ?? []) expect(detail).not.toBe('');
});

test.each([
  ['limit 0', { limit: 0 }, '/limit'],
  ['limit 1001', { limit: 1001 }, '/limit'],
  ['limit 1.5', { limit: 1.5 }, '/limit'],
  [
    '51 operations',
    { operations: Array.from({ length: 51 }, (_, i) => aMessage({ n: i + 1 })) },
    '/operations',
  ],
  ['an operation without n', { operations: [aMessage()] }, '/operations/0/n'],
  ['an operation that is not an object', { operations: ['create'] }, '/operations/0'],
  ['a device id with a control character', { deviceId: 'a\u0007' }, '/deviceId'],
  ['a device id of more than 128 bytes', { deviceId: 'ü'.repeat(65) }, '/deviceId'],
])('[ER5, SY4, OP9] %s answers 400 with its pointer', async (_, part, pointer) => {
  const { status, body } = await post(JSON.stringify({ ...good(), ...part }));
  expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  expect(body.errors?.map((fault) => fault.pointer)).toContain(pointer);
});

test('[ER2, XO1] all faults of operations are reported at once: too many, not ascending, one of a wrong type', async () => {
  const operations = [...Array.from({ length: 50 }, (_, i) => aMessage({ n: 2 * i + 1 })), 5];
  const { status, body } = await post(JSON.stringify({ ...good(), operations }));
  expect(status).toBe(400);
  expect(body.errors?.map(({ pointer }) => pointer)).toEqual([
    '/operations',
    '/operations',
    '/operations/50',
  ]);
});

test.each([
  ['{"n":1,"__proto__":{}}', '/operations/0/__proto__'],
  ['{"n":1,"data":{"groupState":{"__proto__":{"a":1}}}}', '/operations/0/data/groupState/__proto__'],
])(
  '[OP13, TR5] a member __proto__ of an operation answers 400 with its pointer: %s',
  async (operation, pointer) => {
    const { status, body } = await post(
      `{"deviceId":"${phone.deviceId}","instanceId":"${phone.instanceId}","operations":[${operation}]}`,
    );
    expect([status, body.errors]).toEqual([400, [{ pointer, detail: 'is not a known member' }]]);
  },
);

test('[TR5] a parameter __proto__ of a query answers 400', async () => {
  const path = `/v1/conversations/c1/messages?deviceId=${encodeURIComponent(phone.deviceId)}&__proto__=1`;
  const { status, body } = await phone.call<WireProblem>('GET', path);
  expect([status, body.errors?.map(({ pointer }) => pointer)]).toEqual([400, ['/__proto__']]);
});

test('[ST8, EL4] all faults of an operation are in its result, and equal flags count once', async () => {
  const wrong = { subject: 5, groupState: { groupType: 'bad' } };
  const conversationId = 'c-faults';
  const device = await new User().device();
  const operations = [
    { op: 'modify', type: 'sessionHistory', id: 's1', conversationId, data: wrong },
    aMessage({ id: 'm-faults', conversationId, to: [...Array(501).fill('tel:+15550100'), 'bad'] }),
    aMessage({ id: 'm-flags', conversationId, flags: Array(65).fill('\\Seen') }),
  ].map((operation, i) => ({ ...operation, n: i + 1 }));
  const { body } = await device.request<WireSync>({ operations });
  const pointers = body.results?.map(({ problem }) => problem?.errors?.map(({ pointer }) => pointer).sort());
  expect(pointers).toEqual([
    ['/data/groupState/groupType', '/data/subject'],
    ['/data/to', '/data/to/501'],
    undefined,
  ]);
  expect(body.results?.map(({ status }) => status)).toEqual(['invalid', 'invalid', 'applied']);
});

test.each([
  ['a list', '[]'],
  ['null', 'null'],
  ['a text', '"sync"'],
])('[ER5] a body that is %s answers 400 with a pointer to the whole body', async (_, body) => {
  const answer = await post(body);
  expect(answer.body).toMatchObject({ type: '/problems/invalid-request', errors: [{ pointer: '' }] });
});

test('[PF1] operations of the Participating Function answer 400 when they are numbered or missing', async () => {
  const path = `/v1/users/${encodeURIComponent(phone.user.id)}/operations`;
  const headers = { authorization: `Bearer ${await phone.user.token('cpm/participate')}` };
  for (const operations of [[aMessage({ n: 1 })], []]) {
    const { status, body } = await post(JSON.stringify({ operations }), headers, path);
    expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  }
});

test('[ER2] a body with too many faults for an answer gets the first thousand', async () => {
  const body = `{${Array.from({ length: 110_000 }, (_, i) => `"${i.toString(36)}":0`).join()}}`;
  const answer = await post(body, { 'accept-encoding': 'identity' });
  expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-request']);
  expect(answer.body.errors).toHaveLength(1000);
  expect(answer.body.detail).toContain('only the first 1000 faults');
});

test('[ER5, ER2] an endless list is refused and does not overload the server', async () => {
  const lists: [string, string][] = [
    ['/v1/devices/x', '{"instanceId":"i","preferences":{"elementTypes":['],
    ['/v1/devices/x', '{"instanceId":"i","preferences":{"excludeConversations":['],
    ['/v1/devices/x', '{"instanceId":"i","preferences":{"folders":['],
    ['/v1/policies/x', '{"elementTypes":['],
  ];
  const admin = await phone.user.token('cpm/admin');
  for (const [path, begin] of lists) {
    const body = `${begin}${Array(500_000).fill(0).join()}]${begin.includes('preferences') ? '}}' : '}'}`;
    const response = await fetch(cloud.url + path, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${path.includes('policies') ? admin : token}`,
        'content-type': 'application/json',
      },
      body,
    });
    expect([path, response.status, await response.json()]).toEqual([
      path,
      400,
      expect.objectContaining({ type: '/problems/invalid-request' }),
    ]);
  }
});

test.each(['text/plain', 'application/xml', 'application/json-patch+json', ''])(
  '[ER12, TR1] Content-Type %p answers 415',
  async (contentType) => {
    const { status, body } = await post(JSON.stringify(good()), { 'content-type': contentType });
    expect([status, body.type]).toEqual([415, '/problems/unsupported-media-type']);
  },
);

test.each(['application/json; charset=utf-8', 'Application/JSON'])(
  '[TR1] Content-Type %p is JSON',
  async (contentType) => {
    expect((await post(JSON.stringify(good()), { 'content-type': contentType })).status).toBe(200);
  },
);

test('[ER11, OP9] a body of more than 1 MB answers 413, and a body of 1 MB is accepted', async () => {
  const ofBytes = (bytes: number) => `${JSON.stringify(good())}${' '.repeat(bytes)}`.slice(0, bytes);
  expect((await post(ofBytes(1024 * 1024))).status).toBe(200);
  const { status, body } = await post(ofBytes(1024 * 1024 + 1));
  expect([status, body.type]).toEqual([413, '/problems/too-large']);
});

test('[TR3] every answer of our functions has its own X-Request-Id', async () => {
  const answers = [
    await phone.request(),
    await phone.request({ limit: 0 }),
    await phone.call('GET', '/v1/devices'),
    await phone.call('GET', '/v1/devices/nobody'),
    await phone.call('POST', `${phone.path}/tickets`),
    await phone.register(),
  ];
  const ids = answers.map(({ headers }) => headers.get('x-request-id'));
  for (const id of ids) expect(id).toMatch(/^[\w=-]{8,}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

/** The answer as sent over the wire, because fetch would decompress it. */
function rawSync(acceptEncoding?: string, body: object = good()) {
  return new Promise<{ encoding: string | undefined; vary: string | undefined; bytes: Buffer }>(
    (settle, fail) => {
      const sent = request(`${cloud.url}/v1/sync`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(acceptEncoding !== undefined && { 'accept-encoding': acceptEncoding }),
        },
      });
      sent.on('error', fail).on('response', async (response) => {
        const { 'content-encoding': encoding, vary } = response.headers;
        settle({ encoding, vary, bytes: Buffer.concat(await response.toArray()) });
      });
      sent.end(JSON.stringify(body));
    },
  );
}

describe('an answer of more than 1 KB', () => {
  beforeAll(() => phone.user.deposit(...Array.from({ length: 10 }, () => aMessage())));

  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=1, br;q=0.1', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['deflate', undefined],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    [undefined, undefined],
  ])('[TR2] with Accept-Encoding %p is sent as %p', async (accepted, expected) => {
    const { encoding, vary, bytes } = await rawSync(accepted);
    expect(encoding).toBe(expected);
    expect(vary).toMatch(/accept-encoding/i);
    expect(bytes.length < 1024).toBe(expected !== undefined);
  });

  test.each(['br', 'gzip'])(
    '[TR2] decompressed from %s is the same as without compression',
    async (encoding) => {
      const response = await fetch(`${cloud.url}/v1/sync`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'accept-encoding': encoding,
        },
        body: JSON.stringify(good()),
      });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      const { changes } = (await response.json()) as WireSync;
      expect(changes).toEqual(JSON.parse(String((await rawSync()).bytes)).changes);
    },
  );
});

test('[TR2] an answer of less than 1 KB is not compressed', async () => {
  const { syncToken } = JSON.parse(String((await rawSync()).bytes)) as WireSync;
  const { encoding, bytes } = await rawSync('br, gzip', { ...good(), syncToken });
  expect(encoding).toBeUndefined();
  expect(Object.keys(JSON.parse(String(bytes)))).toEqual(['syncToken']);
});

test('[AU5, ER9] a device that is not registered is refused with 403, also in a box that does not exist', async () => {
  const stranger = new User();
  for (const user of [stranger, phone.user]) {
    const token = await user.token();
    for (const operations of [[], [aMessage({ n: 1 })]]) {
      const { status, body } = await post(
        JSON.stringify({ deviceId: 'nobody', instanceId: 'i', operations }),
        { authorization: `Bearer ${token}` },
      );
      expect([status, body.type]).toEqual([403, '/problems/device-not-registered']);
    }
  }
});

test('[ER3] no answer reveals files, lines or classes of the server', async () => {
  const answers = [
    await post('{'),
    await post(JSON.stringify({ ...good(), operations: [{ n: 1, op: {}, type: [], id: null }] })),
    await post(JSON.stringify({ ...good(), syncToken: '\u0000' })),
  ];
  for (const { body } of answers)
    expect(JSON.stringify(body)).not.toMatch(/\.(ts|mjs|js)\b|node_modules|Error:|at /);
});
