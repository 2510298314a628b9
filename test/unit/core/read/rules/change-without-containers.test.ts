// Rule 4, second half, by itself, for devices that keep contents without the conversation histories or messages they are in.

import type { ChangeRow } from '../../../../../core/model/log-entry.js';
import type { Change } from '../../../../../protocol/elements/element.js';
import {
  aRow,
  changeFor,
  daysAgo,
  deleted,
  FIRST,
  history,
  movedFrom,
  ownRemovalsFor,
  type Reader,
  sends,
} from '../../../../support/log-rows.js';
import { told } from '../../../../support/told.js';

const NOTHING: string[] = [];
const IN_SCOPE = { elementTypes: ['message', 'messageState'], folders: ['in'] };
const phone: Reader = { keeps: IN_SCOPE };
const created = (folderId: string, more: object = {}) => history(folderId, { created: true, ...more });

describe('[SC13] a conversation history that begins again, for a device that keeps messages in the folder in', () => {
  test.each<[string, ChangeRow[], string[]]>([
    ['in', [history('in', deleted), created('in')], ['conversationHistory c1 deleted']],
    [
      'in, by one commit',
      [created('in', { previousLifeFolderId: 'in' })],
      ['conversationHistory c1 deleted'],
    ],
    ['out, from in', [history('in', deleted), created('out')], ['conversationHistory c1 deleted']],
    [
      'out, from in, by one commit',
      [created('out', { previousLifeFolderId: 'in' })],
      ['conversationHistory c1 deleted'],
    ],
    [
      'out, where it had moved from in, by one commit',
      [movedFrom('in', 'out'), created('out', { previousLifeFolderId: 'out' })],
      ['conversationHistory c1 deleted'],
    ],
    ['out, from out', [history('out', deleted), created('out')], NOTHING],
    ['out, from out, by one commit', [created('out', { previousLifeFolderId: 'out' })], NOTHING],
    ['for the first time in fact: there is nothing to end', [created('in')], NOTHING],
  ])('%s', (_, rows, expected) => {
    expect(sends(phone, ...rows)).toEqual(expected);
  });

  test('is sent as ended just before it began', () => {
    expect(changeFor(phone, history('in', deleted), created('in'))).toEqual({
      type: 'conversationHistory',
      id: 'c1',
      modSeq: FIRST,
      removed: 'deleted',
    });
  });

  test('where the device kept it by a scope before: is sent as ended', () => {
    const reader: Reader = { ...phone, kept: [{ folders: ['was'] }] };
    expect(sends(reader, created('out', { previousLifeFolderId: 'was' }))).toEqual([
      'conversationHistory c1 deleted',
    ]);
  });

  test.each<[string, object]>([
    ['excludes it', { excludeConversations: ['c1'] }],
    ['keeps only folders', { elementTypes: ['folder'] }],
  ])('is not sent to a device that %s', (_, keeps) => {
    expect(
      sends({ keeps: { ...IN_SCOPE, ...keeps } }, created('in', { previousLifeFolderId: 'in' })),
    ).toEqual(NOTHING);
  });
});

describe('[SC10] a conversation history that moves, for a device that keeps messages in the folder in,', () => {
  const out = movedFrom('in', 'out');

  test.each<[string, ChangeRow[], string[]]>([
    ['in: nothing, its contents follow', [movedFrom('out', 'in')], NOTHING],
    ['out: outOfScope', [out], ['conversationHistory c1 outOfScope']],
    ['and is deleted: the removal', [out, history('out', deleted)], ['conversationHistory c1 deleted']],
    ['nowhere, but is changed: nothing', [history('in')], NOTHING],
  ])('%s', (_, rows, expected) => {
    expect(sends(phone, ...rows)).toEqual(expected);
  });

  test('out has the number of its creation, since nothing that comes back is older', () => {
    expect(changeFor(phone, out)).toMatchObject({ removed: 'outOfScope', modSeq: 5 });
  });
});

describe('[SC15] what the device did itself', () => {
  const did: Reader = { ...phone, did: [FIRST] };
  const old = { date: daysAgo(31), messageContext: 'chat-message' };
  const young = { date: daysAgo(29), messageContext: 'chat-message' };
  const withLimit: Reader = { ...did, keeps: { ...IN_SCOPE, maxMessageAgeDays: 30 } };

  test.each<[string, Reader, ChangeRow, string[]]>([
    ['in its scope is sent', did, aRow('message', 'x', 'in'), ['message x c1']],
    ['outside is sent as a removal', did, aRow('message', 'x', 'out'), ['message x c1 outOfScope']],
    ['to a state outside, too', did, aRow('messageState', 'x', 'out'), ['messageState x c1 outOfScope']],
    ['and is too old is outside', withLimit, aRow('message', 'x', 'in', old), ['message x c1 outOfScope']],
    ['and is young enough is inside', withLimit, aRow('message', 'x', 'in', young), ['message x c1']],
    ['of a type that it does not keep is not sent', did, aRow('sessionHistory', 's', 'out'), NOTHING],
    ['outside and is a deletion is not sent', did, aRow('message', 'x', 'out', deleted), NOTHING],
    ['to a conversation history outside is not sent', did, history('out'), NOTHING],
  ])('%s', (_, reader, row, expected) => {
    expect(sends(reader, row)).toEqual(expected);
  });

  test('outside is sent with the number of its commit', () => {
    expect(changeFor(did, aRow('message', 'x', 'out'))).toMatchObject({ modSeq: FIRST });
  });

  test.each<[string, Reader]>([
    ['others did', phone],
    ['a device did that keeps what they are in', { did: [FIRST], keeps: { folders: ['in'] } }],
  ])('is not what %s: that is not sent', (_, reader) => {
    expect(sends(reader, aRow('message', 'x', 'out'))).toEqual(NOTHING);
  });

  test('is sent to a device that keeps states without messages', () => {
    const reader: Reader = {
      did: [FIRST],
      keeps: { elementTypes: ['conversationHistory', 'messageState'], folders: ['in'] },
    };
    expect(sends(reader, aRow('messageState', 'x', 'out'))).toEqual(['messageState x c1 outOfScope']);
  });
});

describe('[SC15] what the device did outside of its scope, where others went on', () => {
  const did: Reader = { ...phone, did: [FIRST] };
  const mine = aRow('message', 'm1', 'out');
  const removed = aRow('message', 'm1', 'out', deleted);
  const straying = (rows: readonly ChangeRow[], changes: readonly object[] = []) =>
    told(ownRemovalsFor(did, changes, ...rows));

  test.each<[string, ChangeRow[], string[]]>([
    ['changed: it is outside', [mine, mine], ['message m1 c1 outOfScope']],
    ['deleted: its removal', [mine, removed], ['message m1 c1 deleted']],
    [
      'expired: its removal',
      [mine, aRow('message', 'm1', 'out', { removed: 'expired' })],
      ['message m1 c1 expired'],
    ],
    ['nothing: it is outside', [mine], ['message m1 c1 outOfScope']],
    [
      'changed others: these are not told',
      [
        mine,
        aRow('message', 'm2', 'out'),
        aRow('messageState', 'm1', 'out'),
        aRow('message', 'm1', 'out', { conversationId: 'c2' }),
        aRow('folder', 'f1', ''),
        history('out'),
      ],
      ['message m1 c1 outOfScope'],
    ],
  ])('%s', (_, rows, expected) => {
    expect(straying(rows)).toEqual(expected);
  });

  test('is sent with the number of the last of them', () => {
    expect(ownRemovalsFor(did, [], mine, removed)).toEqual([
      { type: 'message', id: 'm1', conversationId: 'c1', modSeq: FIRST + 1, removed: 'deleted' },
    ]);
  });

  test('is not what it did inside, nor what others did outside', () => {
    const theirs = aRow('message', 'm2', 'out', { conversationId: 'c2' });
    expect(straying([aRow('message', 'm1', 'in'), theirs])).toEqual(NOTHING);
  });

  test('is judged by where its conversation history is in the end', () => {
    expect(straying([mine, movedFrom('out', 'in')])).toEqual(NOTHING);
    expect(straying([aRow('message', 'm1', 'in'), movedFrom('in', 'out')])).toEqual([
      'message m1 c1 outOfScope',
    ]);
  });

  const removalOf = (named: object): Partial<Change> => ({ ...named, removed: 'deleted' }) as Partial<Change>;
  test.each<[string, object, string[]]>([
    ['is sent already', removalOf({ type: 'message', id: 'm1', conversationId: 'c1' }), NOTHING],
    ['goes with its conversation history', removalOf({ type: 'conversationHistory', id: 'c1' }), NOTHING],
    [
      'does not go with another one',
      removalOf({ type: 'conversationHistory', id: 'c2' }),
      ['message m1 c1 outOfScope'],
    ],
    [
      'does not go with a conversation history that is sent and lives',
      { type: 'conversationHistory', id: 'c1' },
      ['message m1 c1 outOfScope'],
    ],
    [
      'does not go with what is no conversation history and has its id',
      removalOf({ type: 'folder', id: 'c1' }),
      ['message m1 c1 outOfScope'],
    ],
  ])('%s', (_, change, expected) => {
    expect(straying([mine], [change])).toEqual(expected);
  });
});
