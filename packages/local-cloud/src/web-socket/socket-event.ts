import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { splitTarget } from '../http/http-api.js';
import { apacheTime } from '../http/http-event.js';
import type { Caller } from './connection.js';

/** The facts that all events of a connection share. */
export interface EventSource {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  readonly caller: Caller;
  readonly apiId: string;
  readonly stage: string;
}

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** The `requestContext` of an event. */
export function requestContext(
  { connectionId, connectedAtMs, caller, apiId, stage }: EventSource,
  routeKey: string,
  eventType: EventType,
) {
  const now = new Date();
  const requestId = randomUUID();
  return {
    routeKey,
    eventType,
    messageDirection: 'IN',
    connectionId,
    connectedAt: connectedAtMs,
    requestTime: apacheTime(now),
    requestTimeEpoch: now.getTime(),
    requestId,
    extendedRequestId: requestId,
    apiId,
    stage,
    domainName: caller.domainName,
    identity: { sourceIp: caller.sourceIp, userAgent: caller.userAgent },
    ...(caller.authorizer && { authorizer: caller.authorizer }),
  };
}

/** Headers and query of the handshake. Only the events of the authorizer and of `$connect` contain them. */
export function handshakeFacts(req: IncomingMessage) {
  const headers: [string, string][] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    headers.push([req.rawHeaders[i] ?? '', req.rawHeaders[i + 1] ?? '']);
  }
  const query = [...new URLSearchParams(splitTarget(req.url ?? '').query)];
  return {
    headers: Object.fromEntries(headers),
    multiValueHeaders: grouped(headers),
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(query),
      multiValueQueryStringParameters: grouped(query),
    }),
  };
}

function grouped(pairs: [string, string][]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) {
    groups[name] ??= [];
    groups[name].push(value);
  }
  return groups;
}

/** The event of a message from a client. */
export const messageEvent = (source: EventSource, routeKey: string, body: string) => ({
  requestContext: { ...requestContext(source, routeKey, 'MESSAGE'), messageId: randomUUID() },
  body,
  isBase64Encoded: false,
});

/** The event of a closed connection. */
export const disconnectEvent = (source: EventSource, code: number, reason: string) => ({
  headers: { Host: source.caller.domainName },
  multiValueHeaders: { Host: [source.caller.domainName] },
  requestContext: {
    ...requestContext(source, '$disconnect', 'DISCONNECT'),
    disconnectStatusCode: code,
    disconnectReason: reason,
  },
  isBase64Encoded: false,
});
