// An id is created again in the seconds between the removal of its expired element and the commit of the expiry.
import { expireElements } from '../../../../core/lifecycle/expire.js';
import type { Commit } from '../../../../core/model/log-entry.js';
import type { ElementType } from '../../../../protocol/elements/element.js';
import type { BoxUnderTest } from '../../../support/box-under-test.js';
import { aFolder, aMessage, aSession, BOX, removal, stateChange } from '../../../support/builders.js';
import { aRetainingBox, passDays, removeExpired } from '../../../support/time-to-live.js';

const OLD = '2025-11-01T09:00:00Z';
const SEEN = aMessage({ id: 'm1', flags: ['\\Seen'] });

let box: BoxUnderTest;
beforeEach(async () => {
  box = await aRetainingBox(30);
});

/** The box is given m1, which expires and is removed, and then something else, before that is noted. @returns what notes it */
async function replaced(was: object, ...anew: readonly object[]): Promise<() => Promise<void>> {
  await box.given(was);
  passDays(box, 29);
  await box.given(aFolder('f1')); // its entry says that m1 is applied, so nobody applies it after its time
  passDays(box, 1);
  const expired = removeExpired(box);
  for (const operation of anew) await box.given(operation);
  return () => expireElements(box.core, BOX, expired);
}

const rows = async () =>
  ((await box.commits(BOX)).at(-1) as Commit).rows.map(({ type, id, element }) => ({ type, id, element }));

test('what has expired had a state, and what has its id now has none: that is told as emptied, once', async () => {
  const note = await replaced(SEEN, aMessage({ id: 'm1' }));
  const { modSeq } = await box.head();
  for (let times = 0; times < 2; times++) await note();
  expect((await box.head()).modSeq).toBe(modSeq + 1);
  expect(await rows()).toEqual([
    { type: 'messageState', id: 'm1', element: expect.objectContaining({ flags: [], modSeq: modSeq + 1 }) },
  ]);
});

test.each<[string, ElementType[] | undefined]>([
  ['everything', undefined],
  ['states alone', ['messageState']],
])('a device that keeps %s holds nothing of what has expired in the end', async (_, elementTypes) => {
  const device = await box.device(BOX, 'd1', elementTypes ? { elementTypes } : {});
  await box.given(SEEN);
  const { syncToken = '' } = await box.syncAll(device);
  passDays(box, 30);
  const expired = removeExpired(box);
  await box.given(aMessage({ id: 'm1' }));
  const between = await box.syncAll(device, { syncToken });
  await expireElements(box.core, BOX, expired);
  const { changes } = await box.syncAll(device, { syncToken: between.syncToken ?? '' });
  expect(changes).toEqual([expect.objectContaining({ type: 'messageState', id: 'm1', flags: [] })]);
});

describe('what has the id now is of another age', () => {
  const young = aMessage({ id: 'm1' });
  const old = aMessage({ id: 'm1', date: OLD });

  const told = async (scope: object) => {
    const device = await box.device(BOX, 'd1', scope);
    await box.given(young);
    const { syncToken = '' } = await box.syncAll(device);
    passDays(box, 30);
    const expired = removeExpired(box);
    await box.given(old);
    await expireElements(box.core, BOX, expired);
    await box.given(stateChange('m1', { addFlags: ['\\Seen'] }));
    return (await box.syncAll(device, { syncToken })).changes;
  };

  test('a device that is not to hold it is told that the former has expired', async () => {
    expect(await told({ maxMessageAgeDays: 60 })).toEqual([
      expect.objectContaining({ type: 'message', id: 'm1', removed: 'expired' }),
    ]);
  });

  test('a device that is to hold it is sent it', async () => {
    expect(await told({})).toEqual([
      expect.objectContaining({ type: 'message', id: 'm1', date: OLD }),
      expect.objectContaining({ type: 'messageState', id: 'm1', flags: ['\\Seen'] }),
    ]);
  });

  test('a device in whose scope its conversation history is not is told nothing', async () => {
    expect(await told({ maxMessageAgeDays: 60, excludeConversations: ['c1'] })).toEqual([]);
  });
});

test.each([
  ['was deleted again', [aMessage({ id: 'm1' }), removal('message', 'm1')]],
  [
    'is in a conversation history that was deleted',
    [aMessage({ id: 'm1' }), removal('conversationHistory', 'c1')],
  ],
  [
    'is in a session history that was deleted',
    [aSession(), aMessage({ id: 'm1', sessionId: 's1' }), removal('sessionHistory', 's1')],
  ],
])('nothing is told where what has the id now %s, whose removal covers its state', async (_, anew) => {
  const note = await replaced(SEEN, ...anew);
  const { modSeq } = await box.head();
  await note();
  expect((await box.head()).modSeq).toBe(modSeq);
});
