import { listDevices, registerDevice, revokeDevice, showDevice } from '../../core/admin/devices.js';
import { showBox } from '../../core/admin/show-box.js';
import { issueTicket } from '../../core/admin/tickets.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { readConfig } from '../runtime/aws/config.js';
import { connections, openCore, tables } from '../runtime/aws/open-core.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { created, noContent, ok } from '../runtime/http/http-response.js';
import { routesOf } from '../runtime/http/route.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'SOCKET_CALLBACK_URL', 'SOCKET_URL']);
const core = openCore(tables(config), connections(config));

export const routes = routesOf<'devices'>({
  'GET /v1/devices': {
    respond: async ({ caller }) => ok({ devices: await listDevices(core, caller) }),
  },

  'GET /v1/devices/{deviceId}': {
    respond: async ({ caller, path: { deviceId } }) => ok(await showDevice(core, caller, deviceId)),
  },

  'PUT /v1/devices/{deviceId}': {
    request: deviceRegistrationSchema,
    async respond({ caller, path: { deviceId }, body }) {
      const registered = await registerDevice(core, caller, deviceId, body);
      return registered.created ? created(registered.device) : ok(registered.device);
    },
  },

  'DELETE /v1/devices/{deviceId}': {
    async respond({ caller, path: { deviceId } }) {
      await revokeDevice(core, caller, deviceId);
      return noContent();
    },
  },

  'POST /v1/devices/{deviceId}/tickets': {
    async respond({ caller, path: { deviceId } }) {
      const { ticket, expiresInSeconds } = await issueTicket(core, caller, deviceId);
      const url = `${config.SOCKET_URL}?ticket=${encodeURIComponent(ticket)}`;
      return created({ ticket, url, expiresInSeconds });
    },
  },

  'GET /v1/box': {
    respond: async ({ caller }) => ok(await showBox(core, caller)),
  },
});

export const handler = httpEndpoint(routes);
