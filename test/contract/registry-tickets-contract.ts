import type { BoxId } from '../../core/model/items.js';
import { ticketPartition } from '../../core/model/ticket-partition.js';
import type { Registry, TicketHolder } from '../../core/ports/registry.js';
import type { DeviceId, InstanceId } from '../../protocol/ids.js';

export const PHONE = 'phone' as DeviceId;

interface UnderTest {
  readonly registry: Registry;
  readonly box: BoxId; // used by this test only
}

let names = 0;

/** The contract of the registry about tickets. */
export function describeTickets(underTest: () => UnderTest): void {
  let registry: Registry;
  let box: BoxId;

  beforeEach(() => {
    ({ registry, box } = underTest());
  });

  const holderIn = (of: BoxId): TicketHolder => ({
    box: of,
    deviceId: PHONE,
    instanceId: 'i1' as InstanceId,
  });
  const ticketOf = (of: BoxId) => `${ticketPartition(of)}-${process.pid}-${++names}`;

  describe('tickets', () => {
    test('[SO2] let a device in once', async () => {
      const one = ticketOf(box);
      await registry.putTicket(one, holderIn(box), 2000);
      expect(await registry.takeTicket(one, 1000)).toEqual(holderIn(box));
      expect(await registry.takeTicket(one, 1000)).toBeUndefined();
    });

    test('let in only one of two uses at the same time', async () => {
      const one = ticketOf(box);
      await registry.putTicket(one, holderIn(box), 2000);
      const taken = await Promise.all([registry.takeTicket(one, 1000), registry.takeTicket(one, 1000)]);
      expect(taken.filter((each) => each !== undefined)).toEqual([holderIn(box)]);
    });

    test('[SO2] let no device in once they have expired', async () => {
      const one = ticketOf(box);
      await registry.putTicket(one, holderIn(box), 2000);
      expect(await registry.takeTicket(one, 2000)).toBeUndefined();
      expect(await registry.takeTicket(one, 2001)).toBeUndefined();
    });

    test('let no device in when they were never issued', async () => {
      expect(await registry.takeTicket(ticketOf(box), 0)).toBeUndefined();
    });

    test('of a box are removed a few at a time until none is left, and those of another box stay', async () => {
      const other = `${box}0` as BoxId;
      const tickets = Array.from({ length: 7 }, () => ticketOf(box));
      for (const ticket of tickets) await registry.putTicket(ticket, holderIn(box), 2000);
      const kept = ticketOf(other);
      await registry.putTicket(kept, holderIn(other), 2000);
      // Boxes share a partition: store a ticket of another box under the same key.
      const beside = ticketOf(box);
      await registry.putTicket(beside, holderIn(other), 2000);
      await registry.takeTicket(tickets[0] as string, 1000);
      let removed = 0;
      for (let count = 1; count > 0; removed += count) count = await registry.removeTickets(box);
      expect(removed).toBe(6);
      for (const ticket of tickets) expect(await registry.takeTicket(ticket, 1000)).toBeUndefined();
      expect(await registry.takeTicket(kept, 1000)).toEqual(holderIn(other));
      expect(await registry.takeTicket(beside, 1000)).toEqual(holderIn(other));
    });

    test('are not removed when a box has none', async () => {
      expect(await registry.removeTickets(box)).toBe(0);
    });
  });
}
