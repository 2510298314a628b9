import { assignToBox, assignToDevice, putPolicy, showPolicy } from '../../core/admin/policies.js';
import { showBox, watchDevices } from '../../core/admin/show-box.js';
import { startErasing } from '../../core/lifecycle/erase.js';
import { deviceIdSchema, policyIdSchema, userIdSchema } from '../../protocol/ids.js';
import { policyAssignmentSchema, policySchema } from '../../protocol/policy.js';
import { readConfig } from '../runtime/aws/config.js';
import { eraseQueue, openCore, sockets, tables } from '../runtime/aws/open-core.js';
import { accepted, ok } from '../runtime/http/answer.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { route } from '../runtime/http/route.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'ERASE_QUEUE_URL',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), eraseQueue(config), sockets(config));

const scope = 'cpm/admin';
const policy = { policyId: policyIdSchema };
const user = { userId: userIdSchema };
const device = { ...user, deviceId: deviceIdSchema };

export const routes = {
  'GET /v1/policies/{policyId}': route({ scope, path: policy }, async ({ path: { policyId } }) =>
    ok(await showPolicy(core, policyId)),
  ),

  'PUT /v1/policies/{policyId}': route(
    { scope, path: policy, body: policySchema },
    async ({ path: { policyId }, body }) => ok(await putPolicy(core, policyId, body)),
  ),

  'GET /v1/users/{userId}/box': route({ scope, path: user }, async ({ path: { userId } }) =>
    ok(await showBox(core, userId)),
  ),

  'PUT /v1/users/{userId}/box': route(
    { scope, path: user, body: policyAssignmentSchema },
    async ({ path: { userId }, body }) => {
      await assignToBox(core, userId, body.policyId);
      return ok(body);
    },
  ),

  'DELETE /v1/users/{userId}/box': route({ scope, path: user }, async ({ path: { userId } }) => {
    await startErasing(core, userId);
    return accepted();
  }),

  'GET /v1/users/{userId}/devices': route({ scope, path: user }, async ({ path: { userId } }) =>
    ok({ devices: await watchDevices(core, userId) }),
  ),

  'PUT /v1/users/{userId}/devices/{deviceId}': route(
    { scope, path: device, body: policyAssignmentSchema },
    async ({ path: { userId, deviceId }, body }) => {
      await assignToDevice(core, userId, deviceId, body.policyId);
      return ok(body);
    },
  ),
};

export const handler = httpEndpoint(routes);
