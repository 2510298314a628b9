import {
  type Device,
  type DeviceRegistrationInput,
  deviceSchema,
  type Ticket,
  ticketSchema,
} from '../protocol/device.js';
import { type SyncRequestInput, type SyncResponse, syncResponseSchema } from '../protocol/sync.js';
import { type HttpOptions, httpCaller } from './http-caller.js';

/** The way to the Message Storage Server. Any of it may be called again with the same arguments. */
export interface Transport {
  registerDevice(
    deviceId: string,
    registration: DeviceRegistrationInput,
    signal?: AbortSignal,
  ): Promise<Device>;
  synchronize(request: SyncRequestInput, signal?: AbortSignal): Promise<SyncResponse>;
  issueTicket(deviceId: string, signal?: AbortSignal): Promise<Ticket>;
}

/**
 * HTTPS to the server at `url`.
 * @throws from each call: ServerProblem, Unreachable, UnexpectedAnswer, or the reason of the signal.
 */
export function httpTransport(options: HttpOptions): Transport {
  const call = httpCaller(options);
  const devicePath = (deviceId: string) => `/v1/devices/${encodeURIComponent(deviceId)}`;
  return {
    registerDevice: (deviceId, body, signal) =>
      call({ method: 'PUT', path: devicePath(deviceId), body, answer: deviceSchema, signal }),
    synchronize: (body, signal) =>
      call({ method: 'POST', path: '/v1/sync', body, answer: syncResponseSchema, signal }),
    issueTicket: (deviceId, signal) =>
      call({ method: 'POST', path: `${devicePath(deviceId)}/tickets`, answer: ticketSchema, signal }),
  };
}
