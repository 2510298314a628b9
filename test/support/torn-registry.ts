import type { Clock } from '../../core/ports/clock.js';
import type { DeviceKey, DevicePatch, DeviceRecord, TicketHolder } from '../../core/ports/registry.js';
import type { BoxId } from '../../core/model/items.js';
import type { Store, Write } from '../../core/ports/store.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { MemoryRegistry } from './memory-registry.js';
import { Chance } from './model/chance.js';
import { NoAnswer, type TornMemoryStore } from './torn-store.js';

const LATENCY_MAX_MS = 8;

/**
 * The registry beside a torn store. Its reads are consistent, others act between its calls, answers are lost, and
 * what registering writes into the box joins the same transaction.
 */
export class TornRegistry extends MemoryRegistry {
  private readonly chance: Chance;
  private readonly joined: Joined;

  constructor(
    private readonly torn: TornMemoryStore,
    private readonly clock: Pick<Clock, 'now' | 'sleep'>,
    seed: number,
  ) {
    const joined = new Joined();
    super(joined as unknown as Store);
    this.joined = joined;
    this.chance = new Chance(seed);
  }

  override async device(box: BoxId, deviceId: DeviceId) {
    // The class below reads by this method in the middle of its transactions.
    if (!this.joined.isUnderWay) await this.reached();
    return super.device(box, deviceId);
  }

  override async scopes(box: BoxId, deviceId: DeviceId, versions: readonly number[]) {
    await this.reached();
    return super.scopes(box, deviceId, versions);
  }

  override async policy(id: PolicyId) {
    await this.reached();
    return super.policy(id);
  }

  override register(record: DeviceRecord, previous: DeviceRecord | undefined, writes: readonly Write[]) {
    return this.transaction(record.box, writes, () => super.register(record, previous, writes));
  }

  override revoke(record: DeviceRecord, writes: readonly Write[]) {
    return this.transaction(record.box, writes, () => super.revoke(record, writes));
  }

  override async devices(box: BoxId) {
    await this.reached();
    return super.devices(box);
  }

  override async putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number) {
    await this.reached();
    await super.putTicket(ticket, holder, expiresAtMs);
  }

  override async eraseSome(box: BoxId, writes: readonly Write[]) {
    await this.reached();
    this.joined.isAllowed = this.torn.wouldHold(box, writes);
    const outcome = await this.joined.during(() => super.eraseSome(box, writes));
    if (this.chance.happens(this.torn.tears.loseAfter)) throw new NoAnswer('it was removed');
    return outcome;
  }

  override async exchange(device: DeviceKey, patch: DevicePatch) {
    await this.reached();
    const before = await this.joined.during(() => super.exchange(device, patch));
    if (this.chance.happens(this.torn.tears.loseAfter)) throw new NoAnswer('the record was changed');
    return before;
  }

  /** The class below decides within one turn; then the store writes, or nothing has happened. */
  private async transaction(
    box: BoxId,
    writes: readonly Write[],
    decide: () => Promise<'written' | 'refused'>,
  ): Promise<'written' | 'refused'> {
    await this.reached();
    if (writes.length === 0) {
      const outcome = await this.joined.during(decide);
      if (this.chance.happens(this.torn.tears.loseAfter)) throw new NoAnswer('the record was written');
      return outcome;
    }
    let outcome: 'written' | 'refused' = 'refused';
    this.joined.isAllowed = this.torn.wouldHold(box, writes);
    outcome = await this.joined.during(decide);
    if (outcome === 'refused') return outcome;
    return this.torn.writeAtOnce(box, writes);
  }

  private async reached(): Promise<void> {
    await this.clock.sleep(this.chance.between(1, LATENCY_MAX_MS));
    if (this.chance.happens(this.torn.tears.failRead)) throw new NoAnswer('the registry did not answer');
  }
}

/** Stands in for the store while the class below decides: says whether the box would take its part. */
class Joined {
  isAllowed = true;
  isUnderWay = false;

  async write(): Promise<'written' | 'refused'> {
    return this.isAllowed ? 'written' : 'refused';
  }

  /** Nothing else runs meanwhile, since the decision waits for nobody. */
  async during<T>(decide: () => Promise<T>): Promise<T> {
    this.isUnderWay = true;
    try {
      return await decide();
    } finally {
      this.isUnderWay = false;
    }
  }
}
