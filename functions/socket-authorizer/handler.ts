import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import { redeemTicket } from '../../core/admin/tickets.js';
import { connectQuerySchema } from '../../protocol/ticket.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { inInvocation } from '../runtime/invocation.js';
import { beginLog, boxTag, describeError, logger } from '../runtime/observability/log.js';
import { measured } from '../runtime/observability/metrics.js';
import { contextOf } from '../runtime/websocket/ticket-holder.js';

const core = openCore(tables(readConfig(['REGISTRY_TABLE'])));

/** API Gateway answers 401 to exactly this message, and 500 to any other error. A Deny would be 403. */
const UNAUTHORIZED = 'Unauthorized';

/** Accepts a connection with a valid ticket in its URL. */
export const handler = inInvocation(
  middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult, Error, Context>()
    .use(measured)
    .before(({ event }) => beginLog(event.requestContext.requestId))
    .handler(async ({ queryStringParameters, methodArn }) => {
      const query = connectQuerySchema.safeParse(queryStringParameters);
      const holder = query.success ? await redeem(query.data.ticket) : undefined;
      if (!holder) throw new Error(UNAUTHORIZED);
      return {
        principalId: boxTag(holder.box),
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }],
        },
        context: { ...contextOf(holder) },
      };
    }),
);

async function redeem(ticket: string) {
  try {
    return await redeemTicket(core, ticket);
  } catch (error) {
    logger.error('ticket not looked up', { error: describeError(error) });
    throw new Error('the ticket could not be read'); // without the cause, because Lambda logs a cause unfiltered
  }
}
