import type { BoxId } from '../../core/model/items.js';
import type { Clock } from '../../core/ports/clock.js';
import type { DeviceName, ProgressPatch, TicketHolder } from '../../core/ports/registry.js';
import type { DeviceId, PolicyId } from '../../protocol/ids.js';
import { type AdversarialStore, NoAnswer } from './adversarial-store.js';
import { MemoryRegistry } from './memory-registry.js';
import { Chance } from './model/chance.js';

const LATENCY_MAX_MS = 8;

/** The registry beside an adversarial store: other actors run between its calls, and answers are lost. */
export class AdversarialRegistry extends MemoryRegistry {
  private readonly chance: Chance;

  constructor(
    private readonly store: AdversarialStore,
    private readonly clock: Pick<Clock, 'now' | 'sleep'>,
    seed: number,
  ) {
    super(store);
    this.chance = new Chance(seed);
  }

  override async device(box: BoxId, deviceId: DeviceId) {
    await this.reached();
    return super.device(box, deviceId);
  }

  override async devices(box: BoxId) {
    await this.reached();
    return super.devices(box);
  }

  override async policy(id: PolicyId) {
    await this.reached();
    return super.policy(id);
  }

  override async exchange(device: DeviceName, patch: ProgressPatch) {
    await this.reached();
    const before = await super.exchange(device, patch);
    if (this.chance.happens(this.store.mishaps.loseAfter)) throw new NoAnswer('the device was changed');
    return before;
  }

  override async putTicket(ticket: string, holder: TicketHolder, expiresAtMs: number) {
    await this.reached();
    await super.putTicket(ticket, holder, expiresAtMs);
  }

  override async removeTickets(box: BoxId) {
    await this.reached();
    return super.removeTickets(box);
  }

  private async reached(): Promise<void> {
    await this.clock.sleep(this.chance.between(1, LATENCY_MAX_MS));
    if (this.chance.happens(this.store.mishaps.failRead)) throw new NoAnswer('the registry did not answer');
  }
}
