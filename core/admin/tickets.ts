import { randomBytes } from 'node:crypto';
import type { DeviceId } from '../../protocol/ids.js';
import { TICKET_SECONDS } from '../../protocol/limits.js';
import { readTail } from '../log/tail.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import { SyncProblem } from '../model/sync-problem.js';
import { ticketPartition } from '../model/ticket-partition.js';
import type { Core } from '../ports/core.js';
import type { TicketHolder } from '../ports/registry.js';

const SECRET_BYTES = 21;
const SHAPE = /^[\w-]{32}$/;

type Ticket = { readonly ticket: string; readonly expiresInSeconds: number };

/**
 * Issues a ticket with which the device can connect once, within a minute. Browsers cannot send a token with a WebSocket.
 * @throws SyncProblem `device-not-registered`; `busy` while the box is being erased.
 */
export async function issueTicket(core: Core, box: BoxId, deviceId: DeviceId): Promise<Ticket> {
  const { instanceId } = await registeredDevice(core, box, deviceId);
  const ticket = ticketPartition(box) + randomBytes(SECRET_BYTES).toString('base64url');
  const expiresAtMs = core.clock.now() + TICKET_SECONDS * 1000;
  await core.registry.putTicket(ticket, { box, deviceId, instanceId }, expiresAtMs);
  // The box may have been erased meanwhile. Then nothing of it may stay, so its ticket is removed again.
  try {
    await registeredDevice(core, box, deviceId);
  } catch (error) {
    await core.registry.takeTicket(ticket, 0);
    throw error;
  }
  return { ticket, expiresInSeconds: TICKET_SECONDS };
}

async function registeredDevice(core: Core, box: BoxId, deviceId: DeviceId): Promise<StoredDevice> {
  const device = await core.registry.device(box, deviceId);
  if (device) return device;
  await readTail(core, box); // throws `busy` if the device is unknown because the box is being erased
  throw new SyncProblem('device-not-registered');
}

/** The holder of a ticket, once. Undefined: the ticket is not valid, or the device was revoked or replaced. */
export async function redeemTicket(core: Core, ticket: string): Promise<TicketHolder | undefined> {
  if (!SHAPE.test(ticket)) return undefined;
  const holder = await core.registry.takeTicket(ticket, core.clock.now());
  if (!holder) return undefined;
  const device = await core.registry.device(holder.box, holder.deviceId);
  return device?.instanceId === holder.instanceId ? holder : undefined;
}
