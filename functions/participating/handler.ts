import { deposit } from '../../core/write/deposit.js';
import { userIdSchema } from '../../protocol/ids.js';
import { depositRequestSchema } from '../../protocol/participating.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { ok } from '../runtime/http/answer.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { route } from '../runtime/http/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = {
  'POST /v1/users/{userId}/operations': route(
    { scope: 'cpm/participate', path: { userId: userIdSchema }, body: depositRequestSchema },
    async ({ path: { userId }, body }) => ok(await deposit(core, userId, body.operations)),
  ),
};

export const handler = httpEndpoint(routes);
