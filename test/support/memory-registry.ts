import type { BoxId, StoredDevice } from '../../core/model/items.js';
import { DEVICES, deviceKey } from '../../core/model/keys.js';
import type { DeviceName, ProgressPatch, Registry, TicketHolder } from '../../core/ports/registry.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { MemoryBox } from './memory-store.js';

const TICKETS_AT_ONCE = 3; // few, so that even small boxes need several calls

/** Gives access to the devices of boxes. */
export interface Boxes {
  box(box: BoxId): MemoryBox;
}

/** The registry in memory: policies, tickets, and the devices of boxes. */
export class MemoryRegistry implements Registry {
  protected readonly policies = new Map<PolicyId, Policy>();
  protected readonly tickets = new Map<string, { holder: TicketHolder; expiresAtMs: number }>();

  constructor(protected readonly boxes: Boxes) {}

  /** The device as it is now, without a call. */
  deviceNow(box: BoxId, deviceId: DeviceId): StoredDevice | undefined {
    const item = this.boxes.box(box).read(deviceKey(deviceId));
    return item?.kind === 'device' ? item : undefined;
  }

  policyNow(id: PolicyId): Policy {
    return this.policies.get(id) ?? {};
  }

  /** A backup of the policies. @returns a function that restores it. */
  backup(): () => void {
    const policies = new Map(this.policies);
    return () => {
      this.policies.clear();
      for (const [id, policy] of policies) this.policies.set(id, policy);
    };
  }

  async device(box: BoxId, deviceId: DeviceId) {
    return this.deviceNow(box, deviceId);
  }

  async devices(box: BoxId) {
    const { items } = this.boxes.box(box);
    return [...items.values()].filter(
      (item): item is StoredDevice => item.kind === 'device' && item.sk.startsWith(DEVICES),
    );
  }

  async patch(device: DeviceName, patch: ProgressPatch) {
    return (await this.exchange(device, patch)) !== undefined;
  }

  async exchange({ box, deviceId, instanceId }: DeviceName, { set, expect }: ProgressPatch) {
    return this.boxes.box(box).change(deviceKey(deviceId), instanceId, set, expect);
  }

  async policy(id: PolicyId) {
    return this.policies.get(id);
  }

  async putPolicy(id: PolicyId, policy: Policy) {
    this.policies.set(id, policy);
  }

  async putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number) {
    this.tickets.set(ticket, { holder, expiresAtMs });
  }

  async takeTicket(ticket: string, nowMs: number) {
    const found = this.tickets.get(ticket);
    if (!found || found.expiresAtMs <= nowMs) return undefined;
    this.tickets.delete(ticket);
    return found.holder;
  }

  async removeTickets(box: BoxId) {
    const keys = this.ticketsOf(box).slice(0, TICKETS_AT_ONCE);
    for (const key of keys) this.tickets.delete(key);
    return keys.length;
  }

  ticketsOf(box: BoxId): string[] {
    return [...this.tickets].filter(([, { holder }]) => holder.box === box).map(([ticket]) => ticket);
  }
}
