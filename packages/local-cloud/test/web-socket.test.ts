import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import WebSocket from 'ws';
import { startLocalCloud } from '../src/local-cloud.js';
import type { LocalCloud } from '../src/local-cloud-options.js';
import { eventually } from './support/eventually.js';
import { aFunction, aQueue, aWebSocketApi, removeFolders, writeStack } from './support/stack.js';

const AUTHORIZER = `export const handler = async (event) => {
  const { ticket } = event.queryStringParameters;
  if (ticket === 'used') throw new Error('Unauthorized');
  if (ticket === 'broken') throw new Error('database is gone');
  const Effect = ticket === 'denied' ? 'Deny' : 'Allow';
  return {
    principalId: 'me',
    policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: event.methodArn }] },
    context: ticket === 'odd' ? { list: [] } : { tenant: 't1', count: 3, live: true },
  };
};`;

/** Writes every event and its callback URL to a file, because functions cannot reach the test in another way. */
const CONNECTION = `import { appendFileSync } from 'node:fs';
export const handler = async (event) => {
  appendFileSync(process.env.NOTES, JSON.stringify(event) + '\\n');
  const { ticket, ms } = event.queryStringParameters ?? {};
  if (ticket === 'refused') return { statusCode: 409 };
  if (ticket === 'crash') throw new Error('no');
  if (ticket === 'slow') await new Promise((resolve) => setTimeout(resolve, Number(ms)));
  return { statusCode: 200 };
};`;

const ACTION = `export const handler = async (event) => {
  const body = JSON.parse(event.body);
  if (body.fail) throw new Error('no');
  if (body.silent) return { statusCode: 200 };
  return { statusCode: 200, body: JSON.stringify({ routeKey: event.requestContext.routeKey, event, url: process.env.CALLBACK }) };
};`;
const DEFAULT = `export const handler = async (event) => ({ statusCode: 200, body: 'default:' + event.body });`;

let cloud: LocalCloud;
let notes: string;
let management: ApiGatewayManagementApiClient;
const opened: WebSocket[] = [];

const url = (ticket?: string, more = '') =>
  `${cloud.socketUrl}${ticket === undefined ? '' : `?ticket=${ticket}${more}`}`;

async function open(ticket = 'good', more = ''): Promise<WebSocket> {
  const socket = new WebSocket(url(ticket, more));
  opened.push(socket);
  await once(socket, 'open');
  return socket;
}

/** Status and body of a rejected upgrade. */
async function refusal(ticket?: string): Promise<[number | undefined, string | null]> {
  const socket = new WebSocket(url(ticket));
  const [, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return [response.statusCode, JSON.parse(text).message];
}

async function nextFrame(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, 'message');
  return String(data);
}

async function ask(socket: WebSocket, frame: unknown) {
  socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return nextFrame(socket);
}

// biome-ignore lint/suspicious/noExplicitAny: events are read without a type
function noted(): any[] {
  return readFileSync(notes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const ownId = async (socket: WebSocket): Promise<string> =>
  JSON.parse(await ask(socket, { action: 'do' })).event.requestContext.connectionId;

beforeAll(async () => {
  const host = [
    { Ref: 'Socket' },
    '.execute-api.',
    { Ref: 'AWS::Region' },
    '.',
    { Ref: 'AWS::URLSuffix' },
    '/live',
  ];
  const CALLBACK = { 'Fn::Join': ['', ['https://', ...host]] };
  const outDir = writeStack({
    resources: {
      Authorizer: aFunction('Authorizer'),
      Connection: aFunction('Connection', { Environment: { Variables: { NOTES: '/set/below' } } }),
      Action: aFunction('Action', { Environment: { Variables: { CALLBACK } } }),
      Default: aFunction('Default'),
      Unused: aQueue(),
      ...aWebSocketApi(
        { $connect: 'Connection', $disconnect: 'Connection', do: 'Action', $default: 'Default' },
        'Authorizer',
      ),
    },
    code: { Authorizer: AUTHORIZER, Connection: '', Action: ACTION, Default: DEFAULT },
  });
  notes = `${outDir}/notes`;
  writeFileSync(notes, '');
  writeFileSync(
    `${outDir}/asset.Connection/index.mjs`,
    CONNECTION.replace('process.env.NOTES', JSON.stringify(notes)),
  );
  cloud = await startLocalCloud({ port: 0, outDir, connectionLimits: { idleMs: 700, maxMs: 60_000 } });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  management = new ApiGatewayManagementApiClient({
    endpoint: cloud.servicesUrl,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
});
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});
afterAll(async () => {
  management.destroy();
  await cloud.stop();
  removeFolders();
});

describe('connecting', () => {
  test.each<[string, string | undefined, number, string | null]>([
    ['without the identity source', undefined, 401, 'Unauthorized'],
    ['with an empty one', '', 401, 'Unauthorized'],
    ['the authorizer throws Unauthorized', 'used', 401, 'Unauthorized'],
    [
      'the authorizer denies',
      'denied',
      403,
      'User is not authorized to access this resource with an explicit deny',
    ],
    ['the authorizer fails', 'broken', 500, null],
    ['the context of the authorizer is not a flat object', 'odd', 500, null],
    ['$connect answers 409', 'refused', 409, 'Conflict'],
    ['$connect fails', 'crash', 502, 'Bad Gateway'],
  ])('%s', async (_what, ticket, status, message) => {
    expect(await refusal(ticket)).toEqual([status, message]);
  });

  test('all events have the context of the authorizer; only $connect has query and headers', async () => {
    const socket = await open('good', '&color=blue');
    const { event } = JSON.parse(await ask(socket, { action: 'do', n: 1 }));
    const { connectionId } = event.requestContext;
    expect(event).toMatchObject({
      body: '{"action":"do","n":1}',
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'do',
        eventType: 'MESSAGE',
        stage: 'live',
        messageId: expect.any(String),
        authorizer: { principalId: 'me', tenant: 't1', count: '3', live: 'true' },
      },
    });
    expect(event).not.toHaveProperty('queryStringParameters');
    expect(event).not.toHaveProperty('headers');
    socket.close(4001, 'enough');
    await eventually(async () => {
      const ofThis = noted().filter((it) => it.requestContext.connectionId === connectionId);
      expect(ofThis).toMatchObject([
        {
          queryStringParameters: { ticket: 'good', color: 'blue' },
          headers: { Upgrade: 'websocket' },
          requestContext: { eventType: 'CONNECT', routeKey: '$connect', authorizer: { tenant: 't1' } },
        },
        {
          requestContext: {
            eventType: 'DISCONNECT',
            routeKey: '$disconnect',
            authorizer: { tenant: 't1' },
            connectedAt: event.requestContext.connectedAt,
            disconnectStatusCode: 4001,
            disconnectReason: 'enough',
          },
        },
      ]);
    });
  });

  test('another path is not a WebSocket API', async () => {
    const socket = new WebSocket(cloud.socketUrl.replace('/socket', '/elsewhere'));
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(403);
  });
});

describe('messages', () => {
  test('text that is not JSON, unknown actions and reserved names go to $default', async () => {
    const socket = await open();
    expect(await ask(socket, 'no JSON')).toBe('default:no JSON');
    expect(await ask(socket, { action: 'other' })).toBe('default:{"action":"other"}');
    expect(await ask(socket, { action: '$connect' })).toBe('default:{"action":"$connect"}');
    expect(await ask(socket, { action: ['do'] })).toBe('default:{"action":["do"]}');
  });

  test('a function that fails is answered by the gateway, and the connection stays open', async () => {
    const socket = await open();
    const id = await ownId(socket);
    expect(JSON.parse(await ask(socket, { action: 'do', fail: true }))).toEqual({
      message: 'Internal server error',
      connectionId: id,
      requestId: expect.any(String),
    });
    socket.send(JSON.stringify({ action: 'do', silent: true }));
    expect(await ask(socket, 'still here')).toBe('default:still here');
  });

  test.each<[string, (socket: WebSocket) => void, number]>([
    ['a binary frame', (socket) => socket.send(Buffer.from('x')), 1003],
    ['a message over 128 KB', (socket) => socket.send('x'.repeat(128 * 1024 + 1)), 1009],
    [
      'a message over 128 KB in small frames',
      (socket) => {
        for (let i = 0; i < 5; i++) socket.send('x'.repeat(30 * 1024), { fin: i === 4 });
      },
      1009,
    ],
  ])('%s closes the connection', async (_what, send, code) => {
    const socket = await open();
    send(socket);
    expect((await once(socket, 'close'))[0]).toBe(code);
  });

  test('a message of 128 KB is delivered', async () => {
    const text = 'x'.repeat(128 * 1024);
    expect(await ask(await open(), text)).toHaveLength('default:'.length + text.length);
  });

  test('an idle connection is closed, an active one is not', async () => {
    const [idle, busy] = [await open(), await open()];
    const closed = once(idle, 'close');
    for (let i = 0; i < 5; i++) {
      await delay(200);
      await ask(busy, 'here');
    }
    expect((await closed)[0]).toBe(1001);
    expect(busy.readyState).toBe(WebSocket.OPEN);
  });
});

describe('@connections', () => {
  const post = (ConnectionId: string, Data: string) =>
    management.send(new PostToConnectionCommand({ ConnectionId, Data }));

  test('functions get the URL of the management API', async () => {
    expect(JSON.parse(await ask(await open(), { action: 'do' })).url).toBe(cloud.servicesUrl);
  });

  test('posts a frame, describes and deletes a connection', async () => {
    const socket = await open();
    const id = await ownId(socket);
    const frame = nextFrame(socket);
    await post(id, '{"type":"hello"}');
    expect(await frame).toBe('{"type":"hello"}');
    const described = await management.send(new GetConnectionCommand({ ConnectionId: id }));
    expect(described.Identity?.SourceIp).toBe('127.0.0.1');
    const closed = once(socket, 'close');
    await management.send(new DeleteConnectionCommand({ ConnectionId: id }));
    expect((await closed)[0]).toBe(1000);
    await expect(post(id, 'x')).rejects.toMatchObject({
      name: 'GoneException',
      $metadata: { httpStatusCode: 410 },
    });
  });

  test('a stage may precede the path', async () => {
    const socket = await open();
    const id = await ownId(socket);
    const frame = nextFrame(socket);
    const response = await fetch(`${cloud.servicesUrl}/live/@connections/${encodeURIComponent(id)}`, {
      method: 'POST',
      body: 'x',
    });
    expect([response.status, await frame]).toEqual([200, 'x']);
  });

  test('an unknown connection is Gone, and a large message is PayloadTooLarge', async () => {
    await expect(post('nobody=', 'x')).rejects.toMatchObject({ name: 'GoneException' });
    const id = await ownId(await open());
    const tooMuch = post(id, 'x'.repeat(128 * 1024 + 1));
    await expect(tooMuch).rejects.toMatchObject({
      name: 'PayloadTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
  });

  test('nothing can be posted before $connect has returned', async () => {
    const connecting = open('slow', '&ms=400');
    const id = await eventually(async () => {
      const event = noted().find((it) => it.queryStringParameters?.ticket === 'slow');
      expect(event).toBeDefined();
      return event.requestContext.connectionId as string;
    });
    await expect(post(id, 'early')).rejects.toMatchObject({ name: 'GoneException' });
    const socket = await connecting;
    const frame = nextFrame(socket);
    await post(id, 'in time');
    expect(await frame).toBe('in time');
  });
});

test('$disconnect runs for a client that disconnects during $connect', async () => {
  const { hostname, port } = new URL(cloud.url);
  const raw = createConnection(Number(port), hostname);
  await once(raw, 'connect');
  const key = Buffer.from('0123456789abcdef').toString('base64');
  raw.write(
    `GET /socket?ticket=slow&ms=300&who=impatient HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const id = await eventually(async () => {
    const event = noted().find((it) => it.queryStringParameters?.who === 'impatient');
    expect(event).toBeDefined();
    return event.requestContext.connectionId as string;
  });
  raw.destroy();
  await eventually(async () => {
    const types = noted()
      .filter((it) => it.requestContext.connectionId === id)
      .map((it) => it.requestContext.eventType);
    expect(types).toEqual(['CONNECT', 'DISCONNECT']);
  });
});

test('a connection without a close frame ends as 1006, and $disconnect runs', async () => {
  const socket = await open();
  const id = await ownId(socket);
  const closed = once(socket, 'close');
  cloud.chaos.dropConnections();
  expect((await closed)[0]).toBe(1006);
  await eventually(async () => {
    const last = noted()
      .filter((it) => it.requestContext.connectionId === id)
      .at(-1);
    expect(last.requestContext).toMatchObject({ eventType: 'DISCONNECT', disconnectStatusCode: 1006 });
  });
});
