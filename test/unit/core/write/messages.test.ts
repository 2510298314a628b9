import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = new BoxUnderTest();
});

const changed = (data: object, more = {}) => modification('message', 'm1', data, more);
const summary = async () =>
  (await box.lastRows()).map(({ type, id, implied = false }) => `${type} ${id}${implied ? ' implied' : ''}`);

describe('creating a message', () => {
  test('[CH3] makes its conversation history in default on the way, in the same commit', async () => {
    expect(await box.result(aMessage({ id: 'm1' }))).toEqual({ status: 'applied', modSeq: 2 });
    expect(await summary()).toEqual(['conversationHistory c1 implied', 'message m1']);
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({
      folderId: 'default',
      createdModSeq: 2,
      kind: 'oneToOne',
    });
  });

  test('[CH3] leaves a conversation history as it is that is there already', async () => {
    await box.given(aFolder('f1'), aConversation({ folderId: 'f1', subject: 'Trip' }));
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    expect(await summary()).toEqual(['message m1', 'message m2']);
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({ subject: 'Trip', modSeq: 2 });
  });

  test('makes no conversation history where it is not applied itself', async () => {
    expect(await box.statuses(aMessage({ sessionId: 's9' }))).toEqual(['parentNotFound']);
    expect(await box.names('conversationHistory')).toEqual([]);
  });

  test('answers parentNotFound without `conversation`', async () => {
    expect(await box.statuses(aMessage({ seed: false }))).toEqual(['parentNotFound']);
  });

  test('[EL1] keeps all its attributes', async () => {
    const data = {
      messageContext: 'file-message',
      direction: 'Out',
      from: 'sip:a@example.com',
      to: ['tel:+1', 'tel:+2'],
      date: '2026-02-28T09:00:00.123Z',
      subject: 'Photo ～ 😀',
      contentType: 'multipart/mixed',
      textContent: 'see \u2028 this',
      payloadParts: [
        { contentType: 'image/png', size: 7, href: 'https://example.com/x', contentId: 'a', name: 'x.png' },
      ],
      contributionId: 'k1',
      inReplyToContributionId: 'k0',
      inReplyToMessageId: 'm0',
      imdnMessageId: 'i1',
      correlationId: 'r1',
      correlationTag: 't1',
    };
    await box.given(aMessage({ id: 'm1', ...data }));
    expect(await box.element('message', 'm1')).toEqual({
      type: 'message',
      id: 'm1',
      modSeq: 2,
      conversationId: 'c1',
      ...data,
    });
  });

  test('[ME1] with flags stores its state too, sorted and each once', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['zeta', '\\Seen', 'alpha', '\\Seen'] }));
    expect(await summary()).toEqual(['conversationHistory c1 implied', 'message m1', 'messageState m1']);
    expect(await box.element('messageState', 'm1')).toEqual({
      type: 'messageState',
      id: 'm1',
      modSeq: 2,
      conversationId: 'c1',
      flags: ['\\Seen', 'alpha', 'zeta'],
    });
  });

  test('[ME4] without flags stores no state', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2', flags: [] }));
    expect(await box.names('messageState')).toEqual([]);
  });

  test('answers exists with the one that is there, and leaves it as it is', async () => {
    await box.given(aMessage({ id: 'm1', textContent: 'first' }));
    expect(await box.result(aMessage({ id: 'm1', textContent: 'second', flags: ['x'] }))).toMatchObject({
      status: 'exists',
      current: { id: 'm1', textContent: 'first', modSeq: 2 },
    });
    expect(await box.names('messageState')).toEqual([]);
  });

  test('[OP4] answers gone where it was deleted', async () => {
    await box.given(aMessage({ id: 'm1' }));
    await box.given(removal('message', 'm1'));
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });

  test('of the same id in two conversations makes two messages', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm1', conversationId: 'c2' }));
    await box.given(removal('message', 'm1'));
    expect(await box.element('message', 'm1', 'c2')).toBeDefined();
  });

  test('answers parentNotFound for a session history that never was, and gone for a deleted one', async () => {
    await box.given(aConversation(), aSession());
    await box.given(aMessage({ id: 'm1', sessionId: 's1' }));
    await box.given(removal('sessionHistory', 's1'));
    expect(await box.statuses(aMessage({ sessionId: 's1' }), aMessage({ sessionId: 's2' }))).toEqual([
      'gone',
      'parentNotFound',
    ]);
  });

  test('[EL3] is invalid where it makes more than 64 KB, and may be just as large', async () => {
    expect(pointersOf(await box.result(aMessage({ textContent: 'x'.repeat(65_536) })))).toEqual(['/data']);
    expect(pointersOf(await box.result(aMessage({ textContent: 'é'.repeat(32_768) })))).toEqual(['/data']);
    await box.given(aMessage({ textContent: 'x'.repeat(65_100) }));
  });

  test('is invalid where the conversation history that it brings along would be too large', async () => {
    const participants = Array.from({ length: 500 }, () => `tel:+${'1'.repeat(200)}`);
    const operation = { ...aMessage(), conversation: { kind: 'group', participants } };
    expect((await box.result(operation)).status).toBe('invalid');
    expect(await box.names('conversationHistory')).toEqual([]);
  });

  test('[OP15] points at the conversation history where that is what is too large', async () => {
    const conversation = { kind: 'oneToOne', participants: ['tel:+1'], subject: 'x'.repeat(66_000) };
    expect(pointersOf(await box.result({ ...aMessage(), conversation }))).toEqual(['/conversation']);
  });

  test('names every fault by pointer', async () => {
    const operation = {
      ...aMessage({ id: '', date: '2026-02-30T09:00:00Z', direction: 'Sideways', to: 'tel:+1', mood: 'x' }),
      flags: ['two words'],
      conversation: { kind: 'oneToOne' },
      extra: true,
    };
    expect(pointersOf(await box.result(operation)).sort()).toEqual([
      '/conversation/participants',
      '/data/date',
      '/data/direction',
      '/data/mood',
      '/data/to',
      '/extra',
      '/flags/0',
      '/id',
    ]);
  });

  test('[PO6] is over its quota where the policy allows no more', async () => {
    await box.registry.putPolicy('default' as never, { maxMessages: 2 });
    expect(await box.statuses(aMessage(), aMessage(), aMessage({ conversationId: 'c2' }))).toEqual([
      'applied',
      'applied',
      'quotaExceeded',
    ]);
    expect(await box.names('conversationHistory')).toEqual(['c1']);
  });

  test('[PO6] is over its quota until what a deleted container held is cleared away', async () => {
    await box.registry.putPolicy('default' as never, { maxMessages: 2 });
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2', conversationId: 'c2' }));
    await box.given(removal('conversationHistory', 'c1'));
    expect(await box.statuses(aMessage({ conversationId: 'c2' }))).toEqual(['quotaExceeded']);
    await box.emptied();
    await box.given(aMessage({ conversationId: 'c2' }));
    await box.given(removal('message', 'm2', { conversationId: 'c2' }), aMessage({ conversationId: 'c2' }));
  });
});

describe('a reply', () => {
  test('[ME2] sets \\Answered on what it answers, in the same commit, as implied', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['\\Seen'] }));
    await box.given(aMessage({ id: 'm2', inReplyToMessageId: 'm1' }));
    expect(await summary()).toEqual(['message m2', 'messageState m1 implied']);
    expect(await box.element('messageState', 'm1')).toMatchObject({
      flags: ['\\Answered', '\\Seen'],
      modSeq: 3,
    });
    expect(await box.element('message', 'm1')).toMatchObject({ modSeq: 2 });
  });

  test('answers a message of the same request', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2', inReplyToMessageId: 'm1' }));
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: ['\\Answered'] });
  });

  test.each([
    ['is not stored', 'm9'],
    ['is deleted', 'm0'],
    ['is of another conversation', 'x1'],
    ['is itself', 'm2'],
  ])('to a message that %s changes nothing else', async (_, inReplyToMessageId) => {
    await box.given(aMessage({ id: 'm0' }), aMessage({ id: 'x1', conversationId: 'c2' }));
    await box.given(removal('message', 'm0'));
    await box.given(aMessage({ id: 'm2', inReplyToMessageId }));
    expect(await summary()).toEqual(['message m2']);
  });

  test('to what was answered before changes nothing else', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['\\Answered'] }));
    await box.given(aMessage({ id: 'm2', inReplyToMessageId: 'm1' }));
    expect(await summary()).toEqual(['message m2']);
  });

  test('that is not applied answers nothing', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    expect(await box.statuses(aMessage({ id: 'm2', inReplyToMessageId: 'm1' }))).toEqual(['exists']);
    expect(await box.names('messageState')).toEqual([]);
  });

  test('[ME3] to a message with 64 flags leaves it with these', async () => {
    const flags = Array.from({ length: 64 }, (_, i) => `k${i}`);
    await box.given(aMessage({ id: 'm1', flags }));
    await box.given(aMessage({ id: 'm2', inReplyToMessageId: 'm1' }));
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: [...flags].sort(), modSeq: 2 });
  });

  test('[ME3, EL3] to a message whose state has 64 KB leaves it as it is', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['x'] }));
    const room = 64 * 1024 - JSON.stringify(await box.element('messageState', 'm1')).length;
    const reported = { disposition: 'delivered', at: '2026-02-28T09:00:00Z' };
    const uri = (i: number) => `t:${String(i).padStart(1998, '0')}`;
    const dispositions = Array.from({ length: 31 }, (_, i) => ({ ...reported, participant: uri(i) }));
    const rest = room - JSON.stringify({ dispositions }).length;
    dispositions.push({ ...reported, participant: `t:${'x'.repeat(rest - 80)}` });
    await box.given(stateChange('m1', { dispositions }));
    const before = await box.element('messageState', 'm1');
    expect(JSON.stringify(before).length).toBeGreaterThan(64 * 1024 - 12);
    await box.given(aMessage({ id: 'm2', inReplyToMessageId: 'm1' }));
    expect(await box.element('messageState', 'm1')).toEqual(before);
  });
});

describe('modifying a message', () => {
  const parts = [{ contentType: 'image/png', size: 7, href: 'https://example.com/x' }];
  beforeEach(() => box.given(aMessage({ id: 'm1', subject: 'Hi', payloadParts: parts, flags: ['x'] })));

  test('[OP2] changes the listed attributes alone, and not its state', async () => {
    await box.given(changed({ textContent: 'edited' }));
    expect(await summary()).toEqual(['message m1']);
    expect(await box.element('message', 'm1')).toMatchObject({
      textContent: 'edited',
      subject: 'Hi',
      modSeq: 3,
    });
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: ['x'], modSeq: 2 });
  });

  test('[OP2] with null takes attributes away', async () => {
    await box.given(changed({ subject: null, payloadParts: null }));
    const element = await box.element('message', 'm1');
    expect(element).not.toHaveProperty('subject');
    expect(element).not.toHaveProperty('payloadParts');
  });

  test('replaces lists as a whole', async () => {
    const other = [{ contentType: 'text/plain', size: 0, href: 'https://example.com/y' }];
    await box.given(changed({ payloadParts: other }));
    expect(await box.element('message', 'm1')).toMatchObject({ payloadParts: other });
  });

  test.each(['date', 'direction', 'from', 'sessionId', 'contentType', 'imdnMessageId', 'conversationId'])(
    '[OP2, CH2] does not change its %s',
    async (name) => {
      expect(pointersOf(await box.result(changed({ [name]: 'x' })))).toEqual([`/data/${name}`]);
    },
  );

  test('is unchanged by the same values', async () => {
    expect(await box.statuses(changed({ subject: 'Hi', payloadParts: parts }), changed({}))).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  test('[ST2] is unchanged by a zero with a sign, which is the same value', async () => {
    const sized = (size: number) => changed({ payloadParts: [{ ...parts[0], size }] });
    await box.given(sized(-0));
    expect(await box.statuses(sized(-0), sized(0))).toEqual(['unchanged', 'unchanged']);
    expect(await box.element('message', 'm1')).toMatchObject({ payloadParts: [{ size: 0 }], modSeq: 3 });
  });

  test('is invalid where it makes more than 64 KB', async () => {
    expect(pointersOf(await box.result(changed({ textContent: 'x'.repeat(65_536) })))).toEqual(['/data']);
  });

  test('answers notFound, parentNotFound, gone', async () => {
    expect(
      await box.statuses(
        modification('message', 'm9', { subject: 'x' }),
        changed({ subject: 'x' }, { conversationId: 'c9' }),
        removal('message', 'm1'),
        changed({ subject: 'x' }),
      ),
    ).toEqual(['notFound', 'parentNotFound', 'applied', 'gone']);
  });

  test('answers conflict by the modSeq of the message, not that of its state', async () => {
    await box.given(modification('messageState', 'm1', { addFlags: ['y'] }));
    expect(await box.result(changed({ subject: 'x' }, { ifModSeq: 3 }))).toMatchObject({
      status: 'conflict',
      current: { type: 'message', id: 'm1', modSeq: 2, subject: 'Hi' },
    });
    await box.given(changed({ subject: 'x' }, { ifModSeq: 2 }));
  });
});

describe('deleting a message', () => {
  beforeEach(() => box.given(aMessage({ id: 'm1', flags: ['x'] })));

  test('[SC12] is one removal that takes its state along, with its date for those who keep young ones alone', async () => {
    await box.given(removal('message', 'm1'));
    expect(await box.lastRows()).toEqual([
      {
        type: 'message',
        id: 'm1',
        conversationId: 'c1',
        folderId: 'default',
        date: '2026-02-28T09:00:00Z',
        messageContext: 'pager-message',
        removed: 'deleted',
      },
    ]);
    expect(await box.names('messageState')).toEqual([]);
  });

  test('answers unchanged again, notFound, parentNotFound, conflict', async () => {
    expect(
      await box.statuses(
        removal('message', 'm1', { ifModSeq: 1 }),
        removal('message', 'm1', { ifModSeq: 2 }),
        removal('message', 'm1'),
        removal('message', 'm9'),
        removal('message', 'm1', { conversationId: 'c9' }),
      ),
    ).toEqual(['conflict', 'applied', 'unchanged', 'notFound', 'parentNotFound']);
    expect(await box.statuses(removal('message', 'm1', { ifModSeq: 1 }))).toEqual(['unchanged']);
  });
});
