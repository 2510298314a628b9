import { aMessage } from '../support/builders.js';
import { call, type Device, names, User, unique, type WireProblem } from '../support/cloud.js';

// Ids must survive the path, the query, the body and the keys of the database.
const IDS = [
  '/',
  'a/b/../c',
  '%2F',
  '100%',
  '#M#m1',
  '?x=1&y=2',
  ' leading and trailing ',
  'plus+minus-_.~',
  '"quoted" \\ back',
  'Zoë 日本 👩‍👩‍👧',
  '\u202eright to left',
  'ü'.repeat(64), // 128 bytes
  '😀'.repeat(32),
  'x'.repeat(128),
];

test.concurrent.each(IDS)(
  '[EL2, TR4] the id %j is a device, a conversation history, a user and a policy like any other',
  async (id) => {
    const user = new User(`${id.slice(0, 20)}${unique()}`);
    const phone = await user.device(id);
    await user.deposit(
      aMessage({ id, conversationId: id, sessionId: undefined }),
      aMessage({ conversationId: 'other' }),
    );
    expect((await phone.call('GET', phone.path)).body).toMatchObject({ deviceId: id });
    expect(names((await phone.synchronize()).changes)).toEqual(
      expect.arrayContaining([`conversationHistory ${id}`, `message ${id}`]),
    );
    const query = new URLSearchParams({ deviceId: id });
    const path = `/v1/conversations/${encodeURIComponent(id)}/messages?${query}`;
    const history = await phone.call<{ elements: { id: string }[] }>('GET', path);
    expect(history.body.elements.map((element) => element.id)).toEqual([id]);
    const older = await phone.call('GET', `${path}&${new URLSearchParams({ before: id })}`);
    expect(older.body).toEqual({ elements: [] });

    const ofUser = `/v1/users/${encodeURIComponent(user.id)}/devices`;
    expect((await user.provider('GET', ofUser)).body).toMatchObject({ devices: [{ deviceId: id }] });
    const policyId = [...id].slice(0, 20).join('') + unique();
    expect(await user.policy({ maxTextBytes: 3 }, policyId)).toBe(policyId);
    const assigned = await user.provider('PUT', `${ofUser}/${encodeURIComponent(id)}`, { policyId });
    expect([assigned.status, assigned.body]).toEqual([200, { policyId }]);
    expect((await phone.call('DELETE', phone.path)).status).toBe(204);
  },
);

test.concurrent.each([
  ['a control character', 'a%00'],
  ['129 bytes', 'x'.repeat(129)],
  ['more than 128 bytes of few characters', encodeURIComponent('ü'.repeat(65))],
  ['only a line break', '%0A'],
])('[EL2, TR5] an id of %s is refused in every path', async (_, id) => {
  const user = new User();
  const phone = await user.device();
  const body = { instanceId: 'i' };
  const policyId = { policyId: 'default' };
  const answers = [
    await phone.call('GET', `/v1/devices/${id}`),
    await phone.call('PUT', `/v1/devices/${id}`, body),
    await phone.call('DELETE', `/v1/devices/${id}`),
    await phone.call('POST', `/v1/devices/${id}/tickets`),
    await phone.call('GET', `/v1/conversations/${id}/messages?deviceId=phone`),
    await user.provider('GET', `/v1/policies/${id}`),
    await user.provider('PUT', `/v1/policies/${id}`, {}),
    await user.provider('GET', `/v1/users/${id}/box`),
    await user.provider('PUT', `/v1/users/${id}/box`, policyId),
    await user.provider('GET', `/v1/users/${id}/devices`),
    await user.provider('PUT', `/v1/users/${id}/devices/phone`, policyId),
    await user.provider('PUT', `/v1/users/${encodeURIComponent(user.id)}/devices/${id}`, policyId),
    await call('POST', `/v1/users/${id}/operations`, {
      token: await user.token('cpm/participate'),
      body: { operations: [aMessage()] },
    }),
  ];
  for (const answer of answers) {
    expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-request']);
    expect(answer.body.detail).toMatch(/in the path/);
  }
});

/** Every route of a client, the Participating Function and the provider, with a valid body. */
const routes = (
  user: User,
  phone: Device,
): [scope: string, method: string, path: string, body?: object][] => {
  const ofUser = `/v1/users/${encodeURIComponent(user.id)}`;
  const { deviceId, instanceId } = phone;
  return [
    ['cpm/sync', 'POST', '/v1/sync', { deviceId, instanceId }],
    ['cpm/sync', 'GET', '/v1/devices'],
    ['cpm/sync', 'GET', phone.path],
    ['cpm/sync', 'PUT', phone.path, { instanceId }],
    ['cpm/sync', 'POST', `${phone.path}/tickets`],
    ['cpm/sync', 'GET', '/v1/box'],
    ['cpm/participate', 'POST', `${ofUser}/operations`, { operations: [aMessage()] }],
    ['cpm/admin', 'GET', '/v1/policies/default'],
    ['cpm/admin', 'PUT', `/v1/policies/policy-${unique()}`, {}],
    ['cpm/admin', 'GET', `${ofUser}/box`],
    ['cpm/admin', 'PUT', `${ofUser}/box`, { policyId: 'default' }],
    ['cpm/admin', 'GET', `${ofUser}/devices`],
    ['cpm/admin', 'PUT', `${ofUser}/devices/phone`, { policyId: 'default' }],
  ];
};

test('[TR5, TR3, ER5] every route refuses unknown members and parameters, and accepts a request without them', async () => {
  const user = new User();
  const phone = await user.device();
  for (const [scope, method, path, body] of routes(user, phone)) {
    const token = await user.token(scope);
    const fine = await call(method, path, { token, body });
    expect([method, path, fine.status < 300]).toEqual([method, path, true]);
    const surplus: [string, object | undefined][] = [[`${path}?colour=red`, body]];
    if (body) surplus.push([path, { ...body, colour: 'red' }]);
    for (const [asked, sent] of surplus) {
      const {
        status,
        headers,
        body: problem,
      } = await call<WireProblem>(method, asked, { token, body: sent });
      expect([method, path, status, problem.errors]).toEqual([
        method,
        path,
        400,
        [{ pointer: '/colour', detail: 'is not a known member' }],
      ]);
      expect(problem.requestId).toBe(headers.get('x-request-id'));
    }
  }
});

test('[ER6, ER12] every route with a body refuses invalid JSON, and a body with another Content-Type', async () => {
  const user = new User();
  const phone = await user.device();
  for (const [scope, method, path, body] of routes(user, phone)) {
    if (!body) continue;
    const send = async (contentType: string, text: string) => {
      const response = await fetch(user.url + path, {
        method,
        headers: { authorization: `Bearer ${await user.token(scope)}`, 'content-type': contentType },
        body: text,
      });
      return [method, path, response.status, ((await response.json()) as WireProblem).type];
    };
    expect(await send('application/json', '{"a":')).toEqual([method, path, 400, '/problems/invalid-json']);
    expect(await send('text/plain', JSON.stringify(body))).toEqual([
      method,
      path,
      415,
      '/problems/unsupported-media-type',
    ]);
  }
});

test('[ER7] a token whose sub cannot name a user is unauthorized', async () => {
  for (const sub of ['x'.repeat(129), 'a\u0007b']) {
    const { status, headers, body } = await call('GET', '/v1/devices', {
      token: await new User(sub).token(),
    });
    expect([status, body.type]).toEqual([401, '/problems/unauthorized']);
    expect(headers.get('content-type')).toBe('application/problem+json');
  }
});
