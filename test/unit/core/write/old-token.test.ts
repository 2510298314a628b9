import { DAY_MS, ENTRY_MS } from '../../../../core/model/timing.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

test('a device whose token knows of entries that were not applied then, and are removed in part by now, is answered', async () => {
  const box = new BoxUnderTest();
  const phone = await box.device(BOX, 'phone');
  await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000) })); // its effects are in items of their own
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
  expect(changes).toHaveLength(9); // later commits
});

test('[XO4] what others commit while log and items are read side by side is laid over what was read before, applied or not', async () => {
  const store = new MemoryStore();
  const box = new BoxUnderTest(store);
  const others = new BoxUnderTest(new Proxy(store, {})); // a process of its own
  const phone = await box.device(BOX, 'phone');
  await box.given(aMessage({ id: 'm1' }));
  await box.projected(BOX);
  const { syncToken } = await box.syncAll(phone);

  const { get, query } = store;
  let haveRead = () => {};
  const isRead = new Promise<void>((settle) => {
    haveRead = settle;
  });
  store.get = async (...args) => {
    const items = await get.apply(store, args);
    haveRead();
    return items;
  };
  store.query = async (...args) => {
    store.query = query;
    await isRead;
    // The entries before the log is read are applied, as the next entry says.
    await others.given(aMessage({ id: 'theirs', subject: 'first' }));
    await others.projected(BOX);
    await others.given(aMessage({ id: 'next' }));
    await others.given(aMessage({ id: 'last' })); // says so
    return query.apply(store, args);
  };
  const operations = [aMessage({ n: 1, id: 'theirs', subject: 'second' })];
  expect((await box.sync(phone, { syncToken, operations })).results).toMatchObject([
    { n: 1, status: 'exists' },
  ]);
});
