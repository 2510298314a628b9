import {
  isDenial,
  ServerProblem,
  UnexpectedAnswer,
  Unreachable,
} from '../../../client/sync/server-problem.js';
import { httpTransport } from '../../../client/sync/transport.js';
import type { SyncRequestInput } from '../../../protocol/sync.js';
import { aMessage, aPage } from './builders.js';
import { type Answer, type Loopback, problem, startLoopback } from './loopback.js';

const REQUEST = { deviceId: 'phone', instanceId: 'i1', syncToken: 't1' } as SyncRequestInput;
const BACKOFF = { baseMs: 1, capMs: 2 };

let server: Loopback | undefined;
afterEach(() => server?.close());

/** A transport to a server that gives these answers in turn, and repeats the last one. */
async function transportTo(answers: Answer[], more: object = {}) {
  server = await startLoopback((_, count) => answers[Math.min(count, answers.length) - 1] as Answer);
  const transport = httpTransport({
    url: `${server.url}/`,
    token: () => 'secret',
    backoff: BACKOFF,
    ...more,
  });
  return { transport, received: server.received };
}

const problemOf = (call: Promise<unknown>): Promise<ServerProblem> =>
  call.then(
    () => Promise.reject(new Error('no problem')),
    (error) => error,
  );

describe('a call', () => {
  test('sends the token and the request, and returns the parsed answer', async () => {
    const page = aPage([aMessage('m1', 'c1', 3)], { hasMore: true });
    const { transport, received } = await transportTo([{ status: 200, body: page }]);
    expect(await transport.synchronize(REQUEST)).toEqual(page);
    expect(received).toEqual([
      { method: 'POST', path: '/v1/sync', authorization: 'Bearer secret', body: REQUEST },
    ]);
  });

  test('escapes the device id in the path', async () => {
    const ticket = { ticket: 'x', url: 'ws://127.0.0.1/?ticket=x', expiresInSeconds: 60 };
    const { transport, received } = await transportTo([{ status: 201, body: ticket }]);
    expect(await transport.issueTicket('my/phone #1')).toEqual(ticket);
    expect(received[0]?.path).toBe('/v1/devices/my%2Fphone%20%231/tickets');
  });

  test('[TR5] ignores unknown members of a newer server, at every depth', async () => {
    const part = { contentType: 'image/png', size: 3, href: 'https://parts.example/1' };
    const message = aMessage('m1', 'c1', 3, { payloadParts: [part] });
    const body = {
      syncToken: 't2',
      mood: 'good',
      changes: [
        { ...message, colour: 'red', payloadParts: [{ ...part, blurhash: 'LEHV6n' }] },
        { type: 'message', id: 'm2', conversationId: 'c1', modSeq: 4, removed: 'expired', by: 'policy' },
      ],
    };
    const { transport } = await transportTo([{ status: 200, body }]);
    expect(await transport.synchronize(REQUEST)).toEqual({
      syncToken: 't2',
      changes: [message, { type: 'message', id: 'm2', conversationId: 'c1', modSeq: 4, removed: 'expired' }],
    });
  });

  test.each([
    ['not JSON', 'Good day', /must be JSON/],
    ['without its token', { hasMore: true }, /must match the protocol at \/syncToken$/],
    [
      'with an element that is invalid',
      { syncToken: 't2', changes: [{ type: 'message', id: 'm1' }] },
      /\/changes\/0/,
    ],
  ])('fails at once when the answer is %s', async (_, body, message) => {
    server = await startLoopback(() => ({ status: 200, body }));
    const fetchRaw: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      return typeof body === 'string' ? new Response(body) : answer;
    };
    const transport = httpTransport({ url: server.url, token: () => 'secret', fetch: fetchRaw });
    const error = await problemOf(transport.synchronize(REQUEST));
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error.message).toMatch(message);
    expect(server.received).toHaveLength(1);
  });
});

describe('the client repeats a request', () => {
  test('[XO9] after no answer, 5xx and 429, until it succeeds', async () => {
    const { transport, received } = await transportTo([
      'hangUp',
      problem(503, 'busy'),
      { status: 500, body: { message: 'Internal Server Error' } },
      problem(429, 'too-many-requests'),
      { status: 200, body: { syncToken: 't2' } },
    ]);
    expect(await transport.synchronize(REQUEST)).toEqual({ syncToken: 't2' });
    expect(received.map(({ body }) => body)).toEqual(Array(5).fill(REQUEST));
  });

  test('no earlier than Retry-After', async () => {
    const { transport } = await transportTo([
      problem(503, 'busy', {}, { 'retry-after': '1' }),
      { status: 200, body: { syncToken: 't2' } },
    ]);
    const began = Date.now();
    await transport.synchronize(REQUEST);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  test('up to the number of attempts, and then throws the last problem', async () => {
    const { transport, received } = await transportTo([problem(503, 'unavailable', { detail: 'later' })], {
      attempts: 3,
    });
    const error = await problemOf(transport.synchronize(REQUEST));
    expect([error.status, error.kind, error.problem?.detail]).toEqual([503, 'unavailable', 'later']);
    expect(received).toHaveLength(3);
  });

  test('not at all when Retry-After exceeds a minute', async () => {
    const { transport, received } = await transportTo([problem(503, 'busy', {}, { 'retry-after': '3600' })]);
    expect((await problemOf(transport.synchronize(REQUEST))).retryAfterSeconds).toBe(3600);
    expect(received).toHaveLength(1);
  });

  test.each([
    [400, 'invalid-request'],
    [403, 'device-not-registered'],
    [409, 'instance-replaced'],
    [413, 'too-large'],
  ])('not at all after %i %s', async (status, kind) => {
    const { transport, received } = await transportTo([problem(status, kind)]);
    const error = await problemOf(transport.synchronize(REQUEST));
    expect([error.status, error.kind]).toEqual([status, kind]);
    expect(received).toHaveLength(1);
  });

  test('and throws Unreachable when no attempt has an answer', async () => {
    const { transport, received } = await transportTo(['hangUp'], { attempts: 2 });
    await expect(transport.synchronize(REQUEST)).rejects.toBeInstanceOf(Unreachable);
    expect(received).toHaveLength(2);
  });

  test('when the answer exceeds the time limit', async () => {
    server = await startLoopback((_, count) =>
      count === 1 ? new Promise<Answer>(() => undefined) : { status: 200, body: { syncToken: 't2' } },
    );
    const { url } = server;
    const transport = httpTransport({ url, token: () => 'secret', backoff: BACKOFF, timeoutMs: 100 });
    expect(await transport.synchronize(REQUEST)).toEqual({ syncToken: 't2' });
  });
});

describe('after a 401', () => {
  test('the client gets another token, once, and repeats the request with it', async () => {
    const tokens = jest.fn((rejected?: string) => (rejected ? 'fresh' : 'stale'));
    const { transport, received } = await transportTo(
      [
        { status: 401, body: { message: 'Unauthorized' } },
        { status: 200, body: { syncToken: 't2' } },
      ],
      { token: tokens },
    );
    await transport.synchronize(REQUEST);
    expect(received.map(({ authorization }) => authorization)).toEqual(['Bearer stale', 'Bearer fresh']);
    expect(tokens.mock.calls).toEqual([[], ['stale']]);
  });

  test('of the new token too, the error is a denial', async () => {
    let count = 0;
    const { transport, received } = await transportTo([{ status: 401 }], { token: () => `t${++count}` });
    const error = await problemOf(transport.synchronize(REQUEST));
    expect([error.status, error.kind, isDenial(error)]).toEqual([401, undefined, true]);
    expect(received).toHaveLength(2);
  });

  test('the client does not repeat the request with the rejected token', async () => {
    const { transport, received } = await transportTo([{ status: 401 }]);
    expect((await problemOf(transport.synchronize(REQUEST))).status).toBe(401);
    expect(received).toHaveLength(1);
  });
});

test('an aborted signal ends the wait between attempts, with its reason', async () => {
  const { transport, received } = await transportTo([problem(503, 'busy', {}, { 'retry-after': '50' })]);
  const stop = new AbortController();
  // The first answer has arrived when its bytes are counted, so the abort falls into the wait on a busy machine too.
  const abortSoon = () => void setTimeout(() => stop.abort(new Error('enough')), 20);
  const call = transport.synchronize(REQUEST, stop.signal, abortSoon);
  await expect(call).rejects.toThrow('enough');
  expect(received).toHaveLength(1);
});

test('a ServerProblem says status, kind and detail in its message', () => {
  const document = { type: '/problems/busy', title: 'The box is busy', status: 503, detail: 'erased' };
  expect(new ServerProblem(503, 'busy', document).message).toBe('503 busy: erased');
  expect(new ServerProblem(502, undefined).message).toBe('502');
});
