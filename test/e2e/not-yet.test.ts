import { call, User } from '../support/cloud.js';

// Routes of the protocol that have nothing behind them yet. What gets implemented moves out of here.
const ROUTES: [scope: string, method: string, path: string][] = [
  ['cpm/admin', 'DELETE', '/v1/users/tel:+15550100/box'],
];

test.each(ROUTES)(
  '[ER21] %s: %s %s answers 501 not-implemented and names the box',
  async (scope, method, path) => {
    const answer = await call(method, path, { token: await new User().token(scope) });
    expect(answer.status).toBe(501);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.type).toBe('/problems/not-implemented');
    expect(answer.body.detail?.toLowerCase()).toContain('box');
  },
);
