import { type Device, deviceSchema, type Ticket, ticketSchema } from '../../protocol/device.js';
import type { DeviceRegistrationInput } from '../../protocol/device-registration.js';
import { type HistoryResponse, historyResponseSchema } from '../../protocol/history.js';
import type { SyncRequestInput } from '../../protocol/sync.js';
import { type SyncResponse, syncResponseSchema } from '../../protocol/sync-response.js';
import { type HttpOptions, httpCaller } from './http-caller.js';

/** The requests to the Message Storage Server. Each is idempotent. */
export interface Transport {
  registerDevice(
    deviceId: string,
    registration: DeviceRegistrationInput,
    signal?: AbortSignal,
  ): Promise<Device>;
  /** @param onBytes receives the number of bytes of JSON that each attempt sent and received. */
  synchronize(
    request: SyncRequestInput,
    signal?: AbortSignal,
    onBytes?: (bytes: number) => void,
  ): Promise<SyncResponse>;
  issueTicket(deviceId: string, signal?: AbortSignal): Promise<Ticket>;
  history(deviceId: string, request: HistoryRequest, signal?: AbortSignal): Promise<HistoryResponse>;
}

/** A request for messages of a conversation history, newest first. `before`: exclusive upper limit of their ids. */
export interface HistoryRequest {
  conversationId: string;
  before?: string;
  limit?: number;
}

/**
 * A transport over HTTPS.
 * @throws from each request: ServerProblem, Unreachable or UnexpectedAnswer, or the reason of the signal.
 */
export function httpTransport(options: HttpOptions): Transport {
  const call = httpCaller(options);
  const devicePath = (deviceId: string) => `/v1/devices/${encodeURIComponent(deviceId)}`;
  return {
    registerDevice: (deviceId, body, signal) =>
      call({ method: 'PUT', path: devicePath(deviceId), body, answer: deviceSchema, signal }),
    synchronize: (body, signal, onBytes) =>
      call({ method: 'POST', path: '/v1/sync', body, answer: syncResponseSchema, signal, onBytes }),
    issueTicket: (deviceId, signal) =>
      call({ method: 'POST', path: `${devicePath(deviceId)}/tickets`, answer: ticketSchema, signal }),
    history: (deviceId, { conversationId, before, limit }, signal) => {
      const query = Object.entries({ deviceId, before, limit }).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
      );
      const path = `/v1/conversations/${encodeURIComponent(conversationId)}/messages?${query.join('&')}`;
      return call({ method: 'GET', path, answer: historyResponseSchema, signal });
    },
  };
}
