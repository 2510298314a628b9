import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { connected, disconnected } from '../../core/push/connections.js';
import { readConfig } from '../runtime/aws/config.js';
import { connections, openCore, pushQueue, tables } from '../runtime/aws/open-core.js';
import { inInvocation } from '../runtime/invocation.js';
import { beginLog, boxTag, describeError, deviceTag, logger } from '../runtime/observability/log.js';
import { measured } from '../runtime/observability/metrics.js';
import type { SocketAnswer, SocketEvent } from '../runtime/websocket/socket-event.js';
import { holderOf } from '../runtime/websocket/ticket-holder.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'PUSH_QUEUE_URL',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), pushQueue(config), connections(config));

/** A status other than 200 refuses the connection. API Gateway ignores the result of `$disconnect`. */
const answer = (statusCode: 200 | 401 | 500): SocketAnswer => ({ statusCode });

export const handler = inInvocation(
  middy<SocketEvent, SocketAnswer, Error, Context>()
    .use(measured)
    .before(({ event }) => beginLog(event.requestContext.requestId))
    .onError((request) => {
      logger.error('connection event failed', { error: describeError(request.error) });
      request.response = answer(500);
    })
    .handler(async ({ requestContext }) => {
      const { connectionId, connectedAt, eventType } = requestContext;
      const holder = holderOf(requestContext.authorizer);
      logger.appendKeys({ caller: boxTag(holder.box), device: deviceTag(holder.deviceId) });
      if (eventType === 'DISCONNECT') {
        await disconnected(core, holder, connectionId);
        return answer(200);
      }
      const isIn = await connected(core, holder, { id: connectionId, atMs: connectedAt });
      return answer(isIn ? 200 : 401); // the device was revoked or registered again after the ticket was issued
    }),
);
