import { deposit } from '../../core/write/deposit.js';
import { userIdSchema } from '../../protocol/ids.js';
import { depositRequestSchema } from '../../protocol/participating.js';
import { ok } from '../runtime/answer.js';
import { readConfig } from '../runtime/config.js';
import { httpEndpoint } from '../runtime/endpoint.js';
import { openCore, tables } from '../runtime/open-core.js';
import { route } from '../runtime/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = {
  'POST /v1/users/{userId}/operations': route(
    { scope: 'cpm/participate', path: { userId: userIdSchema }, body: depositRequestSchema },
    async ({ path: { userId }, body }) => ok(await deposit(core, userId, body.operations)),
  ),
};

export const handler = httpEndpoint(routes);
