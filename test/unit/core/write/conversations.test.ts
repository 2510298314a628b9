import { BoxUnderTest, pointersOf } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  modification,
  removal,
} from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aFolder('f1'), aFolder('f2'));
});

const changed = (data: object, more = {}) => modification('conversationHistory', 'c1', data, more);
const deleted = (more = {}) => removal('conversationHistory', 'c1', more);

describe('creating a conversation history', () => {
  test('[OP1] puts it into default where no folder is named', async () => {
    expect(await box.result(aConversation({ subject: 'Trip' }))).toEqual({ status: 'applied', modSeq: 3 });
    expect(await box.element('conversationHistory', 'c1')).toEqual({
      type: 'conversationHistory',
      id: 'c1',
      modSeq: 3,
      createdModSeq: 3,
      folderId: 'default',
      kind: 'oneToOne',
      participants: ['tel:+15550100', 'tel:+15550101'],
      subject: 'Trip',
    });
  });

  test('answers exists with the one that is there', async () => {
    await box.given(aConversation());
    expect(await box.result(aConversation({ kind: 'group' }))).toMatchObject({
      status: 'exists',
      current: { id: 'c1', kind: 'oneToOne', modSeq: 3 },
    });
  });

  test('[ST7, ST5] answers parentNotFound and gone by its folder', async () => {
    await box.given(removal('folder', 'f2'));
    expect(await box.statuses(aConversation({ folderId: 'f9' }), aConversation({ folderId: 'f2' }))).toEqual([
      'parentNotFound',
      'gone',
    ]);
  });

  test('[EL3] is invalid where it makes more than 64 KB, and may be just as large', async () => {
    const participants = (count: number) => Array.from({ length: count }, () => `tel:+${'1'.repeat(125)}`);
    expect(pointersOf(await box.result(aConversation({ participants: participants(500) })))).toEqual([
      '/data',
    ]);
    await box.given(aConversation({ participants: participants(490) }));
  });

  test('names every fault by pointer', async () => {
    const operation = aConversation({
      kind: 'trio',
      participants: ['nobody', 'tel:+1'],
      folderId: '',
      mood: 'x',
    });
    expect(pointersOf(await box.result(operation)).sort()).toEqual([
      '/data/folderId',
      '/data/kind',
      '/data/mood',
      '/data/participants/0',
    ]);
  });

  test('[EL4] takes no more than 500 participants', async () => {
    const participants = Array.from({ length: 501 }, (_, i) => `tel:+${i}`);
    expect(pointersOf(await box.result(aConversation({ participants })))).toEqual(['/data/participants']);
    await box.given(aConversation({ participants: participants.slice(1) }));
  });
});

describe('modifying a conversation history', () => {
  beforeEach(() => box.given(aConversation({ folderId: 'f1', subject: 'Trip' })));

  test('[OP2] changes the listed attributes alone', async () => {
    await box.given(changed({ subject: 'Tour' }));
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({
      subject: 'Tour',
      folderId: 'f1',
      participants: ['tel:+15550100', 'tel:+15550101'],
      modSeq: 4,
      createdModSeq: 3,
    });
  });

  test('[OP2] with null takes the subject away', async () => {
    await box.given(changed({ subject: null }));
    expect(await box.element('conversationHistory', 'c1')).not.toHaveProperty('subject');
    expect(await box.statuses(changed({ subject: null }))).toEqual(['unchanged']);
  });

  test('replaces the participants as a whole', async () => {
    await box.given(changed({ participants: ['tel:+1'] }));
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({ participants: ['tel:+1'] });
  });

  test.each([
    ['kind', { kind: 'group' }, '/data/kind'],
    ['createdModSeq', { createdModSeq: 1 }, '/data/createdModSeq'],
    ['participants, by null', { participants: null }, '/data/participants'],
    ['folderId, by null', { folderId: null }, '/data/folderId'],
  ])('[OP2] does not change its %s', async (_, data, pointer) => {
    expect(pointersOf(await box.result(changed(data)))).toEqual([pointer]);
  });

  test('[CH1] moves it with all that it holds', async () => {
    await box.given(aMessage({ id: 'm1' }));
    await box.given(changed({ folderId: 'f2' }));
    expect(await box.lastRows()).toEqual([
      expect.objectContaining({
        type: 'conversationHistory',
        id: 'c1',
        folderId: 'f2',
        previousFolderId: 'f1',
      }),
    ]);
    expect(await box.element('message', 'm1')).toMatchObject({ modSeq: 4 });
  });

  test('is unchanged in the folder where it is', async () => {
    expect(await box.statuses(changed({ folderId: 'f1', subject: 'Trip' }), changed({}))).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  test('answers parentNotFound and gone by the folder that it is moved into', async () => {
    expect(
      await box.statuses(changed({ folderId: 'f9' }), removal('folder', 'f2'), changed({ folderId: 'f2' })),
    ).toEqual(['parentNotFound', 'applied', 'gone']);
    expect(await box.statuses(changed({ folderId: 'f2' }))).toEqual(['gone']);
  });

  test('answers notFound and gone', async () => {
    expect(await box.statuses(modification('conversationHistory', 'c9', { subject: 'x' }))).toEqual([
      'notFound',
    ]);
    await box.given(deleted());
    expect(await box.statuses(changed({ subject: 'x' }))).toEqual(['gone']);
  });

  test('answers conflict with what is there', async () => {
    expect(await box.result(changed({ subject: 'x' }, { ifModSeq: 2 }))).toMatchObject({
      status: 'conflict',
      current: { id: 'c1', subject: 'Trip', modSeq: 3 },
    });
  });

  test('is not hindered by messages that came in: they do not change its modSeq', async () => {
    await box.given(aMessage());
    await box.given(changed({ subject: 'x' }, { ifModSeq: 3 }));
  });
});

describe('deleting a conversation history', () => {
  beforeEach(async () => {
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1', flags: ['\\Seen'] }));
    expect(await box.statuses(deleted())).toEqual(['applied']);
  });

  test('[OP3] is one removal that covers what it held', async () => {
    expect(await box.lastRows()).toEqual([
      { type: 'conversationHistory', id: 'c1', folderId: 'default', removed: 'deleted' },
    ]);
    expect((await box.contents()).map(({ type }) => type)).toEqual(['folder', 'folder', 'folder', 'folder']);
  });

  test('again is unchanged, and notFound where there never was one', async () => {
    expect(await box.statuses(deleted(), removal('conversationHistory', 'c9'))).toEqual([
      'unchanged',
      'notFound',
    ]);
  });

  test('[OP3, OP4] makes everything in it gone', async () => {
    expect(
      await box.statuses(
        aMessage({ id: 'm2', seed: false }),
        aMessage({ id: 'm1', seed: false }),
        aSession({ id: 's2' }),
        modification('message', 'm1', { subject: 'x' }),
        modification('messageState', 'm1', { addFlags: ['x'] }),
        modification('sessionHistory', 's1', { subject: 'x' }),
      ),
    ).toEqual(['gone', 'gone', 'gone', 'gone', 'gone', 'gone']);
    expect(await box.statuses(removal('message', 'm1'), removal('sessionHistory', 's1'))).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  test('answers conflict by ifModSeq', async () => {
    await box.given(aConversation({ id: 'c2' }));
    const { modSeq } = await box.head();
    expect(await box.statuses(removal('conversationHistory', 'c2', { ifModSeq: modSeq - 1 }))).toEqual([
      'conflict',
    ]);
    await box.given(removal('conversationHistory', 'c2', { ifModSeq: modSeq }));
  });
});

describe('a conversation history created anew', () => {
  beforeEach(async () => {
    await box.given(aConversation({ folderId: 'f1' }), aSession(), aMessage({ id: 'm1', flags: ['\\Seen'] }));
    await box.given(deleted());
  });

  test.each([
    ['by create', aConversation()],
    ['by a message that brings it along', aMessage({ id: 'm2' })],
  ])('[CH4] %s has a higher createdModSeq and nothing of what it held', async (_, operation) => {
    await box.given(operation);
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({ createdModSeq: 5, modSeq: 5 });
    expect(await box.names('message')).toEqual(operation.type === 'message' ? ['m2'] : []);
    expect(await box.names('messageState')).toEqual([]);
    expect(await box.names('sessionHistory')).toEqual([]);
  });

  test('[CH4] does not give back what its earlier life held: that stays gone', async () => {
    await box.given(aConversation());
    expect(
      await box.statuses(
        aMessage({ id: 'm1' }),
        aSession(),
        aMessage({ id: 'm3', sessionId: 's1' }),
        modification('messageState', 'm1', { addFlags: ['x'] }),
        removal('message', 'm1'),
      ),
    ).toEqual(['gone', 'gone', 'gone', 'gone', 'unchanged']);
  });

  test('may be created into another folder', async () => {
    await box.given(aConversation({ folderId: 'f2' }));
    expect(await box.element('conversationHistory', 'c1')).toMatchObject({
      folderId: 'f2',
      createdModSeq: 5,
    });
  });

  test.each([
    ['create', aConversation({ id: 'c2' })],
    ['a message that brings it along', aMessage({ id: 'm2', conversationId: 'c2' })],
  ])(
    '[OP8] by %s, in the request that deletes it, was not there before: any ifModSeq is a conflict',
    async (_, anew) => {
      await box.given(aConversation({ id: 'c2' }));
      const { modSeq: ifModSeq } = await box.head();
      const results = await box.results(
        removal('conversationHistory', 'c2', { ifModSeq }),
        anew,
        modification('conversationHistory', 'c2', { subject: 'x' }, { ifModSeq }),
        removal('conversationHistory', 'c2', { ifModSeq }),
      );
      expect(results.map(({ status }) => status)).toEqual(['applied', 'applied', 'conflict', 'conflict']);
      expect(results[2]?.current).toMatchObject({ id: 'c2', createdModSeq: ifModSeq + 1 });
      expect(await box.element('conversationHistory', 'c2')).not.toHaveProperty('subject');
    },
  );

  test('[CH4] is not made by a message without `conversation`', async () => {
    expect(await box.statuses(aMessage({ seed: false }))).toEqual(['gone']);
  });

  test('in the request that deletes it keeps nothing of what that request wrote before', async () => {
    const other = (id: string) => aMessage({ id, conversationId: 'c2' });
    await box.given(other('m1'), other('m2'));
    await box.given(
      other('m3'),
      modification('message', 'm1', { subject: 'x' }, { conversationId: 'c2' }),
      removal('conversationHistory', 'c2'),
      other('m4'),
    );
    expect(await box.names('message')).toEqual(['m4']);
    const rows = await box.lastRows();
    // The device that wrote it gets the removal too: it cannot always know what was deleted with the folder of a conversation history.
    expect(rows.filter(({ removed }) => removed).map(({ id, implied }) => [id, implied])).toEqual([
      ['m3', true],
      ['m1', true],
    ]);
    expect(await box.statuses(other('m3'), other('m1'))).toEqual(['gone', 'gone']);
  });

  test('after its folder was deleted is not of the folder any more', async () => {
    await box.given(
      aConversation({ id: 'c2', folderId: 'f2' }),
      aMessage({ id: 'm1', conversationId: 'c2' }),
    );
    await box.given(removal('folder', 'f2'));
    await box.given(aMessage({ id: 'm2', conversationId: 'c2' }));
    expect(await box.element('conversationHistory', 'c2')).toMatchObject({ folderId: 'default' });
    expect(await box.names('message')).toEqual(['m2']);
  });
});
