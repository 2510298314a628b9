import type * as z from 'zod/mini';
import * as schemas from '../../protocol/frames.js';
import { TICKET_SECONDS } from '../../protocol/limits.js';
import { PROBLEMS, type ProblemKind } from '../../protocol/problem.js';
import { PROTOCOL_VERSION } from '../../protocol/protocol-version.js';
import { ROUTE_SCHEMAS } from '../../protocol/route-schemas.js';
import { nameOf } from './components.js';
import { type Examples, frames } from './examples.js';
import type { JsonObject } from './json.js';
import { Shapes, type Side } from './shapes.js';
import { ABOUT } from './words.js';

type FrameName = keyof typeof frames;

const FRAMES: Readonly<Record<FrameName, { side: Side; schema: z.ZodMiniType; isCorrelated?: true }>> = {
  sync: { side: 'input', schema: schemas.syncFrameSchema, isCorrelated: true },
  ping: { side: 'input', schema: schemas.pingFrameSchema },
  syncRequest: { side: 'output', schema: schemas.syncRequestFrameSchema },
  syncResponse: { side: 'output', schema: schemas.syncResponseFrameSchema, isCorrelated: true },
  pong: { side: 'output', schema: schemas.pongFrameSchema },
  error: { side: 'output', schema: schemas.errorFrameSchema, isCorrelated: true },
};

/** Kinds of problems in an `error` frame: those of a synchronization, without what the gateway has seen to. */
const KINDS: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  'invalid-request',
  'invalid-json',
  ...ROUTE_SCHEMAS['POST /v1/sync'].problems,
  'internal',
  'unavailable',
]);
const kindsInWords = (Object.keys(PROBLEMS) as ProblemKind[])
  .filter((kind) => KINDS.has(kind))
  .map((kind) => `\`${kind}\``)
  .join(', ');

const CHANNEL = '#/channels/socket';
const onChannel = (...names: FrameName[]): JsonObject[] =>
  names.map((name) => ({ $ref: `${CHANNEL}/messages/${name}` }));

/** From the side of the Message Storage Server: it receives what clients send. */
const operation = (
  action: 'send' | 'receive',
  summary: string,
  frame: FrameName,
  ...replies: FrameName[]
) => ({
  action,
  channel: { $ref: CHANNEL },
  summary,
  messages: onChannel(frame),
  ...(replies.length > 0 && { reply: { channel: { $ref: CHANNEL }, messages: onChannel(...replies) } }),
});

/** The AsyncAPI 3.0 document of the WebSocket. */
export function asyncApi(): JsonObject {
  const shapes = new Shapes('draft-07');
  const names = Object.keys(FRAMES) as FrameName[];
  const messages = Object.fromEntries(names.map((name) => [name, message(name, shapes)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'cpm-sync, WebSocket',
      version: String(PROTOCOL_VERSION),
      description:
        'Content synchronization of OMA CPM 5.6.x, initiated by the server. Made from the schemas in `protocol/` by `npm run docs`. The HTTP API is described in `openapi.json`.',
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:3000',
        pathname: '/socket',
        protocol: 'ws',
        description: 'The local cloud (`npm start`).',
        security: [{ $ref: '#/components/securitySchemes/ticket' }],
      },
      deployed: {
        host: '{api}.execute-api.{region}.amazonaws.com',
        pathname: '/v1',
        protocol: 'wss',
        description: 'A deployed stack.',
        variables: { api: { default: 'a1b2c3d4e5' }, region: { default: 'eu-central-1' } },
        security: [{ $ref: '#/components/securitySchemes/ticket' }],
      },
    },
    channels: {
      socket: {
        address: null,
        title: 'The connection of a device',
        description:
          'Connect to the `url` of a ticket (POST /v1/devices/{deviceId}/tickets), which is that of the server with `ticket` in the query. An invalid ticket: 401. A device has one connection: a newer one replaces the older. Frames are text; binary ones and those over 128 KB close the connection.',
        messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              properties: {
                ticket: {
                  type: 'string',
                  description: `Works once, within ${TICKET_SECONDS} seconds.`,
                },
              },
              required: ['ticket'],
            },
            bindingVersion: '0.1.0',
          },
        },
      },
    },
    operations: {
      synchronize: operation('receive', 'Send operations, receive changes.', 'sync', 'syncResponse', 'error'),
      ping: operation('receive', 'Keep the connection open.', 'ping', 'pong', 'error'),
      requestSynchronization: operation(
        'send',
        'Something in the scope of the device has been committed by another client or the Participating Function.',
        'syncRequest',
      ),
      refuse: operation('send', 'The answer to every frame that is neither `sync` nor `ping`.', 'error'),
    },
    components: {
      schemas: shapes.components(),
      messages,
      correlationIds: {
        frameId: {
          description: 'Chosen by the client, given back with the answer.',
          location: '$message.payload#/id',
        },
      },
      securitySchemes: {
        ticket: {
          type: 'httpApiKey',
          name: 'ticket',
          in: 'query',
          description: 'Of POST /v1/devices/{deviceId}/tickets.',
        },
      },
    },
  };
}

function message(name: FrameName, shapes: Shapes): JsonObject {
  const { side, schema, isCorrelated } = FRAMES[name];
  const examples: Examples = frames[name];
  return {
    name,
    title: name,
    summary: ABOUT[nameOf(schema)],
    ...(name === 'error' && { description: `Kinds: ${kindsInWords}.` }),
    contentType: 'application/json',
    ...(isCorrelated && { correlationId: { $ref: '#/components/correlationIds/frameId' } }),
    payload: shapes.ref(schema, side),
    examples: Object.entries(examples).map(([example, payload]) => ({ name: example, payload })),
  };
}
