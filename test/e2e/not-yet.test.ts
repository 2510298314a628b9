import { call, User } from '../support/cloud.js';

// Routes and preferences of the protocol that have nothing behind them yet. What gets implemented moves out of here.
const ROUTES: [what: string, scope: string, method: string, path: string, body?: object][] = [
  ['policy', 'cpm/admin', 'GET', '/v1/policies/default'],
  ['policy', 'cpm/admin', 'PUT', '/v1/policies/default', { syncTimerSeconds: 60 }],
  ['box', 'cpm/admin', 'GET', '/v1/users/tel:+15550100/box'],
  ['policy', 'cpm/admin', 'PUT', '/v1/users/tel:+15550100/box', { policyId: 'default' }],
  ['box', 'cpm/admin', 'DELETE', '/v1/users/tel:+15550100/box'],
  ['devices', 'cpm/admin', 'GET', '/v1/users/tel:+15550100/devices'],
  ['policy', 'cpm/admin', 'PUT', '/v1/users/tel:+15550100/devices/phone', { policyId: 'default' }],
  ['box', 'cpm/sync', 'GET', '/v1/box'],
  ['history', 'cpm/sync', 'GET', '/v1/conversations/c1/messages?deviceId=phone'],
];

test.each(ROUTES)(
  '%s (%s): %s %s answers 501 not-implemented and names it',
  async (what, scope, method, path, body) => {
    const token = await new User().token(scope);
    const answer = await call(method, path, { token, body });
    expect(answer.status).toBe(501);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.type).toBe('/problems/not-implemented');
    expect(answer.body.detail?.toLowerCase()).toContain(what);
  },
);

test.each([
  ['elementTypes', ['folder', 'conversationHistory']],
  ['folders', ['default']],
  ['excludeConversations', ['c7']],
  ['maxMessageAgeDays', 90],
  ['maxTextBytes', 16_384],
])(
  'the preference %s, which narrows the scope, answers 501 and is named; the device is not registered',
  async (name, value) => {
    const user = new User();
    const token = await user.token();
    const body = { instanceId: 'i1', preferences: { [name]: value } };
    const { status, body: problem } = await call('PUT', '/v1/devices/phone', { token, body });
    expect([status, problem.type]).toEqual([501, '/problems/not-implemented']);
    expect(problem.detail).toContain(name);
    expect((await call('GET', '/v1/devices/phone', { token })).status).toBe(404);
  },
);
