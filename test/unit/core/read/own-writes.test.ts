// The changes that a device knows since it made them itself: own-writes.ts alone. live-changes.test.ts tests them on a store.

import type { ChangeRow, Commit } from '../../../../core/model/log-entry.js';
import { isKnownToDevice, ownWritesOf } from '../../../../core/read/own-writes.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { ELEMENT_TYPES, type ElementType } from '../../../../protocol/elements/element.js';
import type { OperationResult } from '../../../../protocol/operation-result.js';
import { aRow, movedFrom, scopeFor } from '../../../support/log-rows.js';

const phone = { deviceId: 'phone', instanceId: 'i1' } as Caller;
const made = (firstN: number, lastN: number, more: object = {}): Commit =>
  ({ modSeq: 9, origin: { by: 'device', ...phone, firstN, lastN, ...more } }) as unknown as Commit;
const results = (...statuses: readonly (readonly [number, string, number?])[]): OperationResult[] =>
  statuses.map(([n, status, modSeq]) => ({ n, status, modSeq }) as unknown as OperationResult);

describe('[SY12] a response acknowledges a commit', () => {
  const kept = results(
    [1, 'duplicate'],
    [2, 'duplicate'],
    [3, 'applied', 9],
    [4, 'unchanged'],
    [5, 'applied', 9],
  );

  test.each<[string, Commit, boolean]>([
    ['that has the results of all its operations', made(3, 5), true],
    ['that has them and others', made(4, 4), true],
    ['but not where the results of some are no longer kept', made(2, 3), false],
    ['nor of all', made(1, 2), false],
    ['nor where some are still to be sent', made(5, 6), false],
    ['nor where another device made it', made(3, 5, { deviceId: 'tablet' }), false],
    ['nor an earlier instance of this one', made(3, 5, { instanceId: 'i0' }), false],
    ['nor the Participating Function', { origin: { by: 'participatingFunction' } } as Commit, false],
  ])('%s', (_, commit, isIt) => {
    expect(ownWritesOf(phone, kept).isAcknowledged(commit)).toBe(isIt);
  });

  test('a response without results acknowledges none', () => {
    for (const given of [[], results([1, 'duplicate'])]) {
      expect(ownWritesOf(phone, given).isAcknowledged(made(1, 1))).toBe(false);
      expect(ownWritesOf(phone, given).isAcknowledged(made(0, 0))).toBe(false);
    }
  });
});

test.each<[string, number, boolean]>([
  ['is that of an operation which was applied', 9, true],
  ['is of one that was not', 7, false],
  ['is another one', 8, false],
])('a number %s', (_, modSeq, isIt) => {
  const { isApplied } = ownWritesOf(phone, results([1, 'conflict', 7], [2, 'applied', 9], [3, 'unchanged']));
  expect(isApplied(modSeq)).toBe(isIt);
});

describe('[SY12, SY13] a change is omitted', () => {
  const own = ownWritesOf(phone, results([1, 'applied', 9]));
  const mine = made(1, 1);
  const theirs = { modSeq: 8, origin: { by: 'participatingFunction' } } as Commit;
  const row = aRow('message', 'm1', 'f1');
  const isLeftOut = (rows: readonly (readonly [Commit, ChangeRow])[], elementTypes = ELEMENT_TYPES) =>
    isKnownToDevice(
      { scope: scopeFor({ keeps: { elementTypes } }), own },
      rows.map(([commit, each]) => ({ commit, at: 0, row: each })),
    );

  test.each<[string, [Commit, ChangeRow][], boolean]>([
    ['where the device did it and nothing else', [[mine, row]], true],
    ['but not where others did', [[theirs, row]], false],
    [
      'nor where others touched it before',
      [
        [theirs, row],
        [mine, row],
      ],
      false,
    ],
    [
      'nor after',
      [
        [mine, row],
        [{ ...theirs, modSeq: 10 }, row],
      ],
      false,
    ],
    [
      'nor where two of its own commits did',
      [
        [mine, row],
        [{ ...mine, modSeq: 10 }, row],
      ],
      false,
    ],
    ['nor where it was implied', [[mine, { ...row, implied: true }]], false],
    ['nor where it is a move', [[mine, movedFrom('f1', 'f2')]], false],
    ['nor where it began again', [[mine, { ...row, previousLifeFolderId: 'f1' as never }]], false],
  ])('%s', (_, rows, isIt) => {
    expect(isLeftOut(rows)).toBe(isIt);
  });

  test.each<[readonly ElementType[], boolean]>([
    [['message', 'messageState'], false],
    [['conversationHistory', 'messageState'], false],
    [['conversationHistory', 'message'], true],
    [['folder'], true],
  ])(
    '[SC15] for a device that keeps %s: %s, since others cannot tell what is in their scope',
    (types, isIt) => {
      expect(isLeftOut([[mine, row]], types as never)).toBe(isIt);
    },
  );
});
