import { ENTRY_MS } from '../../../../core/model/timing.js';
import { DAY_MS } from '../../../../core/ports/clock.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';
import type { MemoryStore } from '../../../support/memory-store.js';

test('a device whose token knows of entries that were not applied then, and are removed in part by now, is answered', async () => {
  const box = new BoxUnderTest();
  const phone = await box.device(BOX, 'phone');
  await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000) })); // its effects stand aside
  const { syncToken } = await box.syncAll(phone);
  for (const untilMs = box.clock.nowMs + ENTRY_MS; box.clock.nowMs < untilMs; ) {
    box.clock.nowMs += 10 * DAY_MS;
    await box.given(aMessage());
    await box.projected(BOX);
  }
  const { items } = (box.store as MemoryStore).box(BOX);
  for (const sk of items.keys()) if (sk.startsWith('O#')) items.delete(sk);
  const operations = [aMessage({ n: 1, id: 'mine' })];
  const { results, changes } = await box.sync(phone, { syncToken, operations });
  expect(results).toMatchObject([{ n: 1, status: 'applied' }]);
  expect(changes).toHaveLength(9); // what came since
});
