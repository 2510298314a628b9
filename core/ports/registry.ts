import type { DeviceId, InstanceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import type { BoxId } from '../model/items.js';
import type { Write } from './store.js';

/** A device of a box, and where its synchronization and its pushes stand. Unit of all times: ms since 1970. */
export interface DeviceRecord {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
  readonly name?: string;
  readonly preferences: Preferences;
  readonly policyId?: PolicyId; // of this device
  readonly boxPolicyId?: PolicyId; // of its box
  readonly effective: Effective; // of this scopeVersion
  readonly scopeVersion: number; // counts the scopes that the device has had
  readonly syncedModSeq: number; // position of the last response, 0 before the first
  readonly syncedAtMs?: number; // when it got there
  readonly connectionId?: string;
  readonly connectedAtMs?: number;
  readonly announcedModSeq?: number; // last commit that a synchronization request on this connection covered
  readonly pushBy?: number; // commit that scheduled the pending push
  readonly pushDueMs?: number;
  readonly lastPushAtMs?: number;
}

/** A device as long as it is registered with this instance. */
export type DeviceKey = Pick<DeviceRecord, 'box' | 'deviceId' | 'instanceId'>;

/** What may change while the device stays registered with the same instance. Undefined in `set` removes a field. */
export type DeviceState = Partial<
  Pick<
    DeviceRecord,
    | 'policyId'
    | 'boxPolicyId'
    | 'syncedModSeq'
    | 'syncedAtMs'
    | 'connectionId'
    | 'connectedAtMs'
    | 'announcedModSeq'
    | 'pushBy'
    | 'pushDueMs'
    | 'lastPushAtMs'
  >
>;

export interface DevicePatch {
  readonly set: { readonly [K in keyof DeviceState]: DeviceState[K] | undefined };
  /** Fields that must be as they were read; undefined: must be absent. */
  readonly expect?: { readonly [K in keyof DeviceState]: DeviceState[K] | undefined };
}

/** What registering and policies decide on: a record that they replace is still as it was read in these. */
export const decidingFieldsOf = ({
  preferences,
  effective,
  scopeVersion,
  policyId,
  boxPolicyId,
}: DeviceRecord) => ({ preferences, effective, scopeVersion, policyId, boxPolicyId });

/** Whom a ticket lets in. */
export interface TicketHolder {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
}

/** So many scopes of a device are kept, the present one among them; one with older ones to tell from starts over. */
export const SCOPES_KEPT = 4;

/** Devices, their scopes, policies and tickets. All reads are consistent. */
export interface Registry {
  device(box: BoxId, deviceId: DeviceId): Promise<DeviceRecord | undefined>;
  devices(box: BoxId): Promise<readonly DeviceRecord[]>;

  /** Scopes that the device has had, by version, those of the versions asked for that are still kept. */
  scopes(
    box: BoxId,
    deviceId: DeviceId,
    versions: readonly number[],
  ): Promise<ReadonlyMap<number, Effective>>;
  /** Version of the last scope that a device of this id has had, in an earlier registration too; 0: none. */
  lastScopeVersion(box: BoxId, deviceId: DeviceId): Promise<number>;

  policy(id: PolicyId): Promise<Policy | undefined>;
  putPolicy(id: PolicyId, policy: Policy): Promise<void>;

  /**
   * Writes the record and what the box keeps of the device in one transaction. `previous`: the record as it was read,
   * undefined for a new device. A new scopeVersion is kept with its scope, and the oldest one dropped.
   * `refused`: what registering and policies decide on is no longer as it was read (of another instance, its connection
   * too), or one of the writes is refused.
   */
  register(
    record: DeviceRecord,
    previous: DeviceRecord | undefined,
    writes: readonly Write[],
  ): Promise<'written' | 'refused'>;

  /** Changes the state of a device that is still registered with this instance; false: it is not, or `expect` fails. */
  patch(device: DeviceKey, patch: DevicePatch): Promise<boolean>;
  /** The same; gives the record as it was before. Undefined: nothing has changed. */
  exchange(device: DeviceKey, patch: DevicePatch): Promise<DeviceRecord | undefined>;

  /**
   * Removes the device, which still has the connection that was read, and what the box keeps of it in one transaction.
   * `scopesUntilMs`: its scopes go after that; those of a device of the same id that is registered by then stay.
   */
  revoke(
    record: DeviceRecord,
    writes: readonly Write[],
    scopesUntilMs?: number,
  ): Promise<'written' | 'refused'>;

  /** Keeps a ticket, which begins with the shelf of its box. */
  putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number): Promise<void>;
  /** The holder, once: a ticket that was taken, has expired or never was gives undefined. */
  takeTicket(ticket: string, nowMs: number): Promise<TicketHolder | undefined>;

  /**
   * Removes some of all that is kept of a box: scopes, tickets, devices that are left; with `writes`, in one transaction.
   * `none`: nothing is left.
   */
  eraseSome(box: BoxId, writes: readonly Write[]): Promise<'some' | 'none' | 'refused'>;
}
