import { assignToDevice } from '../../../../core/admin/policies.js';
import { DAY_MS } from '../../../../core/model/timing.js';
import type { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { aRetainingBox, expire, passDays, removeExpired, retain } from '../../../support/time-to-live.js';

const SESSION = 'E#c1#S#s1';
const MESSAGE = 'E#c1#M#m1';

let box: BoxUnderTest;
beforeEach(async () => {
  box = await aRetainingBox(30);
});

const expiryOf = async (sk: string) => (await box.item(sk))?.expiresAtMs;
const aMessageIn = (sessionId: string, id = 'm1') => aMessage({ id, sessionId, seed: false });

describe('the time of an element', () => {
  test('[RT1] is so many days after the commit that created it, whatever its date says', async () => {
    const at = box.clock.nowMs;
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1', date: '2020-01-01T00:00:00Z' }));
    expect(await expiryOf(MESSAGE)).toBe(at + 30 * DAY_MS);
    expect(await expiryOf(SESSION)).toBe(at + 30 * DAY_MS);
  });

  test('stays through later changes of the message, its state, or the session history', async () => {
    const at = box.clock.nowMs;
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1' }));
    passDays(box, 3);
    await box.given(
      modification('message', 'm1', { subject: 'Trip' }),
      stateChange('m1', { addFlags: ['\\Seen'] }),
      modification('sessionHistory', 's1', { subject: 'Trip' }),
      aMessage({ id: 'm2', inReplyToMessageId: 'm1', seed: false }),
    );
    expect(await box.item(MESSAGE)).toMatchObject({ state: { flags: ['\\Answered', '\\Seen'] } });
    expect(await expiryOf(MESSAGE)).toBe(at + 30 * DAY_MS);
    expect(await expiryOf(SESSION)).toBe(at + 30 * DAY_MS);
  });

  test('[RT2] is that of the policy when it was created: a new value holds for later ones', async () => {
    await retain(box, undefined);
    await box.given(aMessage({ id: 'for ever' }));
    await retain(box, 10);
    const at = box.clock.nowMs;
    await box.given(aMessage({ id: 'm1', seed: false }));
    await retain(box, 20);
    await box.given(
      stateChange('for ever', { addFlags: ['\\Seen'] }),
      stateChange('m1', { addFlags: ['\\Seen'] }),
    );
    expect(await expiryOf('E#c1#M#for ever')).toBeUndefined();
    expect(await expiryOf(MESSAGE)).toBe(at + 10 * DAY_MS);
  });

  test('is none for folders and conversation histories: they stay, empty', async () => {
    await box.given(aFolder('f1'), aConversation({ folderId: 'f1' }), aMessage({ id: 'm1', seed: false }));
    passDays(box, 3000);
    await expire(box);
    expect(await box.names('folder')).toContain('f1');
    expect(await box.names('conversationHistory')).toEqual(['c1']);
    expect(await box.names('message')).toEqual([]);
  });
});

describe('a session history', () => {
  const DAY = 1;
  beforeEach(() => box.given(aConversation(), aSession()));

  test('[RT5] is kept for a message that comes later, and a day longer, so that the next need not write it', async () => {
    passDays(box, 20);
    const at = box.clock.nowMs;
    await box.given(aMessageIn('s1'));
    expect(await expiryOf(SESSION)).toBe(at + 31 * DAY_MS);
    const written = await box.item(SESSION);
    await box.given(aMessageIn('s1', 'm2'));
    passDays(box, DAY);
    await box.given(aMessageIn('s1', 'm3'));
    expect(await box.item(SESSION)).toEqual(written);
    expect(await box.lastRows()).toMatchObject([{ type: 'message', id: 'm3' }]);
  });

  test('that is kept longer is told to nobody, since nothing of it has changed', async () => {
    passDays(box, 20);
    await box.given(aMessageIn('s1'));
    expect((await box.lastRows()).map(({ type, id }) => [type, id])).toEqual([['message', 'm1']]);
    expect(await box.item(SESSION)).toMatchObject({ modSeq: 2 });
    expect(
      await box.result(modification('sessionHistory', 's1', { subject: 'x' }, { ifModSeq: 2 })),
    ).toMatchObject({ status: 'applied' });
    expect(await expiryOf(SESSION)).toBeDefined();
  });

  test('[RT5] never expires when a message in it does not', async () => {
    await retain(box, undefined);
    await box.given(aMessageIn('s1'));
    expect(await expiryOf(SESSION)).toBeUndefined();
    await retain(box, 1);
    await box.given(aMessageIn('s1', 'm2'));
    expect(await expiryOf(SESSION)).toBeUndefined();
  });

  test('keeps its time when its messages have a shorter one by now', async () => {
    const kept = await expiryOf(SESSION);
    await retain(box, 1);
    await box.given(aMessageIn('s1'));
    expect(await expiryOf(SESSION)).toBe(kept);
  });
});

describe.each([
  ['is still there', async () => {}],
  ['was removed and noted', async () => void (await expire(box))],
])('what has expired and %s', (_, remove) => {
  beforeEach(async () => {
    await box.given(aConversation(), aSession(), aMessageIn('s1'), aMessage({ id: 'm2', seed: false }));
    passDays(box, 30);
    await remove();
  });

  test('[RT4] answers gone to create and modify, and unchanged to delete', async () => {
    expect(
      await box.statuses(
        aMessage({ id: 'm1' }),
        modification('message', 'm1', { subject: 'x' }),
        stateChange('m1', { addFlags: ['\\Seen'] }),
        deletion('m1'),
        aSession(),
        modification('sessionHistory', 's1', { subject: 'x' }),
        removal('sessionHistory', 's1'),
      ),
    ).toEqual(['gone', 'gone', 'gone', 'unchanged', 'gone', 'gone', 'unchanged']);
  });

  test('[RT4] answers gone with ifModSeq too, without what it was', async () => {
    expect(await box.result(modification('message', 'm1', { subject: 'x' }, { ifModSeq: 1 }))).toEqual({
      status: 'gone',
    });
  });

  test('a session history of it takes no message any more', async () => {
    expect(await box.statuses(aMessageIn('s1', 'm3'))).toEqual(['gone']);
  });

  test('is not answered by a reply', async () => {
    await box.given(aMessage({ id: 'm3', inReplyToMessageId: 'm1', seed: false }));
    expect((await box.lastRows()).map(({ type, id }) => [type, id])).toEqual([['message', 'm3']]);
  });

  test('is not among what a new device is sent', async () => {
    expect(await box.names('message')).toEqual([]);
    expect(await box.names('sessionHistory')).toEqual([]);
  });

  test('goes with its conversation history, whose next life begins empty', async () => {
    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm3' }));
    await expire(box);
    expect(await box.names('message')).toEqual(['m3']);
    expect(await box.statuses(aMessage({ id: 'm1', seed: false }))).toEqual(['gone']);
  });
});

test('an element lives up to its time, and not at it', async () => {
  await box.given(aMessage({ id: 'm1' }));
  passDays(box, 30);
  box.clock.nowMs -= 1;
  expect(await box.statuses(stateChange('m1', { addFlags: ['\\Seen'] }))).toEqual(['applied']);
  box.clock.nowMs += 1;
  expect(await box.statuses(stateChange('m1', { addFlags: ['\\Flagged'] }))).toEqual(['gone']);
});

test('what has expired counts for maxMessages until it was removed and noted', async () => {
  await box.registry.putPolicy('default' as never, { retentionDays: 1, maxMessages: 1 });
  passDays(box, 1);
  await box.given(aMessage({ id: 'm1', flags: ['\\Seen'] }));
  passDays(box, 1);
  expect(await box.statuses(aMessage({ id: 'm2', seed: false }))).toEqual(['quotaExceeded']);
  await expire(box);
  expect((await box.head()).counts).toMatchObject({ message: 0, messageState: 0 });
  expect(await box.statuses(aMessage({ id: 'm2', seed: false }))).toEqual(['applied']);
});

test('the retention of a policy assigned to a device alone changes nothing for its box', async () => {
  await retain(box, undefined);
  await box.device(BOX, 'phone');
  await box.registry.putPolicy('short' as never, { retentionDays: 1 });
  await assignToDevice(box.core, BOX, 'phone' as never, 'short' as never);
  await box.given(aMessage({ id: 'm1' }));
  expect(await expiryOf(MESSAGE)).toBeUndefined();
  expect(removeExpired(box)).toEqual([]);
});
