import { expireElements } from '../../../../core/lifecycle/expire.js';
import { DAY_MS } from '../../../../core/model/timing.js';
import { historyOf } from '../../../../core/read/history-of.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { historyQuerySchema } from '../../../../protocol/history-query.js';
import type { ConversationId } from '../../../../protocol/ids.js';
import type { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aMessage,
  aSession,
  BOX,
  modification,
  stateChange,
} from '../../../support/builders.js';
import { applyAll, aRetainingBox, passDays, removeExpired, retain } from '../../../support/time-to-live.js';

const LARGE = 'x'.repeat(40_000); // its content and the effects of its commits are items of their own
const SECOND_MS = 1000;

let box: BoxUnderTest;
let phone: Caller;
beforeEach(async () => {
  box = await aRetainingBox(1);
  phone = await box.device(BOX, 'phone');
});

const toTheEndOfItsTime = (ms: number): void => {
  applyAll(box);
  box.clock.nowMs += DAY_MS + ms;
};

describe('an element that was changed in its last minute and then removed', () => {
  let syncToken: string | undefined;
  const large = (id: string) => aMessage({ id, textContent: LARGE });

  beforeEach(async () => {
    await box.given(large('m1'), large('m2'));
    ({ syncToken } = await box.syncAll(phone));
    toTheEndOfItsTime(-SECOND_MS);
    const subject = { subject: 'last words' };
    await box.given(modification('message', 'm1', subject), modification('message', 'm2', subject));
    applyAll(box);
    box.clock.nowMs += 2 * SECOND_MS;
  });

  const afterwards = () => box.syncAll(phone, { ...(syncToken !== undefined && { syncToken }) });

  test('is told from the log, and holds no synchronization up, though nobody has noted yet that it expired', async () => {
    removeExpired(box);
    const slept = box.clock.sleptMs;
    const { changes, pages } = await afterwards();
    expect([pages.length, box.clock.sleptMs]).toEqual([1, slept]);
    const changed = { type: 'message', subject: 'last words', textContent: LARGE };
    expect(changes).toMatchObject([
      { ...changed, id: 'm1' },
      { ...changed, id: 'm2' },
    ]);
  });

  test('is told as expired by the row that follows', async () => {
    const expired = removeExpired(box);
    ({ syncToken } = await afterwards());
    await expireElements(box.core, BOX, expired);
    expect((await afterwards()).changes).toMatchObject([
      { type: 'message', id: 'm1', removed: 'expired' },
      { type: 'message', id: 'm2', removed: 'expired' },
    ]);
  });

  test('is told as expired alone where that was noted already', async () => {
    await expireElements(box.core, BOX, removeExpired(box));
    expect((await afterwards()).changes).toMatchObject([{ removed: 'expired' }, { removed: 'expired' }]);
  });
});

describe('a backfill in the minute after an element was changed', () => {
  beforeEach(async () => {
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1' }));
    toTheEndOfItsTime(-SECOND_MS);
    await box.given(
      stateChange('m1', { addFlags: ['\\Seen'] }),
      modification('sessionHistory', 's1', { subject: 'Trip' }),
    );
    applyAll(box);
    box.clock.nowMs += 2 * SECOND_MS;
  });

  test('is not held up when the element has expired and was removed', async () => {
    removeExpired(box);
    const slept = box.clock.sleptMs;
    const { changes, pages } = await box.syncAll(phone);
    expect(changes.map(({ type }) => type)).toEqual(['folder', 'folder', 'conversationHistory']);
    expect([pages.length, box.clock.sleptMs]).toEqual([1, slept]);
  });

  test('is not held up when that was noted, since a session history that expires notes nothing beside itself', async () => {
    await expireElements(box.core, BOX, removeExpired(box));
    const slept = box.clock.sleptMs;
    const { pages } = await box.syncAll(phone);
    expect([pages.length, box.clock.sleptMs]).toEqual([1, slept]);
  });
});

test('history on demand goes without what has expired, and finds what is behind it', async () => {
  await box.given(aMessage({ id: 'm2' }), aMessage({ id: 'm4' }));
  await retain(box, 5);
  await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm3' }), aMessage({ id: 'm5', flags: ['\\Seen'] }));
  passDays(box, 1);
  const page = async (before?: string) => {
    const query = historyQuerySchema.parse({ deviceId: 'phone', limit: '2', ...(before && { before }) });
    const { elements, next } = await historyOf(box.core, BOX, 'c1' as ConversationId, query);
    return [elements.map(({ type, id }) => `${type} ${id}`), next];
  };
  expect(await page()).toEqual([['message m5', 'messageState m5', 'message m3'], 'm3']);
  expect(await page('m3')).toEqual([['message m1'], undefined]);
});
