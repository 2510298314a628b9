import { ticketShelf } from '../../core/model/ticket-shelf.js';
import type { DeviceRecord, Registry, TicketHolder } from '../../core/ports/registry.js';
import { effectiveOf } from '../../core/scope/effective.js';
import type { BoxId } from '../../core/model/items.js';
import type { Store } from '../../core/ports/store.js';
import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import { anItem } from './store-contract.js';

export const PHONE = 'phone' as DeviceId;

export const recordOf = (box: BoxId, more: Partial<DeviceRecord> = {}): DeviceRecord => ({
  box,
  deviceId: PHONE,
  instanceId: 'i1' as InstanceId,
  preferences: {},
  effective: effectiveOf({}, []),
  scopeVersion: 1,
  syncedModSeq: 0,
  ...more,
});

interface UnderTest {
  readonly registry: Registry;
  readonly store: Store;
  readonly box: BoxId; // of this test alone
}

let names = 0;

/** The part of the registry's contract about tickets, and about removing all that is kept of a box. */
export function describeTicketsAndErasing(underTest: () => UnderTest): void {
  let registry: Registry;
  let store: Store;
  let box: BoxId;

  beforeEach(() => {
    ({ registry, store, box } = underTest());
  });

  describe('tickets', () => {
    const holder = (): TicketHolder => ({ box, deviceId: PHONE, instanceId: 'i1' as InstanceId });
    const ticket = () => `${ticketShelf(box)}-${process.pid}-${++names}`;

    test('[SO2] let in once', async () => {
      const one = ticket();
      await registry.putTicket(one, holder(), 2000);
      expect(await registry.takeTicket(one, 1000)).toEqual(holder());
      expect(await registry.takeTicket(one, 1000)).toBeUndefined();
    });

    test('let in one of two that come at once', async () => {
      const one = ticket();
      await registry.putTicket(one, holder(), 2000);
      const taken = await Promise.all([registry.takeTicket(one, 1000), registry.takeTicket(one, 1000)]);
      expect(taken.filter((each) => each !== undefined)).toEqual([holder()]);
    });

    test('[SO2] let nobody in from the time on at which they expire', async () => {
      const one = ticket();
      await registry.putTicket(one, holder(), 2000);
      expect(await registry.takeTicket(one, 2000)).toBeUndefined();
      expect(await registry.takeTicket(one, 2001)).toBeUndefined();
    });

    test('that were never issued let nobody in', async () => {
      expect(await registry.takeTicket(ticket(), 0)).toBeUndefined();
    });
  });

  describe('erasing', () => {
    const MARK = { check: 'R#mark', when: { version: 7 } } as const;
    const marked = () => store.write(box, [{ put: anItem('R#mark', 7), when: 'absent' }]);
    const other = () => `${box}0` as BoxId;
    const ticketOf = (of: BoxId) => `${ticketShelf(of)}-${process.pid}-${++names}`;

    /** Two devices, more scopes than are removed at once, and tickets, of which one was used. */
    const fill = async (of: BoxId) => {
      for (let i = 0; i < 25; i++) {
        let record = recordOf(of, { deviceId: `device ${i}` as DeviceId });
        expect(await registry.register(record, undefined, [])).toBe('written');
        for (let scopeVersion = 2; scopeVersion <= 5; scopeVersion++) {
          await registry.register({ ...record, scopeVersion }, record, []);
          record = { ...record, scopeVersion };
        }
      }
      const tickets = Array.from({ length: 3 }, () => ticketOf(of));
      const holder = { box: of, deviceId: 'device 1' as DeviceId, instanceId: 'i1' as InstanceId };
      for (const ticket of tickets) await registry.putTicket(ticket, holder, 2000);
      await registry.takeTicket(tickets[2] as string, 1000);
      return tickets.slice(0, 2);
    };

    test('removes all that is kept of a box, and nothing of another', async () => {
      await marked();
      const tickets = await fill(box);
      const [kept] = await fill(other());
      let times = 0;
      for (let outcome = 'some'; outcome !== 'none'; times++) outcome = await registry.eraseSome(box, [MARK]);
      expect(times).toBeGreaterThan(2);
      expect(await registry.devices(box)).toEqual([]);
      for (const ticket of tickets) expect(await registry.takeTicket(ticket, 1000)).toBeUndefined();
      expect(await registry.lastScopeVersion(box, 'device 3' as DeviceId)).toBe(0);
      expect(await registry.devices(other())).toHaveLength(25);
      expect(await registry.scopes(other(), 'device 3' as DeviceId, [2, 5])).toHaveProperty('size', 2);
      expect(await registry.takeTicket(kept as string, 1000)).toMatchObject({ box: other() });
    }, 20_000);

    test('removes nothing once the mark is gone', async () => {
      await registry.register(recordOf(box), undefined, []);
      expect(await registry.eraseSome(box, [MARK])).toBe('refused');
      expect(await registry.devices(box)).toHaveLength(1);
    });

    test('of a box of which nothing is kept says so', async () => {
      expect(await registry.eraseSome(box, [MARK])).toBe('none');
    });
  });
}
