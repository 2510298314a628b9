import { readFileSync } from 'node:fs';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { contextOf } from '../../functions/runtime/websocket/ticket-holder.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../protocol/ids.js';
import type { Image } from './units.js';

// biome-ignore lint/suspicious/noExplicitAny: AWS decides the shape of an event
type SampleEvent = any;

/** A fresh copy of events/<name>.json, which the caller may change. */
export const sampleEvent = (name: string): SampleEvent =>
  JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));

export interface HttpParts {
  readonly routeKey?: string;
  readonly sub?: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The sample event of an HTTP function, with other parts. */
export function httpSample(name: string, { routeKey, sub, pathParameters, body }: HttpParts): SampleEvent {
  const event = sampleEvent(name);
  if (routeKey !== undefined) event.routeKey = routeKey;
  if (sub !== undefined) event.requestContext.authorizer.jwt.claims.sub = sub;
  if (pathParameters !== undefined) event.pathParameters = pathParameters;
  event.body = body === undefined ? undefined : JSON.stringify(body);
  return event;
}

export interface SocketParts {
  readonly user: string;
  readonly deviceId: string;
  readonly instanceId: string;
  readonly eventType: 'CONNECT' | 'DISCONNECT';
  readonly connectedAt: number;
}

/** The sample event of a connect or disconnect, for another device. */
export function connectionSample({ user, deviceId, instanceId, ...context }: SocketParts): SampleEvent {
  const event = sampleEvent('socket-connection');
  const holder = {
    box: userIdSchema.parse(user),
    deviceId: deviceIdSchema.parse(deviceId),
    instanceId: instanceIdSchema.parse(instanceId),
  };
  Object.assign(event.requestContext, context, { connectionId: `connection-of-${deviceId}` });
  Object.assign(event.requestContext.authorizer, contextOf(holder));
  return event;
}

/** The stream event for items that were put, as the projector receives it. */
export function insertionsOf(images: readonly Image[]): SampleEvent {
  const event = sampleEvent('projector');
  const [record] = event.Records;
  event.Records = images.map((image, i) => ({
    ...record,
    dynamodb: {
      ...record.dynamodb,
      Keys: { box: image.box, sk: image.sk },
      NewImage: streamImage(image),
      SequenceNumber: String(i + 1),
    },
  }));
  return event;
}

/** An item as the stream passes it to a function, with binary values in base64. */
export const streamImage = (image: Image): Record<string, unknown> =>
  Object.fromEntries(Object.entries(image).map(([name, value]) => [name, streamValue(value)]));

const streamValue = (value: AttributeValue): unknown =>
  value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') };

/** The sample event of a queue's function, with these messages. */
export function queueSample(name: string, bodies: readonly string[]): SampleEvent {
  const event = sampleEvent(name);
  const [record] = event.Records;
  event.Records = bodies.map((body, i) => ({ ...record, messageId: `message-${i}`, body }));
  return event;
}
