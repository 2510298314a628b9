import { listDevices, registerDevice, revokeDevice, showDevice } from '../../core/admin/devices.js';
import { showBox } from '../../core/admin/show-box.js';
import { issueTicket } from '../../core/admin/tickets.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { deviceIdSchema } from '../../protocol/ids.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, sockets, tables } from '../runtime/aws/open-core.js';
import { created, noContent, ok } from '../runtime/http/answer.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { route } from '../runtime/http/route.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'SOCKET_CALLBACK_URL', 'SOCKET_URL']);
const core = openCore(tables(config), sockets(config));

const scope = 'cpm/sync';
const path = { deviceId: deviceIdSchema };

export const routes = {
  'GET /v1/devices': route({ scope }, async ({ caller }) => ok({ devices: await listDevices(core, caller) })),

  'GET /v1/devices/{deviceId}': route({ scope, path }, async ({ caller, path: { deviceId } }) =>
    ok(await showDevice(core, caller, deviceId)),
  ),

  'PUT /v1/devices/{deviceId}': route(
    { scope, path, body: deviceRegistrationSchema },
    async ({ caller, path: { deviceId }, body }) => {
      const registered = await registerDevice(core, caller, deviceId, body);
      return registered.created ? created(registered.device) : ok(registered.device);
    },
  ),

  'DELETE /v1/devices/{deviceId}': route({ scope, path }, async ({ caller, path: { deviceId } }) => {
    await revokeDevice(core, caller, deviceId);
    return noContent();
  }),

  'POST /v1/devices/{deviceId}/tickets': route({ scope, path }, async ({ caller, path: { deviceId } }) => {
    const { ticket, expiresInSeconds } = await issueTicket(core, caller, deviceId);
    const url = `${config.SOCKET_URL}?ticket=${encodeURIComponent(ticket)}`;
    return created({ ticket, url, expiresInSeconds });
  }),

  'GET /v1/box': route({ scope }, async ({ caller }) => ok(await showBox(core, caller))),
};

export const handler = httpEndpoint(routes);
