// After a restore, what a token or a process knows to be applied was applied in another past.
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, deletion, modification } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

let store: MemoryStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new MemoryStore();
  box = new BoxUnderTest(store);
});

/** Functions that were started after a restore: they remember nothing. */
function newFunctions(): BoxUnderTest {
  const after = new BoxUnderTest(new Proxy(store, {}));
  after.clock.nowMs = box.clock.nowMs + 1000;
  return after;
}
const isContent = (sk: string) => /^[EFHNB]#/.test(sk);
const isOfLog = (sk: string) => /^[LO][#~]/.test(sk);

/** A backup of some of the items. @returns what puts them back */
function backup(of: (sk: string) => boolean): () => void {
  const { items } = store.box(BOX);
  const saved: [string, StoredItem][] = [...items].filter(([sk]) => of(sk));
  return () => {
    for (const sk of [...items.keys()]) if (of(sk)) items.delete(sk);
    for (const [sk, item] of saved) items.set(sk, item);
  };
}

/** The items of a box whose log is a minute ahead: m2 is deleted and m3 is there by the log alone. */
async function itemsBehind(): Promise<void> {
  await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
  await box.projected(BOX);
  const restore = backup(isContent);
  await box.given(deletion('m2'));
  await box.given(aMessage({ id: 'm3' }));
  for (let i = 0; i < 3; i++) {
    box.clock.nowMs += 1000;
    await box.projected(BOX);
    await box.given(aMessage());
  }
  await box.projected(BOX);
  restore();
}

const onBoth = [aMessage({ n: 1, id: 'm2' }), aMessage({ n: 2, id: 'm3', textContent: 'other' })];

test('[TK4] the token of a reset does not say that items of a backup show what the log says', async () => {
  const phone = await box.device(BOX, 'phone');
  await itemsBehind();
  const after = newFunctions();
  Object.assign(after.core, { timeline: 1 });
  const { syncToken } = await after.syncAll(phone);
  const { results } = await after.sync(phone, { syncToken, operations: onBoth });
  expect(results).toMatchObject([{ status: 'gone' }, { status: 'exists' }]);
});

test('[TK4] a token of a lost past lends nothing to the token of the reset', async () => {
  const phone = await box.device(BOX, 'phone');
  await box.given(aMessage({ id: 'm1' }));
  await box.projected(BOX);
  await box.syncAll(phone);
  const restore = backup(() => true);
  for (let i = 0; i < 12; i++) {
    await box.given(aMessage());
    await box.projected(BOX);
    box.clock.nowMs += 1000;
  }
  const { syncToken } = await box.syncAll(phone);
  restore();
  const network = newFunctions();
  await network.given(aMessage({ id: 'x1' }), aMessage({ id: 'x2', seed: false }));
  await network.given(aMessage({ id: 'x3' }));
  const { syncToken: fresh } = await box.syncAll(phone, { syncToken });
  const operations = [aMessage({ n: 1, id: 'x1', textContent: 'mine' })];
  expect((await box.sync(phone, { syncToken: fresh, operations })).results).toMatchObject([
    { status: 'exists' },
  ]);
});

test.each(['the same process', 'another process'])(
  '%s goes on from what the entry says that found the restore out',
  async (who) => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    await box.projected(BOX);
    const m2 = store.box(BOX).items.get('E#c1#M#m2') as StoredItem;
    await box.given(deletion('m2'));
    await box.given(aMessage({ id: 'm3' }));
    for (const id of ['m4', 'm5']) {
      await box.projected(BOX);
      await box.given(aMessage({ id }));
    }
    await box.projected(BOX);
    const restore = backup(isOfLog);
    await box.given(modification('message', 'm1', { subject: 'lost' }));
    await box.projected(BOX);
    restore(); // m1 is ahead of the log, m2 and m3 are behind it
    store.box(BOX).items.set(m2.sk, m2);
    store.box(BOX).items.delete('E#c1#M#m3');

    const network = newFunctions();
    await network.given(modification('message', 'm1', { subject: 'anew' }));
    const next = who === 'the same process' ? network : newFunctions();
    const [again, other] = onBoth.map(({ n: _, ...operation }) => operation);
    expect(await next.statuses(again as object, other as object)).toEqual(['gone', 'exists']);
    next.clock.nowMs += 5000;
    await next.given(aMessage({ id: 'm6' }));
    expect(store.box(BOX).read('E#c1#M#m3')).toMatchObject({ kind: 'message' });
  },
);
