// Which removals are expanded; containers-not-held.test.ts shows the removals that are sent then.

import type { ChangeRow } from '../../../../core/model/log-entry.js';
import { isExpandedRemoval } from '../../../../core/read/expanded-removal.js';
import { aRow, deleted, history, type Reader, scopeFor } from '../../../support/log-rows.js';

const keeping = (elementTypes: readonly string[], more: object = {}): Reader => ({
  keeps: { elementTypes, ...more },
});
const folder = aRow('folder', 'f1', '', deleted);
const session = aRow('sessionHistory', 's1', 'f1', deleted);
const CONTENTS = ['message', 'messageState'];
const STATES = ['conversationHistory', 'messageState'];

describe('[SC13] the removal of a folder', () => {
  test.each<[string, Reader, boolean]>([
    ['for a device that keeps only messages', keeping(['message']), true],
    ['where the folder is listed', keeping(CONTENTS, { folders: ['f1'] }), true],
    ['but not where others are', keeping(CONTENTS, { folders: ['f2'] }), false],
    [
      'nor for a device that keeps conversation histories',
      keeping(['conversationHistory', 'message']),
      false,
    ],
    ['nor for one that keeps only folders', keeping(['folder']), false],
    [
      'for one that kept only messages by a scope before',
      { ...keeping(STATES), kept: [{ elementTypes: ['message'] }] },
      true,
    ],
    [
      'for one that keeps only messages by now',
      { ...keeping(['message']), kept: [{ elementTypes: ['conversationHistory', 'message'] }] },
      true,
    ],
    [
      'for one that kept what is in it by a scope before',
      { ...keeping(CONTENTS, { folders: ['f2'] }), kept: [{ folders: ['f1'] }] },
      true,
    ],
    [
      'for one that keeps what is in it by now',
      { ...keeping(CONTENTS, { folders: ['f1'] }), kept: [{ folders: ['f2'] }] },
      true,
    ],
  ])('is expanded %s', (_, reader, isIt) => {
    expect(isExpandedRemoval(folder, scopeFor(reader))).toBe(isIt);
  });
});

describe('[SC14] the removal of a session history', () => {
  test.each<[string, Reader, boolean]>([
    ['for a device that keeps states without messages', keeping(STATES), true],
    ['but not for one that keeps messages', keeping(CONTENTS), false],
    ['nor for one that keeps only session histories', keeping(['sessionHistory']), false],
    ['where its conversation history is in scope', keeping(STATES, { folders: ['f1'] }), true],
    ['but not where it is out', keeping(STATES, { folders: ['f2'] }), false],
    ['nor where it is excluded', keeping(STATES, { excludeConversations: ['c1'] }), false],
    [
      'for one that held it by a scope before',
      { ...keeping(STATES, { folders: ['f2'] }), kept: [{ folders: ['f1'] }] },
      true,
    ],
  ])('is expanded %s', (_, reader, isIt) => {
    expect(isExpandedRemoval(session, scopeFor(reader))).toBe(isIt);
  });

  test('that has expired is not: what it held has expired before it, and was told', () => {
    expect(isExpandedRemoval({ ...session, removed: 'expired' }, scopeFor(keeping(STATES)))).toBe(false);
  });
});

test.each<[string, ChangeRow]>([
  ['a folder that changes', aRow('folder', 'f1', '')],
  ['a session history that changes', aRow('sessionHistory', 's1', 'f1')],
  ['the removal of a conversation history', history('f1', deleted)],
  ['the removal of a message', aRow('message', 'm1', 'f1', deleted)],
])('nothing is expanded for %s', (_, row) => {
  expect(isExpandedRemoval(row, scopeFor(keeping(['messageState'])))).toBe(false);
});
