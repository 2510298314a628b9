import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import { aConversation, aMessage, aSession, BOX, modification, removal } from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aConversation());
});

const changed = (data: object, more = {}) => modification('sessionHistory', 's1', data, more);
const groupState = {
  lastFocusSessionId: 'focus-1',
  groupType: 'open',
  participants: [{ uri: 'tel:+15550101', name: 'Bo' }],
  timestamp: '2026-02-28T09:00:00Z',
};

describe('creating a session history', () => {
  test('[EL1] keeps all its attributes', async () => {
    const data = {
      subject: 'Trip',
      endedAt: '2026-02-28T10:00:00Z',
      inReplyToContributionId: 'x1',
      groupState,
    };
    expect(await box.result(aSession(data))).toEqual({ status: 'applied', modSeq: 3 });
    expect(await box.element('sessionHistory', 's1')).toEqual({
      type: 'sessionHistory',
      id: 's1',
      modSeq: 3,
      conversationId: 'c1',
      originator: 'tel:+15550101',
      participants: ['tel:+15550100', 'tel:+15550101'],
      startedAt: '2026-02-28T09:00:00Z',
      ...data,
    });
  });

  test('answers exists, parentNotFound and gone', async () => {
    await box.given(aSession(), aSession({ id: 's2' }), aConversation({ id: 'c2' }));
    await box.given(removal('sessionHistory', 's2'), removal('conversationHistory', 'c2'));
    expect(await box.result(aSession({ subject: 'other' }))).toMatchObject({
      status: 'exists',
      current: { type: 'sessionHistory', id: 's1', modSeq: 3 },
    });
    expect(
      await box.statuses(
        aSession({ conversationId: 'c9' }),
        aSession({ id: 's2' }),
        aSession({ id: 's3', conversationId: 'c2' }),
      ),
    ).toEqual(['parentNotFound', 'gone', 'gone']);
  });

  test('names every fault by pointer, deep ones too', async () => {
    const faulty = aSession({
      startedAt: '28 February',
      originator: 'Bo',
      groupState: { ...groupState, groupType: 'secret', participants: [{ uri: 'tel:+1', age: 7 }] },
    });
    expect(pointersOf(await box.result(faulty)).sort()).toEqual([
      '/data/groupState/groupType',
      '/data/groupState/participants/0/age',
      '/data/originator',
      '/data/startedAt',
    ]);
  });

  test('is invalid where it makes more than 64 KB', async () => {
    expect(pointersOf(await box.result(aSession({ subject: 'x'.repeat(65_536) })))).toEqual(['/data']);
    await box.given(aSession({ subject: 'x'.repeat(65_000) }));
  });
});

describe('modifying a session history', () => {
  beforeEach(() => box.given(aSession({ subject: 'Trip', groupState })));

  test('[OP2] merges into the group state, member by member', async () => {
    await box.given(changed({ groupState: { groupType: 'closed' }, endedAt: '2026-02-28T11:00:00Z' }));
    expect(await box.element('sessionHistory', 's1')).toMatchObject({
      groupState: { ...groupState, groupType: 'closed' },
      endedAt: '2026-02-28T11:00:00Z',
      subject: 'Trip',
    });
  });

  test('with null takes attributes away', async () => {
    await box.given(changed({ groupState: null, subject: null }));
    const element = await box.element('sessionHistory', 's1');
    expect(element).not.toHaveProperty('groupState');
    expect(element).not.toHaveProperty('subject');
  });

  test.each([
    ['originator', { originator: 'tel:+1' }, '/data/originator'],
    ['startedAt', { startedAt: '2026-02-28T09:00:00Z' }, '/data/startedAt'],
    ['participants, by null', { participants: null }, '/data/participants'],
    ['group state, to a faulty one', { groupState: { timestamp: null } }, '/data/groupState/timestamp'],
    ['group state, by an unknown member', { groupState: { colour: 'red' } }, '/data/groupState/colour'],
  ])('[OP2, CH2] does not change its %s', async (_, data, pointer) => {
    expect(pointersOf(await box.result(changed(data)))).toEqual([pointer]);
  });

  test('is unchanged by the same values', async () => {
    expect(await box.statuses(changed({ subject: 'Trip', groupState: { groupType: 'open' } }))).toEqual([
      'unchanged',
    ]);
  });

  test('answers notFound, parentNotFound, gone, conflict', async () => {
    expect(
      await box.statuses(
        modification('sessionHistory', 's9', { subject: 'x' }),
        changed({ subject: 'x' }, { conversationId: 'c9' }),
        changed({ subject: 'x' }, { ifModSeq: 2 }),
      ),
    ).toEqual(['notFound', 'parentNotFound', 'conflict']);
    await box.given(changed({ subject: 'x' }, { ifModSeq: 3 }));
    await box.given(removal('sessionHistory', 's1'));
    expect(await box.statuses(changed({ subject: 'y' }))).toEqual(['gone']);
  });
});

describe('deleting a session history', () => {
  const inSession = (id: string, sessionId = 's1') => aMessage({ id, sessionId });

  beforeEach(async () => {
    await box.given(aSession(), aSession({ id: 's2' }));
    await box.given(inSession('m1'), inSession('m2', 's2'), aMessage({ id: 'm3' }));
  });

  test('[OP3] takes the messages with its sessionId along, and no others', async () => {
    await box.given(removal('sessionHistory', 's1'));
    expect(await box.lastRows()).toEqual([
      { type: 'sessionHistory', id: 's1', conversationId: 'c1', folderId: 'default', removed: 'deleted' },
    ]);
    expect(await box.names('message')).toEqual(['m2', 'm3']);
    expect(await box.names('sessionHistory')).toEqual(['s2']);
  });

  test('makes its messages gone, and refuses new ones', async () => {
    await box.given(removal('sessionHistory', 's1'));
    expect(
      await box.statuses(
        modification('message', 'm1', { subject: 'x' }),
        modification('messageState', 'm1', { addFlags: ['x'] }),
        inSession('m1'),
        inSession('m4'),
        removal('message', 'm1'),
        modification('message', 'm2', { subject: 'x' }),
      ),
    ).toEqual(['gone', 'gone', 'gone', 'gone', 'unchanged', 'applied']);
  });

  test('takes those along that the same request put into it', async () => {
    await box.given(inSession('m4'), removal('sessionHistory', 's1'));
    expect(await box.names('message')).toEqual(['m2', 'm3']);
  });

  test('does not change the modSeq of the conversation history', async () => {
    await box.given(removal('sessionHistory', 's1'));
    await box.given(modification('conversationHistory', 'c1', { subject: 'x' }, { ifModSeq: 2 }));
  });

  test('again is unchanged; notFound, parentNotFound, conflict by ifModSeq', async () => {
    expect(
      await box.statuses(
        removal('sessionHistory', 's1', { ifModSeq: 4 }),
        removal('sessionHistory', 's1', { ifModSeq: 3 }),
        removal('sessionHistory', 's1'),
        removal('sessionHistory', 's9'),
        removal('sessionHistory', 's1', { conversationId: 'c9' }),
      ),
    ).toEqual(['conflict', 'applied', 'unchanged', 'notFound', 'parentNotFound']);
  });

  test('waits where 20 of its conversation history are still being emptied', async () => {
    const ids = Array.from({ length: 21 }, (_, i) => `x${i}`);
    await box.given(...ids.map((id) => aSession({ id })));
    const { results } = await box.deposit(BOX, ...ids.map((id) => removal('sessionHistory', id)));
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill('applied'));
    await expect(box.deposit(BOX, removal('sessionHistory', 'x20'))).rejects.toMatchObject({ kind: 'busy' });
    await box.given(aSession({ conversationId: 'c1', id: 'x21' }));
  });
});

test('a session history belongs to its conversation history: ids are unique within it alone', async () => {
  await box.given(aConversation({ id: 'c2' }), aSession(), aSession({ conversationId: 'c2' }));
  await box.given(removal('sessionHistory', 's1'));
  expect(await box.element('sessionHistory', 's1', 'c2')).toBeDefined();
  expect(await box.element('sessionHistory', 's1', 'c1')).toBeUndefined();
});
