import type { ChangeRow } from '../../../../core/model/log-entry.js';
import { effectiveOf, scopePart } from '../../../../core/scope/effective-scope.js';
import {
  concerns,
  coversAnything,
  holdsConversation,
  isYoungEnough,
  syncScopeOf,
} from '../../../../core/scope/sync-scope.js';
import { truncated } from '../../../../core/scope/truncate.js';
import type { Element } from '../../../../protocol/elements/element.js';
import type { Effective, Preferences } from '../../../../protocol/preferences.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ALL = ['folder', 'conversationHistory', 'sessionHistory', 'message', 'messageState'];

describe('effective: preferences and policies', () => {
  test('[DV2] what is left out means everything', () => {
    expect(effectiveOf({}, [{}])).toEqual({
      elementTypes: ALL,
      folders: '*',
      excludeConversations: [],
      maxMessageAgeDays: {},
      serverInitiated: true,
      pushWindowMs: 1000,
    });
  });

  test('[SC1, PO5] element types are those that all allow, in the order of the protocol', () => {
    const preferences: Preferences = { elementTypes: ['message', 'folder', 'conversationHistory'] };
    const policies = [{ elementTypes: ['messageState', 'message', 'conversationHistory'] as never }, {}];
    expect(effectiveOf(preferences, policies).elementTypes).toEqual(['conversationHistory', 'message']);
  });

  test('[PO5] ages are the lower ones, for each message context', () => {
    const policies = [
      { maxMessageAgeDays: { 'file-message': 7, 'chat-message': 200 } },
      { maxMessageAgeDays: { 'file-message': 9 } },
    ];
    const { maxMessageAgeDays } = effectiveOf({ maxMessageAgeDays: 90 }, policies);
    expect(maxMessageAgeDays).toMatchObject({ 'file-message': 7, 'chat-message': 90, 'pager-message': 90 });
    expect(effectiveOf({}, policies).maxMessageAgeDays).toEqual({ 'file-message': 7, 'chat-message': 200 });
  });

  test.each([
    [undefined, undefined, undefined],
    [100, undefined, 100],
    [undefined, 50, 50],
    [100, 50, 50],
    [0, 50, 0],
  ])('[PO5] of texts of %s and %s bytes it is %s', (mine, theirs, both) => {
    const preferences = mine === undefined ? {} : { maxTextBytes: mine };
    const policy = theirs === undefined ? {} : { maxTextBytes: theirs };
    expect(effectiveOf(preferences, [policy]).maxTextBytes).toBe(both);
  });

  test('[PO9] the push window is the longer one', () => {
    expect(effectiveOf({ pushWindowMs: 0 }, [{}]).pushWindowMs).toBe(0);
    expect(
      effectiveOf({ pushWindowMs: 0 }, [{ minPushWindowMs: 500 }, { minPushWindowMs: 800 }]).pushWindowMs,
    ).toBe(800);
    expect(effectiveOf({ pushWindowMs: 5000 }, [{ minPushWindowMs: 800 }]).pushWindowMs).toBe(5000);
  });

  test('the times at which a device is notified are not part of its scope', () => {
    const scope = scopePart(effectiveOf({ pushWindowMs: 5, serverInitiated: false }, []));
    expect(scope).toEqual(scopePart(effectiveOf({}, [])));
  });
});

const scope = (effective: Partial<Effective> = {}) => syncScopeOf({ ...effectiveOf({}, []), ...effective });

describe('a conversation history', () => {
  const only = scope({ folders: ['f1'] as never, excludeConversations: ['c7'] as never });

  test.each([
    ['c1', 'f1', true],
    ['c1', 'f2', false],
    ['c7', 'f1', false],
    ['c1', undefined, false],
  ])('[SC3, SC4] %s in folder %s of a scope with f1 and without c7: %s', (id, folder, isIn) => {
    expect(holdsConversation(only, id as never, folder as never)).toBe(isIn);
  });

  test('is in a scope of all folders, wherever it is, unless it is excluded', () => {
    expect(holdsConversation(scope(), 'c1' as never, undefined)).toBe(true);
    expect(
      holdsConversation(scope({ excludeConversations: ['c1'] as never }), 'c1' as never, 'f1' as never),
    ).toBe(false);
  });
});

describe('the age of a message', () => {
  const limited = scope({ maxMessageAgeDays: { 'file-message': 7 } });
  const young = (date: string, messageContext = 'file-message') =>
    isYoungEnough(limited, { date, messageContext: messageContext as never }, NOW);

  test.each([
    ['2026-02-22T12:00:00.000Z', true],
    ['2026-02-22T11:59:59.999Z', false],
    ['2027-01-01T00:00:00Z', true],
  ])('[SC5] of %s within 7 days of 1 March: %s', (date, isYoung) => {
    expect(young(date)).toBe(isYoung);
  });

  test('is limited for its own message context alone', () => {
    expect(young('1999-01-01T00:00:00Z', 'chat-message')).toBe(true);
  });
});

describe('a row of the log concerns a scope', () => {
  const row = (type: string, more: object = {}) =>
    ({ type, id: 'x', conversationId: 'c1', folderId: 'f1', ...more }) as ChangeRow;
  const old = { date: '1999-01-01T00:00:00Z', messageContext: 'pager-message' };
  const ages = { maxMessageAgeDays: { 'pager-message': 7 } };
  const types = (...elementTypes: string[]) => ({ elementTypes: elementTypes as never });

  test.each<[string, ChangeRow, Partial<Effective>, boolean]>([
    ['a message', row('message'), {}, true],
    ['a message of a type that is not kept', row('message'), types('folder'), false],
    ['an old message', row('message', old), ages, false],
    ['the state of an old message', row('messageState', old), ages, false],
    ['the removal of an old message', row('message', { ...old, removed: 'deleted' }), ages, true],
    [
      'the removal of a message where states alone are kept',
      row('message', { removed: 'deleted' }),
      types('messageState'),
      true,
    ],
    [
      'the removal of a message where neither is kept',
      row('message', { removed: 'deleted' }),
      types('sessionHistory'),
      false,
    ],
    [
      'the removal of a session history where messages are kept',
      row('sessionHistory', { removed: 'deleted' }),
      types('message'),
      true,
    ],
    [
      'the removal of a session history where none of it is kept',
      row('sessionHistory', { removed: 'deleted' }),
      types('conversationHistory'),
      false,
    ],
    ['a folder', row('folder', { id: 'f9' }), { folders: ['f1'] as never }, true],
    ['a folder where folders are not kept', row('folder', { id: 'f1' }), types('message'), false],
    [
      'the removal of a listed folder where folders are not kept',
      row('folder', { id: 'f1', removed: 'deleted' }),
      { ...types('message'), folders: ['f1'] as never },
      true,
    ],
    [
      'the removal of a folder that is not listed, likewise',
      row('folder', { id: 'f9', removed: 'deleted' }),
      { ...types('message'), folders: ['f1'] as never },
      false,
    ],
  ])('%s', (_, what, effective, expected) => {
    expect(concerns(scope(effective), what, true, NOW)).toBe(expected);
  });

  test('only where its conversation history does, folders apart', () => {
    expect(concerns(scope(), row('message'), false, NOW)).toBe(false);
    expect(concerns(scope(), row('message', { removed: 'deleted' }), false, NOW)).toBe(false);
    expect(concerns(scope(), row('folder'), false, NOW)).toBe(true);
  });

  test('a removal covers whatever of its contents is kept', () => {
    expect(coversAnything(scope(types('messageState')), 'conversationHistory')).toBe(true);
    expect(coversAnything(scope(types('folder')), 'conversationHistory')).toBe(false);
    expect(coversAnything(scope(types()), 'folder')).toBe(false);
  });
});

describe('a text that is longer than allowed', () => {
  const message = (textContent?: string) =>
    ({ type: 'message', id: 'm1', modSeq: 2, ...(textContent !== undefined && { textContent }) }) as Element;

  test.each([
    ['abcdef', 3, 'abc'],
    ['abcdef', 0, ''],
    ['éé', 3, 'é'],
    ['éé', 1, ''],
    ['a～b', 3, 'a'],
    ['a～b', 4, 'a～'],
    ['😀😀', 7, '😀'],
    ['😀😀', 3, ''],
    ['e\u0301x', 2, 'e'],
  ])('[SC6] %j at %i bytes is cut to %j, at a character, and says so', (text, bytes, cut) => {
    expect(truncated(message(text), bytes)).toEqual({ ...message(cut), textTruncated: true });
  });

  test.each([
    ['abcdef', 6],
    ['éé', 4],
    ['😀', 4],
    ['', 0],
  ])('%j at %i bytes is left as it is', (text, bytes) => {
    expect(truncated(message(text), bytes)).toEqual(message(text));
  });

  test('is that of messages alone', () => {
    expect(truncated(message(), 0)).toEqual(message());
    const folder = { type: 'folder', id: 'f', name: 'long enough' } as Element;
    expect(truncated(folder, 1)).toEqual(folder);
  });
});
