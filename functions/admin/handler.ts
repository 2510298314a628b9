import { assignToBox, assignToDevice, putPolicy, showPolicy } from '../../core/admin/policies.js';
import { showBox, watchDevices } from '../../core/admin/show-box.js';
import { startErasing } from '../../core/lifecycle/erase.js';
import { policyAssignmentSchema, policySchema } from '../../protocol/policy.js';
import { readConfig } from '../runtime/aws/config.js';
import { connections, eraseQueue, openCore, tables } from '../runtime/aws/open-core.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { accepted, ok } from '../runtime/http/http-response.js';
import { routesOf } from '../runtime/http/route.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'ERASE_QUEUE_URL',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), eraseQueue(config), connections(config));

export const routes = routesOf<'admin'>({
  'GET /v1/policies/{policyId}': {
    respond: async ({ path: { policyId } }) => ok(await showPolicy(core, policyId)),
  },

  'PUT /v1/policies/{policyId}': {
    request: policySchema,
    respond: async ({ path: { policyId }, body }) => ok(await putPolicy(core, policyId, body)),
  },

  'GET /v1/users/{userId}/box': {
    respond: async ({ path: { userId } }) => ok(await showBox(core, userId)),
  },

  'PUT /v1/users/{userId}/box': {
    request: policyAssignmentSchema,
    async respond({ path: { userId }, body }) {
      await assignToBox(core, userId, body.policyId);
      return ok(body);
    },
  },

  'DELETE /v1/users/{userId}/box': {
    async respond({ path: { userId } }) {
      await startErasing(core, userId);
      return accepted();
    },
  },

  'GET /v1/users/{userId}/devices': {
    respond: async ({ path: { userId } }) => ok({ devices: await watchDevices(core, userId) }),
  },

  'PUT /v1/users/{userId}/devices/{deviceId}': {
    request: policyAssignmentSchema,
    async respond({ path: { userId, deviceId }, body }) {
      await assignToDevice(core, userId, deviceId, body.policyId);
      return ok(body);
    },
  },
});

export const handler = httpEndpoint(routes);
