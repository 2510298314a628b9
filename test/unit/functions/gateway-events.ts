import type { Context } from 'aws-lambda';
import type { HttpEvent } from '../../../functions/runtime/http/caller.js';
import type { SocketEvent } from '../../../functions/runtime/websocket/socket-event.js';
import { contextOf } from '../../../functions/runtime/websocket/ticket-holder.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';

export const USER = 'tel:+15550100';
export const REQUEST_ID = 'JKJaXmPLvHcESHA=';

export const HOLDER = {
  box: userIdSchema.parse(USER),
  deviceId: deviceIdSchema.parse('phone'),
  instanceId: instanceIdSchema.parse('b7e0'),
};

export interface HttpEventParts {
  readonly routeKey?: string;
  readonly claims?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly pathParameters?: Record<string, string>;
  readonly queryStringParameters?: Record<string, string>;
}

/** An event of the HTTP API, as far as a handler looks at it. */
export const httpEvent = (parts: HttpEventParts = {}): HttpEvent =>
  ({
    routeKey: parts.routeKey ?? 'POST /v1/things',
    headers: { 'content-type': 'application/json', ...parts.headers },
    pathParameters: parts.pathParameters,
    queryStringParameters: parts.queryStringParameters,
    body: parts.body,
    isBase64Encoded: parts.isBase64Encoded ?? false,
    requestContext: {
      requestId: REQUEST_ID,
      authorizer: { jwt: { claims: parts.claims ?? { sub: USER, scope: 'openid cpm/sync' } } },
    },
  }) as unknown as HttpEvent;

export const socketEvent = (body: string): SocketEvent =>
  ({
    body,
    requestContext: {
      requestId: REQUEST_ID,
      connectionId: 'L0SM9cOFvHcCIhw=',
      connectedAt: Date.parse('2026-03-01T12:00:00Z'),
      eventType: 'MESSAGE',
      authorizer: contextOf(HOLDER),
    },
  }) as unknown as SocketEvent;

/** An invocation with this much time left. */
export const context = (remainingMs = 10_000): Context =>
  ({ awsRequestId: 'a5b7', getRemainingTimeInMillis: () => remainingMs }) as unknown as Context;
