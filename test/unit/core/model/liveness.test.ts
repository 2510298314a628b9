import { applied, entryVersion, viewWritesOf } from '../../../../core/model/effects.js';
import type { StoredConversation, StoredMessage } from '../../../../core/model/items.js';
import { isGoneFrom, isOfEarlierLife } from '../../../../core/model/liveness.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aMessage,
  aSession,
  BOX,
  modification,
  moved,
  removal,
} from '../../../support/builders.js';

/** Begun by the commit 10, whose entry has the version 100. */
const history = (more: object = {}) =>
  ({
    kind: 'conversationHistory',
    data: { createdModSeq: 10 },
    createdVersion: 100,
    ...more,
  }) as StoredConversation;
const message = (modSeq: number, version: number, sessionId?: string) =>
  ({ kind: 'message', modSeq, version, data: { sessionId } }) as StoredMessage;

describe('a message is of an earlier life of its conversation history', () => {
  test.each([
    ['by its number', 9, 101, true],
    ['by its version, where a restore left it ahead of the log', 11, 99, true],
    ['and not where the same commit made both', 10, 100, false],
    ['and not where it came later', 11, 101, false],
  ])('%s', (_, modSeq, version, isEarlier) => {
    expect(isOfEarlierLife(history(), message(modSeq, version))).toBe(isEarlier);
    expect(isGoneFrom(history(), message(modSeq, version))).toBe(isEarlier);
  });

  test('by its number alone where the conversation history is not written yet', () => {
    const { createdVersion: _, ...unwritten } = history();
    expect(isOfEarlierLife(unwritten, message(11, 1))).toBe(false);
    expect(isOfEarlierLife(unwritten, message(9, 1))).toBe(true);
  });
});

test('a message is gone where its session history is being emptied', () => {
  const pendingPurges = history({ pendingPurges: [{ id: 's1', modSeq: 12, index: 12 }] });
  expect(isGoneFrom(pendingPurges, message(11, 101, 's1'))).toBe(true);
  expect(isGoneFrom(pendingPurges, message(11, 101, 's2'))).toBe(false);
  expect(isOfEarlierLife(pendingPurges, message(11, 101, 's1'))).toBe(false);
});

describe('a conversation history says which entry has begun it', () => {
  const C1 = 'H#c1#';
  let box: BoxUnderTest;
  beforeEach(() => {
    box = new BoxUnderTest();
  });
  const newest = async () => entryVersion(await box.head());
  const begun = async () => ((await box.item(C1)) as StoredConversation).createdVersion;

  test.each([
    ['the log', async () => {}],
    ['the view', () => box.projected(BOX)],
  ])('by %s: each life has its own, and later changes keep it', async (_, apply) => {
    await box.given(aConversation());
    const first = await newest();
    await apply();
    expect(await begun()).toBe(first);

    await box.given(aSession(), aMessage({ id: 'm1', sessionId: 's1' }), moved('c1', 'RCSMessageStore'));
    await box.given(modification('conversationHistory', 'c1', { subject: 'Trip' }));
    await box.given(removal('sessionHistory', 's1')); // which it notes
    await apply();
    expect([await begun(), first < (await newest())]).toEqual([first, true]);

    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm2' }));
    await apply();
    expect(await begun()).toBe(await newest());
  });

  test('and an effect says the same, whether it is laid over an item or written', () => {
    const effect = (more: object) => ({
      sk: C1,
      content: { kind: 'conversationHistory', data: { createdModSeq: 2 }, ...more } as never,
    });
    const written = (more: object): StoredItem | undefined => viewWritesOf(effect(more), 5, 0)[0]?.content;
    for (const [more, expected] of [
      [{ modSeq: 2 }, 5],
      [{ modSeq: 4, createdVersion: 3 }, 3],
      [{ modSeq: 4 }, undefined], // nothing says which entry it was
    ] as const) {
      const shown = [applied(undefined, effect(more), 5), written(more)] as StoredConversation[];
      expect(shown.map(({ createdVersion }) => createdVersion)).toEqual([expected, expected]);
    }
  });
});
