import type { DeviceId, InstanceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import type { ProgressChange } from './store.js';

/** A device as long as it is registered with this instance. */
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

/** Whom a ticket lets in. */
export type TicketHolder = DeviceName;

/** Where devices stand, policies and tickets. All reads are consistent. What the log decides about devices is in the store. */
export interface Registry {
  /** The device as the view shows it: for pushes and connections, which look again when the log moves on. */
  device(box: BoxId, deviceId: DeviceId): Promise<StoredDevice | undefined>;
  devices(box: BoxId): Promise<readonly StoredDevice[]>;

  /** Changes the progress of a device that is still registered with this instance; false: it is not, or `expect` fails. */
  patch(device: DeviceName, patch: ProgressPatch): Promise<boolean>;
  /** The same; gives the device as it was before. Undefined: nothing has changed. */
  exchange(device: DeviceName, patch: ProgressPatch): Promise<StoredDevice | undefined>;

  policy(id: PolicyId): Promise<Policy | undefined>;
  putPolicy(id: PolicyId, policy: Policy): Promise<void>;

  /** Keeps a ticket, which begins with the shelf of its box. */
  putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number): Promise<void>;
  /** The holder, once: a ticket that was taken, has expired or never was gives undefined. */
  takeTicket(ticket: string, nowMs: number): Promise<TicketHolder | undefined>;
  /** Removes tickets of a box. @returns how many; 0: none is left. */
  removeTickets(box: BoxId): Promise<number>;
}
