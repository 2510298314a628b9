// Rule 4, second half, by itself: which elements of a conversation history in the scope are told, and how.

import type { ChangeRow } from '../../../../../core/model/log-entry.js';
import { rowKey } from '../../../../../core/model/row-key.js';
import {
  aRow,
  byReference,
  changeFor,
  daysAgo,
  deleted,
  FIRST,
  history,
  movedFrom,
  type Reader,
  tells,
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
      expect(tells(reader, row)).toEqual(expected);
    });

    test('old, for a device without limit: it', () => {
      expect(tells({}, dated(daysAgo(3000)))).toEqual([`${type} x c1`]);
    });

    test('old, and without limit for messages of its context: it', () => {
      const byContext: Reader = { keeps: {}, policies: [{ maxMessageAgeDays: { 'file-message': 30 } }] };
      expect(tells(byContext, dated(daysAgo(31)))).toEqual([`${type} x c1`]);
      expect(tells(byContext, dated(daysAgo(31), { messageContext: 'file-message' }))).toEqual(NOTHING);
    });

    test('old, in what came in: not sent', () => {
      expect(
        tells({ keeps: { ...reader.keeps, folders: ['in'] } }, movedFrom('out', 'in'), dated(daysAgo(31))),
      ).toEqual(NOTHING);
    });
  },
);

test('[SC5] the age limit is one of messages and states: other elements have none', () => {
  const reader: Reader = { keeps: { maxMessageAgeDays: 1 } };
  expect(tells(reader, history('f1'))).toEqual(['conversationHistory c1']);
  expect(tells(reader, aRow('sessionHistory', 's1', 'f1'))).toEqual(['sessionHistory s1 c1']);
});

describe('[RT3] a message that takes the id of one which has expired', () => {
  const reader: Reader = { keeps: { maxMessageAgeDays: 30, folders: ['in'] } };
  const follows = (days: number, folder = 'in') =>
    aRow('message', 'm1', folder, { date: daysAgo(days), messageContext: 'chat-message', succeeds: true });
  const changed = (days: number) =>
    aRow('message', 'm1', 'in', { date: daysAgo(days), messageContext: 'chat-message' });

  test.each<[string, Reader, ChangeRow[], string[]]>([
    ['is told as it is, where it is young enough', reader, [follows(29)], ['message m1 c1']],
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
    expect(tells(of, ...rows)).toEqual(expected);
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

  test('that stands in the log by reference is cut too', () => {
    const by = byReference(row(''));
    const { type: kind, id, conversationId, ...data } = saying('1234567890x');
    const fetched = new Map([
      [rowKey(by), { kind, id, conversationId, version: FIRST, modSeq: FIRST, data }],
    ]);
    expect(changeFor({ ...reader, fetched }, by)).toMatchObject({
      textContent: '1234567890',
      textTruncated: true,
    });
  });
});

describe('rule 3 and 4: what a row tells by reference', () => {
  const row = byReference(aRow('message', 'm1', 'f1'));
  const stateRow = byReference(aRow('messageState', 'm1', 'f1'));
  const folderRow = byReference(aRow('folder', 'f1', ''));
  const item = {
    kind: 'message',
    id: 'm1',
    conversationId: 'c1',
    version: 20,
    modSeq: 20,
    data: { subject: 'later' },
    state: { modSeq: 19, flags: ['k'], dispositions: [] },
  };
  const given = (of: ChangeRow, found?: object): Reader => ({
    fetched: new Map(found ? [[rowKey(of), found]] : []),
  });

  test('is told as it was fetched, with the number that it has by now', () => {
    expect(changeFor(given(row, item), row)).toEqual({
      type: 'message',
      id: 'm1',
      conversationId: 'c1',
      modSeq: 20,
      subject: 'later',
    });
  });

  test('is a state, which stands with its message and has a number of its own', () => {
    expect(changeFor(given(stateRow, item), stateRow)).toEqual({
      type: 'messageState',
      id: 'm1',
      conversationId: 'c1',
      modSeq: 19,
      flags: ['k'],
    });
  });

  test('is told as it stands in the row where it does, whatever was fetched', () => {
    const whole = aRow('message', 'm1', 'f1');
    expect(changeFor(given(row, item), whole)).toEqual(whole.element);
  });

  test.each([
    ['is not there', row, undefined],
    ['is deleted: a tombstone', row, { kind: 'tombstone', of: 'message', version: 21 }],
    ['is a state whose message is deleted', stateRow, { kind: 'tombstone', of: 'message', version: 21 }],
    ['is a state that has gone with a former message of that id', stateRow, { ...item, state: undefined }],
    ['is a folder that is deleted', folderRow, { kind: 'tombstone', of: 'folder', version: 21 }],
  ])('%s: nothing, since a later row tells', (_, of, found) => {
    expect(changeFor(given(of, found), of)).toBeUndefined();
  });

  test('is not asked for where the row is a removal', () => {
    expect(changeFor(given(row, item), { ...row, ...deleted })).toMatchObject({ removed: 'deleted' });
  });
});
