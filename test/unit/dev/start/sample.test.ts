import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeSample } from '../../../../dev/start/make-sample.js';
import { SAMPLE_CONVERSATIONS, SAMPLE_DEVICES, SAMPLE_USER } from '../../../../dev/start/sample.js';

interface Sent {
  readonly call: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read without a type
  readonly body: any;
}

let server: Server;
let sent: Sent[];
let answer: (request: Sent) => { status: number; body: unknown };

const cloud = () => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  token: async (sub: string, scope: string) => `${sub} ${scope}`,
});

beforeEach(async () => {
  sent = [];
  server = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += chunk;
    const request = { call: `${req.method} ${req.url}`, body: text === '' ? undefined : JSON.parse(text) };
    sent.push(request);
    const { status, body } = answer(request);
    res.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const OPERATIONS = `POST /v1/users/${encodeURIComponent(SAMPLE_USER)}/operations`;
const messages = SAMPLE_CONVERSATIONS.flatMap((conversation) => conversation.messages);
const results = (count: number, status = 'applied') => ({
  results: Array.from({ length: count }, () => ({ status })),
});

test('devices are registered, and operations without a result are sent again', async () => {
  answer = ({ call, body }) => {
    if (call.startsWith('GET')) return { status: 404, body: {} };
    if (call.startsWith('PUT')) return { status: 201, body: {} };
    return { status: 200, body: results(Math.min(5, body.operations.length)) };
  };
  const sample = await makeSample(cloud());
  expect(sample).toEqual({
    user: SAMPLE_USER,
    instanceIds: { phone: 'sample-phone', tablet: 'sample-tablet' },
    conversations: SAMPLE_CONVERSATIONS.length,
    messages: messages.length,
  });
  expect(sent.filter(({ call }) => call.startsWith('PUT')).map(({ call, body }) => [call, body])).toEqual(
    SAMPLE_DEVICES.map(({ deviceId, instanceId, name }) => [
      `PUT /v1/devices/${deviceId}`,
      { instanceId, name },
    ]),
  );
  const posts = sent.filter(({ call }) => call === OPERATIONS).map(({ body }) => body.operations);
  expect(posts.map(({ length }) => length)).toEqual([
    messages.length,
    messages.length - 5,
    messages.length - 10,
  ]);
  const ids = posts[0].map(({ id }: { id: string }) => id);
  expect(new Set(ids).size).toBe(messages.length);
  expect(ids[0]).toMatch(/^[0-9A-HJKMNP-TV-Z]{18}$/);
});

test('a second start changes nothing, and a device with another instance keeps it', async () => {
  answer = ({ call, body }) =>
    call.startsWith('GET')
      ? { status: 200, body: { instanceId: 'another' } }
      : { status: 200, body: results(body.operations.length, 'exists') };
  expect((await makeSample(cloud())).instanceIds).toEqual({ phone: 'another', tablet: 'another' });
  expect(sent.some(({ call }) => call.startsWith('PUT'))).toBe(false);
});

test('a busy service is asked again; a rejection is an error', async () => {
  let busy = 2;
  answer = ({ call }) => {
    if (busy-- > 0) return { status: 503, body: {} };
    return call.startsWith('POST')
      ? { status: 200, body: results(1, 'invalid') }
      : { status: 200, body: { instanceId: 'a' } };
  };
  await expect(makeSample(cloud())).rejects.toThrow('The service rejected the sample: {"status":"invalid"}');
  expect(sent).toHaveLength(2 + SAMPLE_DEVICES.length + 1);
});
