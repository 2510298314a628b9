import { isDeepStrictEqual } from 'node:util';
import {
  type DeviceKey,
  type DevicePatch,
  type DeviceRecord,
  decidingFieldsOf,
  type Registry,
  SCOPES_KEPT,
  type TicketHolder,
} from '../../core/ports/registry.js';
import type { BoxId } from '../../core/model/items.js';
import type { Store, Write } from '../../core/ports/store.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import type { Policy } from '../../protocol/policy.js';
import type { Effective } from '../../protocol/preferences.js';
import { frozen } from './frozen.js';

const ERASED_AT_ONCE = 3; // few, so that it takes several even in small boxes

/** Devices and tickets in memory, beside a store in which registering writes too. */
export class MemoryRegistry implements Registry {
  private readonly records = new Map<string, DeviceRecord>();
  private readonly scopesKept = new Map<string, Map<number, string>>();
  private readonly policies = new Map<PolicyId, Policy>();
  private readonly tickets = new Map<string, { holder: TicketHolder; expiresAtMs: number }>();

  constructor(private readonly store: Store) {}

  private scopesOf(box: BoxId, deviceId: DeviceId): Map<number, string> {
    const key = JSON.stringify([box, deviceId]);
    const kept = this.scopesKept.get(key) ?? new Map<number, string>();
    this.scopesKept.set(key, kept);
    return kept;
  }

  /** What is there now, without a call. */
  recordNow(box: BoxId, deviceId: DeviceId): DeviceRecord | undefined {
    return this.records.get(JSON.stringify([box, deviceId]));
  }

  policyNow(id: PolicyId): Policy {
    return this.policies.get(id) ?? {};
  }

  /** A backup of devices, scopes and policies, to be put back later. */
  backup(): () => void {
    const [records, policies] = [new Map(this.records), new Map(this.policies)];
    const scopes = new Map([...this.scopesKept].map(([key, kept]) => [key, new Map(kept)]));
    return () => {
      refill(this.records, records);
      refill(this.policies, policies);
      refill(this.scopesKept, new Map([...scopes].map(([key, kept]) => [key, new Map(kept)])));
    };
  }

  async scopes(box: BoxId, deviceId: DeviceId, versions: readonly number[]) {
    const kept = [...this.scopesOf(box, deviceId)].filter(([version]) => versions.includes(version));
    return new Map(kept.map(([version, json]) => [version, JSON.parse(json) as Effective]));
  }

  async lastScopeVersion(box: BoxId, deviceId: DeviceId) {
    return Math.max(0, ...this.scopesOf(box, deviceId).keys());
  }

  async policy(id: PolicyId) {
    return this.policies.get(id);
  }

  async putPolicy(id: PolicyId, policy: Policy) {
    this.policies.set(id, policy);
  }

  async device(box: BoxId, deviceId: DeviceId) {
    return this.records.get(JSON.stringify([box, deviceId]));
  }

  async devices(box: BoxId) {
    return [...this.records.values()].filter((record) => record.box === box);
  }

  async register(record: DeviceRecord, previous: DeviceRecord | undefined, writes: readonly Write[]) {
    const now = await this.device(record.box, record.deviceId);
    if (now?.instanceId !== previous?.instanceId) return 'refused';
    if (now && previous && !isDeepStrictEqual(decidingFieldsOf(now), decidingFieldsOf(previous)))
      return 'refused';
    if (now && now.instanceId !== record.instanceId && now.connectionId !== previous?.connectionId)
      return 'refused';
    if (writes.length > 0 && (await this.store.write(record.box, writes)) === 'refused') return 'refused';
    const { name, preferences, scopeVersion, effective, boxPolicyId } = record;
    const kept = this.scopesOf(record.box, record.deviceId);
    kept.set(scopeVersion, JSON.stringify(effective));
    kept.delete(scopeVersion - SCOPES_KEPT);
    const changed = { name, preferences, scopeVersion, effective, boxPolicyId };
    this.put(now?.instanceId === record.instanceId ? ({ ...now, ...changed } as DeviceRecord) : record);
    return 'written';
  }

  async revoke(record: DeviceRecord, writes: readonly Write[], _scopesUntilMs?: number) {
    const now = await this.device(record.box, record.deviceId);
    if (now?.instanceId !== record.instanceId || now.connectionId !== record.connectionId) return 'refused';
    if (writes.length > 0 && (await this.store.write(record.box, writes)) === 'refused') return 'refused';
    this.records.delete(JSON.stringify([record.box, record.deviceId]));
    return 'written';
  }

  async patch(device: DeviceKey, patch: DevicePatch) {
    return (await this.exchange(device, patch)) !== undefined;
  }

  async exchange({ box, deviceId, instanceId }: DeviceKey, { set, expect = {} }: DevicePatch) {
    const record = await this.device(box, deviceId);
    if (record?.instanceId !== instanceId) return undefined;
    const asRead = Object.entries(expect) as [keyof DeviceRecord, unknown][];
    if (asRead.some(([field, value]) => record[field] !== value)) return undefined;
    this.put({ ...record, ...set } as DeviceRecord);
    return record;
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

  async eraseSome(box: BoxId, writes: readonly Write[]): Promise<'some' | 'none' | 'refused'> {
    const removals = this.removalsOf(box);
    if (removals.length === 0) return 'none';
    if (writes.length > 0 && (await this.store.write(box, writes)) === 'refused') return 'refused';
    for (const remove of removals.slice(0, ERASED_AT_ONCE)) remove();
    return 'some';
  }

  /** What is kept of a box, each with what removes it. */
  removalsOf(box: BoxId): (() => void)[] {
    const ofBox = (key: string) => JSON.parse(key)[0] === box;
    return [
      ...[...this.records.keys()].filter(ofBox).map((key) => () => void this.records.delete(key)),
      ...[...this.scopesKept]
        .filter(([key]) => ofBox(key))
        .flatMap(([, kept]) => [...kept.keys()].map((version) => () => void kept.delete(version))),
      ...[...this.tickets]
        .filter(([, { holder }]) => holder.box === box)
        .map(
          ([ticket]) =>
            () =>
              void this.tickets.delete(ticket),
        ),
    ];
  }

  private put(record: DeviceRecord): void {
    this.records.set(JSON.stringify([record.box, record.deviceId]), frozen(record));
  }
}

function refill<K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of from) map.set(key, value);
}
