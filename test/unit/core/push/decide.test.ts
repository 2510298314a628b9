import type { ChangeRow, Commit } from '../../../../core/model/log-entry.js';
import { OPENING_MS, OVERDUE_MS } from '../../../../core/model/timing.js';
import { ChangeCounter } from '../../../../core/push/change-counter.js';
import { decidePush } from '../../../../core/push/decide.js';
import { effectiveOf } from '../../../../core/scope/effective-scope.js';
import type { ScopedDevice } from '../../../../core/scope/scoped-device.js';
import type { Preferences } from '../../../../protocol/preferences.js';

const NOW = 1_000_000;

const device = (more: Partial<Record<keyof ScopedDevice, unknown>> = {}, preferences: Preferences = {}) =>
  ({
    box: 'tel:+1',
    deviceId: 'phone',
    instanceId: 'i1',
    preferences,
    effective: effectiveOf({ pushWindowMs: 5000, ...preferences }, []),
    scopeVersion: 1,
    syncedModSeq: 4,
    connectionId: 'A',
    ...more,
  }) as ScopedDevice;

const row = (type: string, id: string, more: Partial<Record<keyof ChangeRow, unknown>> = {}) =>
  ({
    type,
    id,
    ...(type !== 'folder' && { folderId: 'f1' }),
    ...(isContent(type) && { conversationId: 'c1' }),
    ...more,
  }) as ChangeRow;
const isContent = (type: string) => type.startsWith('message') || type === 'sessionHistory';

const commit = (modSeq: number, rows = [row('message', 'm1')], by = 'participatingFunction') =>
  ({
    kind: 'entry',
    modSeq,
    atMs: NOW,
    rows,
    origin: by === 'participatingFunction' ? { by } : { by: 'device', deviceId: by, instanceId: 'i1' },
  }) as unknown as Commit;

const only = (folder: string, more: Preferences = {}) =>
  ({ folders: [folder], ...more }) as unknown as Preferences;

describe('a commit is not announced', () => {
  test.each<[string, string, ScopedDevice, Commit]>([
    ['ownChange', 'to the device that made it', device(), commit(5, undefined, 'phone')],
    ['notConnected', 'to a device without connection', device({ connectionId: undefined }), commit(5)],
    ['synchronizedPast', 'to a device that has synchronized it', device({ syncedModSeq: 5 }), commit(5)],
    ['synchronizedPast', 'to a device that has synchronized past it', device({ syncedModSeq: 9 }), commit(5)],
    ['announced', 'to a device that was told of it', device({ announcedModSeq: 5 }), commit(5)],
    ['switchedOff', 'where serverInitiated is false', device({}, { serverInitiated: false }), commit(5)],
    [
      'scheduled',
      'where a push is scheduled',
      device({ pendingPushModSeq: 5, pendingPushDueMs: NOW + 1 }),
      commit(6),
    ],
    [
      'scheduled',
      'where a push is a little late',
      device({ pendingPushModSeq: 5, pendingPushDueMs: NOW - OVERDUE_MS }),
      commit(6),
    ],
    ['outOfScope', 'where its folder is not kept', device({}, only('f2')), commit(5)],
    [
      'outOfScope',
      'where its conversation is excluded',
      device({}, { excludeConversations: ['c1'] } as unknown as Preferences),
      commit(5),
    ],
    ['outOfScope', 'where its type is not kept', device({}, { elementTypes: ['folder'] }), commit(5)],
    [
      'outOfScope',
      'where it is too old',
      device({}, { maxMessageAgeDays: 1 }),
      commit(5, [row('message', 'm1', { date: '1969-12-01T00:00:00Z', messageContext: 'chat-message' })]),
    ],
    [
      'outOfScope',
      'where a conversation history moves about outside',
      device({}, only('f3')),
      commit(5, [row('conversationHistory', 'c1', { folderId: 'f2', previousFolderId: 'f1' })]),
    ],
  ])('[PU5, PU6, PU7, PU8] %s: %s', (why, _, to, what) => {
    expect(decidePush(to, [what], NOW)).toEqual({ kind: 'none', why });
  });
});

describe('a commit is announced', () => {
  test.each<[string, ScopedDevice, Commit]>([
    ['of another device of the user', device(), commit(5, undefined, 'tablet')],
    ['of an earlier instance of the device', device({ instanceId: 'i2' }), commit(5, undefined, 'phone')],
    ['of the Participating Function', device(), commit(5)],
    [
      'in which one of many rows is in the scope',
      device({}, only('f2')),
      commit(5, [row('message', 'm1'), row('message', 'm2', { folderId: 'f2', conversationId: 'c2' })]),
    ],
    [
      'that moves a conversation history into the scope',
      device({}, only('f2')),
      commit(5, [row('conversationHistory', 'c1', { folderId: 'f2', previousFolderId: 'f1' })]),
    ],
    [
      'that moves one out of it',
      device({}, only('f1')),
      commit(5, [row('conversationHistory', 'c1', { folderId: 'f2', previousFolderId: 'f1' })]),
    ],
    [
      'that moves one into it, where messages alone are kept',
      device({}, only('f2', { elementTypes: ['message'] })),
      commit(5, [row('conversationHistory', 'c1', { folderId: 'f2', previousFolderId: 'f1' })]),
    ],
    [
      'that moves one out of it, where messages alone are kept',
      device({}, only('f1', { elementTypes: ['message'] })),
      commit(5, [row('conversationHistory', 'c1', { folderId: 'f2', previousFolderId: 'f1' })]),
    ],
    [
      'that deletes an old message',
      device({}, { maxMessageAgeDays: 1 }),
      commit(5, [
        row('message', 'm1', {
          date: '1969-01-01T00:00:00Z',
          messageContext: 'chat-message',
          removed: 'deleted',
        }),
      ]),
    ],
    [
      'that deletes a folder of the scope',
      device({}, only('f1', { elementTypes: ['message'] })),
      commit(5, [row('folder', 'f1', { removed: 'deleted' })]),
    ],
  ])('[PU1] %s', (_, to, what) => {
    expect(decidePush(to, [what], NOW)).toEqual({ kind: 'schedule', modSeq: 5, dueMs: NOW });
  });

  test.each([
    ['never before', undefined, NOW],
    ['a window ago', NOW - 5000, NOW],
    ['within the window', NOW - 1000, NOW + 4000],
    ['just now', NOW, NOW + 5000],
  ])('when the last push was %s, at the right time', (_, lastPushAtMs, dueMs) => {
    expect(decidePush(device({ lastPushAtMs }), [commit(5)], NOW)).toEqual({
      kind: 'schedule',
      modSeq: 5,
      dueMs,
    });
  });

  test('at the time of its own mark: sending it had failed midway', () => {
    const marked = device({ pendingPushModSeq: 5, pendingPushDueMs: NOW + 77, lastPushAtMs: NOW });
    expect(decidePush(marked, [commit(5)], NOW)).toEqual({ kind: 'schedule', modSeq: 5, dueMs: NOW + 77 });
  });

  test.each<[string, Partial<Record<keyof ScopedDevice, unknown>>]>([
    ['has synchronized past it', { syncedModSeq: 5 }],
    ['has lost its connection', { connectionId: undefined }],
  ])(
    'where it has marked it and the device %s since: until its message comes, the mark holds others back',
    (_, more) => {
      const marked = device({ pendingPushModSeq: 5, pendingPushDueMs: NOW + 77, ...more });
      expect(decidePush(marked, [commit(5)], NOW)).toEqual({ kind: 'schedule', modSeq: 5, dueMs: NOW + 77 });
    },
  );

  test('where the mark of another one is overdue: its push was lost', () => {
    const marked = device({ pendingPushModSeq: 5, pendingPushDueMs: NOW - OVERDUE_MS - 1 });
    expect(decidePush(marked, [commit(6)], NOW)).toEqual({ kind: 'schedule', modSeq: 6, dueMs: NOW });
  });

  test.each([
    ['has synchronized', { syncedModSeq: 5 }],
    ['was told of', { announcedModSeq: 5 }],
  ])('where another one has marked what the device %s: nobody may come to that mark', (_, more) => {
    const marked = device({ pendingPushModSeq: 5, pendingPushDueMs: NOW + 77, ...more });
    expect(decidePush(marked, [commit(6)], NOW)).toEqual({ kind: 'schedule', modSeq: 6, dueMs: NOW });
  });
});

test('a connection that is just being opened is given the time for it', () => {
  const opening = device({ connectedAtMs: NOW - 400 });
  expect(decidePush(opening, [commit(5)], NOW)).toEqual({
    kind: 'schedule',
    modSeq: 5,
    dueMs: NOW - 400 + OPENING_MS,
  });
});

describe('several commits together', () => {
  test('are announced by the first that concerns the device', () => {
    const outside = [row('message', 'm', { folderId: 'f2', conversationId: 'c2' })];
    const commits = [commit(4), commit(5, undefined, 'phone'), commit(6, outside), commit(7), commit(8)];
    expect(decidePush(device({}, only('f1')), commits, NOW)).toEqual({
      kind: 'schedule',
      modSeq: 7,
      dueMs: NOW,
    });
  });

  test('find the mark of any of them as their own', () => {
    const marked = device({ pendingPushModSeq: 6, pendingPushDueMs: NOW + 77 });
    expect(decidePush(marked, [commit(5), commit(6)], NOW)).toEqual({
      kind: 'schedule',
      modSeq: 6,
      dueMs: NOW + 77,
    });
  });
});

const frameOf = (to: ScopedDevice, commits: readonly Commit[], nowMs: number) => {
  const tally = new ChangeCounter(to, nowMs);
  for (const each of commits) tally.add(each);
  return tally.frame;
};

describe('what a synchronization request says', () => {
  test('[PU2] is everything since the device synchronized, by type, with the last modSeq', () => {
    const commits = [
      commit(4, [row('folder', 'f9')]), // synchronized
      commit(5, [row('message', 'm1'), row('messageState', 'm1'), row('folder', 'f2')]),
      commit(6, [row('messageState', 'm1'), row('message', 'm2', { conversationId: 'c2' })]),
    ];
    expect(frameOf(device(), commits, NOW)).toEqual({
      type: 'syncRequest',
      modSeq: 6,
      changes: { message: 2, messageState: 2, folder: 1 },
      conversations: ['c1', 'c2'],
    });
  });

  test('[PU5, PU6] leaves out own changes and what is out of scope', () => {
    const commits = [
      commit(5, [row('message', 'own')], 'phone'),
      commit(
        6,
        [row('message', 'in'), row('message', 'out', { folderId: 'f2', conversationId: 'c2' })],
        'tablet',
      ),
      commit(7, [row('message', 'own')], 'phone'),
    ];
    expect(frameOf(device({}, only('f1')), commits, NOW)).toEqual({
      type: 'syncRequest',
      modSeq: 7,
      changes: { message: 1 },
      conversations: ['c1'],
    });
  });

  test('[PU2] names a conversation history that comes in or leaves, and ten at the most', () => {
    const moves = commit(5, [
      row('conversationHistory', 'in', { folderId: 'f1', previousFolderId: 'f2' }),
      row('conversationHistory', 'out', { folderId: 'f2', previousFolderId: 'f1' }),
      ...Array.from({ length: 12 }, (_, i) => row('message', 'm', { conversationId: `x${i}` })),
    ]);
    const frame = frameOf(device({}, only('f1')), [moves], NOW);
    expect(frame?.conversations).toEqual(['in', 'out', ...Array.from({ length: 8 }, (_, i) => `x${i}`)]);
    expect(frame?.changes).toEqual({ conversationHistory: 2, message: 12 });
  });

  test('is nothing where all of it was announced on this connection', () => {
    expect(frameOf(device({ announcedModSeq: 6 }), [commit(5), commit(6)], NOW)).toBeUndefined();
  });

  test('is all of it again where some was not announced yet', () => {
    const frame = frameOf(device({ announcedModSeq: 5 }), [commit(5), commit(6)], NOW);
    expect(frame).toMatchObject({ modSeq: 6, changes: { message: 2 } });
  });

  test.each<[string, ScopedDevice, Commit[]]>([
    ['where there is no commit', device(), []],
    ['where all of them are synchronized', device({ syncedModSeq: 9 }), [commit(5)]],
    ['where all of them are own ones', device(), [commit(5, undefined, 'phone')]],
    ['where all of them are out of scope', device({}, only('f2')), [commit(5)]],
    [
      'where what is new is out of scope',
      device({ announcedModSeq: 5 }, only('f1')),
      [commit(5), commit(6, [row('message', 'm', { folderId: 'f2' })])],
    ],
  ])('is nothing %s', (_, to, commits) => {
    expect(frameOf(to, commits, NOW)).toBeUndefined();
  });
});
