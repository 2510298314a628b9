// An expired element may be applied to the view after its time: it is removed again, and counted once.
import { expireElements } from '../../../../core/lifecycle/expire.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { DAY_MS } from '../../../../core/model/timing.js';
import type { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  modification,
  stateChange,
} from '../../../support/builders.js';
import { countedIn } from '../../../support/counted.js';
import type { MemoryStore } from '../../../support/memory-store.js';
import { aRetainingBox, expire, passDays, removeExpired } from '../../../support/time-to-live.js';

const M1 = 'E#c1#M#m1';

let box: BoxUnderTest;
let store: MemoryStore;
beforeEach(async () => {
  box = await aRetainingBox(30);
  store = box.store as MemoryStore;
  await box.given(aConversation());
});

const stored = () => store.box(BOX).read(M1);
const expectCounted = async () => {
  await box.projected(BOX);
  expect((await box.head()).counts).toEqual(countedIn(store.all(BOX)));
};
const expiredRows = async () =>
  (await box.commits(BOX)).flatMap(({ rows }) => rows).filter(({ removed }) => removed === 'expired');

test('[RT3] a deposit that nobody has applied before its time is applied by the next writer, removed and noted', async () => {
  const phone = await box.device(BOX, 'phone');
  await box.given(aMessage({ id: 'm1', flags: ['x'], seed: false }));
  const { syncToken = '' } = await box.syncAll(phone);
  box.clock.nowMs += 30 * DAY_MS;
  expect(stored()).toBeUndefined();
  await box.given(aFolder('f1'));
  expect(stored()).toMatchObject({ kind: 'message', state: { flags: ['x'] } });
  await expire(box);
  await expectCounted();
  expect(await expiredRows()).toHaveLength(1);
  const { changes } = await box.syncAll(phone, { syncToken });
  expect(changes).toContainEqual(expect.objectContaining({ type: 'message', id: 'm1', removed: 'expired' }));
});

test('what was removed, and then put back by a late projection without its state, is noted once', async () => {
  await box.given(aMessage({ id: 'm1', seed: false }));
  const created = (await box.entries(BOX)).slice(-1);
  await box.given(stateChange('m1', { addFlags: ['x'] }));
  passDays(box, 29);
  await box.given(aFolder('f1')); // its entry says that all is applied
  passDays(box, 1);
  const removed = removeExpired(box);
  await projectEntries(box.core, BOX, created);
  expect(stored()).toMatchObject({ kind: 'message' });
  expect(stored()).not.toHaveProperty('state');
  await expireElements(box.core, BOX, removed);
  const again = removeExpired(box);
  for (const each of [again, removed]) await expireElements(box.core, BOX, each);
  await expectCounted();
  expect(await expiredRows()).toHaveLength(1);
  expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
});

describe('what was changed at last, in the log alone, counts as it was then', () => {
  test.each([
    ['its state', () => stateChange('m1', { addFlags: ['x', 'y'] })],
    [
      'its content',
      () => modification('message', 'm1', { textContent: 'longer than it was' }, { conversationId: 'c1' }),
    ],
  ])('%s', async (_, change) => {
    await box.given(aMessage({ id: 'm1', seed: false }));
    passDays(box, 29);
    await box.given(change());
    box.clock.nowMs += DAY_MS; // nobody has applied it
    const removed = removeExpired(box);
    expect(removed).toHaveLength(1);
    await expireElements(box.core, BOX, removed);
    await expectCounted();
    expect((await box.head()).counts).toMatchObject({ message: 0, messageState: 0 });
  });

  test('a session history that was given more time lives on', async () => {
    await box.given(aSession({ id: 's1' }));
    passDays(box, 10);
    await box.given(aMessage({ id: 'm2', sessionId: 's1' }));
    box.clock.nowMs += 20 * DAY_MS;
    const removed = removeExpired(box);
    expect(removed.map(({ element }) => element.kind)).toEqual(['sessionHistory']);
    await expireElements(box.core, BOX, removed);
    expect((await box.head()).counts.sessionHistory).toBe(1);
    expect(await box.names('sessionHistory')).toEqual(['s1']);
  });
});
