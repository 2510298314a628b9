import type { DeviceId, InstanceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import type { ProgressChange } from './store.js';

/** Names a registration: a device with its instance. */
export interface DeviceName {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
}

export interface ProgressPatch {
  readonly set: ProgressChange;
  /** Fields that must be as they were read; undefined: must be absent. */
  readonly expect?: ProgressChange;
}

/** The device that a ticket allows to connect. */
export type TicketHolder = DeviceName;

/** Progress of devices, policies and tickets. All reads are consistent. The log decides about registrations. */
export interface Registry {
  /** The device as the view shows it, for pushes and connections: they read it again after later log entries. */
  device(box: BoxId, deviceId: DeviceId): Promise<StoredDevice | undefined>;
  devices(box: BoxId): Promise<readonly StoredDevice[]>;

  /** Changes the progress of a device that is still registered with this instance; false: it is not, or `expect` fails. */
  patch(device: DeviceName, patch: ProgressPatch): Promise<boolean>;
  /** The same; gives the device as it was before. Undefined: nothing has changed. */
  exchange(device: DeviceName, patch: ProgressPatch): Promise<StoredDevice | undefined>;

  policy(id: PolicyId): Promise<Policy | undefined>;
  putPolicy(id: PolicyId, policy: Policy): Promise<void>;

  /** Stores a ticket, which starts with the ticket partition of its box. */
  putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number): Promise<void>;
  /** The holder, once. Undefined: the ticket was taken, has expired or never existed. */
  takeTicket(ticket: string, nowMs: number): Promise<TicketHolder | undefined>;
  /** Removes some tickets of a box. @returns their number; 0: none is left. */
  removeTickets(box: BoxId): Promise<number>;
}
