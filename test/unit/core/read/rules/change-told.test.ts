// Rule 4, second half, by itself: which elements of a conversation history in the scope are sent, and how.

import type { ChangeRow } from '../../../../../core/model/log-entry.js';
import {
  aRow,
  changeFor,
  daysAgo,
  deleted,
  FIRST,
  history,
  movedFrom,
  type Reader,
  sends,
} from '../../../../support/log-rows.js';

const NOTHING: string[] = [];

describe.each(['message', 'messageState'] as const)(
  '[SC5] a %s, for a device that keeps 30 days,',
  (type) => {
    const reader: Reader = { keeps: { maxMessageAgeDays: 30 } };
    const dated = (date: string, more: object = {}) =>
      aRow(type, 'x', 'f1', { date, messageContext: 'chat-message', ...more });

    test.each<[string, ChangeRow, string[]]>([
      ['younger: it', dated(daysAgo(29)), [`${type} x c1`]],
      ['of that very age: it, since that is within the limit', dated(daysAgo(30)), [`${type} x c1`]],
      ['older: changes are not sent', dated(daysAgo(30, 1)), NOTHING],
      ['older and deleted: removals always are', dated(daysAgo(31), deleted), [`${type} x c1 deleted`]],
      [
        'older and expired: removals always are',
        dated(daysAgo(31), { removed: 'expired' }),
        [`${type} x c1 expired`],
      ],
    ])('%s', (_, row, expected) => {
      expect(sends(reader, row)).toEqual(expected);
    });

    test('old, for a device without limit: it', () => {
      expect(sends({}, dated(daysAgo(3000)))).toEqual([`${type} x c1`]);
    });

    test('old, and without limit for messages of its context: it', () => {
      const byContext: Reader = { keeps: {}, policies: [{ maxMessageAgeDays: { 'file-message': 30 } }] };
      expect(sends(byContext, dated(daysAgo(31)))).toEqual([`${type} x c1`]);
      expect(sends(byContext, dated(daysAgo(31), { messageContext: 'file-message' }))).toEqual(NOTHING);
    });

    test('old, in what came in: not sent', () => {
      expect(
        sends({ keeps: { ...reader.keeps, folders: ['in'] } }, movedFrom('out', 'in'), dated(daysAgo(31))),
      ).toEqual(NOTHING);
    });
  },
);

test('[SC5] the age limit is one of messages and states: other elements have none', () => {
  const reader: Reader = { keeps: { maxMessageAgeDays: 1 } };
  expect(sends(reader, history('f1'))).toEqual(['conversationHistory c1']);
  expect(sends(reader, aRow('sessionHistory', 's1', 'f1'))).toEqual(['sessionHistory s1 c1']);
});

describe('[RT3] a message that takes the id of one which has expired', () => {
  const reader: Reader = { keeps: { maxMessageAgeDays: 30, folders: ['in'] } };
  const follows = (days: number, folder = 'in') =>
    aRow('message', 'm1', folder, {
      date: daysAgo(days),
      messageContext: 'chat-message',
      replacesExpired: true,
    });
  const changed = (days: number) =>
    aRow('message', 'm1', 'in', { date: daysAgo(days), messageContext: 'chat-message' });

  test.each<[string, Reader, ChangeRow[], string[]]>([
    ['is sent as it is, where it is young enough', reader, [follows(29)], ['message m1 c1']],
    ['is too old: the former has expired', reader, [follows(31)], ['message m1 c1 expired']],
    [
      'is too old and was changed since: the former has expired',
      reader,
      [follows(31), changed(31)],
      ['message m1 c1 expired'],
    ],
    ['is too old, and none was before it: nothing', reader, [changed(31)], NOTHING],
    ['is outside of the scope: nothing', reader, [follows(31, 'out')], NOTHING],
    [
      'is too old, for a device that keeps states: its removal covers that of the former',
      { keeps: { ...reader.keeps, elementTypes: ['conversationHistory', 'messageState'] } },
      [follows(31)],
      ['message m1 c1 expired'],
    ],
    [
      'is young, for a device that keeps states: nothing, since it holds none of it',
      { keeps: { ...reader.keeps, elementTypes: ['conversationHistory', 'messageState'] } },
      [follows(29)],
      NOTHING,
    ],
    [
      'is too old, for a device of which its removal covers nothing: nothing',
      { keeps: { ...reader.keeps, elementTypes: ['conversationHistory', 'sessionHistory'] } },
      [follows(31)],
      NOTHING,
    ],
  ])('%s', (_, of, rows, expected) => {
    expect(sends(of, ...rows)).toEqual(expected);
  });

  test('and is too old has the number of the last commit in the removal', () => {
    expect(changeFor(reader, follows(31), changed(31))).toMatchObject({ modSeq: FIRST + 1 });
  });
});

describe('[SC6] a text, for a device that keeps 10 bytes of it,', () => {
  const reader: Reader = { keeps: { maxTextBytes: 10 } };
  const saying = (textContent: string) => ({ type: 'message', id: 'm1', conversationId: 'c1', textContent });
  const row = (textContent: string) => aRow('message', 'm1', 'f1', { element: saying(textContent) });

  test.each([
    ['of 10 bytes is whole', '1234567890', saying('1234567890')],
    ['of 11 is cut, and says so', '1234567890x', { ...saying('1234567890'), textTruncated: true }],
    ['is cut at a character', '123456789é', { ...saying('123456789'), textTruncated: true }],
    ['is cut behind a character', '12345678é9', { ...saying('12345678é'), textTruncated: true }],
  ])('%s', (_, text, expected) => {
    expect(changeFor(reader, row(text))).toEqual(expected);
  });

  test('is whole for a device that limits nothing now, whatever it did before', () => {
    expect(changeFor({ kept: [{ maxTextBytes: 10 }] }, row('1234567890x'))).toEqual(saying('1234567890x'));
  });
});

describe('what a row tells', () => {
  test('is its element as the row has it', () => {
    const row = aRow('message', 'm1', 'f1', {
      element: { type: 'message', id: 'm1', conversationId: 'c1', modSeq: FIRST, subject: 'x' },
    });
    expect(changeFor({}, row)).toEqual(row.element);
  });

  test('is the element of the last of its rows', () => {
    const saying = (subject: string) => ({ type: 'message', id: 'm1', conversationId: 'c1', subject });
    const rows = ['a', 'b'].map((subject) => aRow('message', 'm1', 'f1', { element: saying(subject) }));
    expect(changeFor({}, ...rows)).toEqual(saying('b'));
  });

  test('is a removal where the row is one, whatever stands before it', () => {
    expect(changeFor({}, aRow('message', 'm1', 'f1'), aRow('message', 'm1', 'f1', deleted))).toEqual({
      type: 'message',
      id: 'm1',
      conversationId: 'c1',
      modSeq: FIRST + 1,
      removed: 'deleted',
    });
  });
});
