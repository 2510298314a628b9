import { randomBytes } from 'node:crypto';
import type { DeviceId } from '../../protocol/ids.js';
import { TICKET_SECONDS } from '../../protocol/limits.js';
import type { Core } from '../core.js';
import type { TicketHolder } from '../registry.js';
import type { BoxId } from '../store/items.js';
import { SyncProblem } from '../sync-problem.js';

const TICKET_BYTES = 24;

/**
 * A ticket that lets the device connect once, within a minute: browsers cannot send a token with a WebSocket.
 * @throws SyncProblem `device-not-registered`.
 */
export async function issueTicket(
  core: Core,
  box: BoxId,
  deviceId: DeviceId,
): Promise<{ ticket: string; expiresInSeconds: number }> {
  const device = await core.registry.device(box, deviceId);
  if (!device) throw new SyncProblem('device-not-registered');
  const ticket = randomBytes(TICKET_BYTES).toString('base64url');
  const { instanceId } = device;
  await core.registry.putTicket(
    ticket,
    { box, deviceId, instanceId },
    core.clock.now() + TICKET_SECONDS * 1000,
  );
  return { ticket, expiresInSeconds: TICKET_SECONDS };
}

/** Whom the ticket lets in, once; undefined for any other ticket, and when the device has been revoked or replaced. */
export async function redeemTicket(core: Core, ticket: string): Promise<TicketHolder | undefined> {
  const holder = await core.registry.takeTicket(ticket, core.clock.now());
  if (!holder) return undefined;
  const device = await core.registry.device(holder.box, holder.deviceId);
  return device?.instanceId === holder.instanceId ? holder : undefined;
}
