import { deviceRegistrationSchema } from '../../../protocol/device-registration.js';
import { parseOperation } from '../../../protocol/operation.js';
import { depositRequestSchema } from '../../../protocol/participating.js';
import { preferencesSchema } from '../../../protocol/preferences.js';
import { syncBodySchema } from '../../../protocol/sync.js';
import { validate } from '../../../protocol/validation.js';
import { aConversation, aMessage, modification, stateChange } from '../../support/builders.js';

const ofBody = (schema: typeof syncBodySchema | typeof depositRequestSchema, body: unknown) => {
  const validated = validate(schema, body);
  return validated.ok ? [] : validated.faults;
};
const ofOperation = (operation: unknown) => {
  const parsed = parseOperation(operation);
  return parsed.ok ? [] : parsed.errors;
};
const pointersIn = (faults: readonly { pointer: string }[]) => faults.map(({ pointer }) => pointer);

const TOO_MANY = { pointer: '/operations', detail: 'must have at most 50 operations' };
const NOT_ASCENDING = { pointer: '/operations', detail: 'must have numbers n that ascend by one' };
const list = <T>(length: number, each: (i: number) => T) => Array.from({ length }, (_, i) => each(i));

describe('[ER2, XO1] of the operations of a request all is told at once', () => {
  test.each<[string, unknown[], { pointer: string; detail: string }[]]>([
    [
      'that n does not ascend, and that one is no number',
      [{ n: 1 }, { n: 3 }, { n: 'x' }],
      [NOT_ASCENDING, { pointer: '/operations/2/n', detail: 'must be a number, got a string' }],
    ],
    [
      'also where what is no number stands between',
      [{ n: 1 }, 5, { n: 7 }],
      [NOT_ASCENDING, { pointer: '/operations/1', detail: 'must be an object, got a number' }],
    ],
    [
      'that they are too many, and do not ascend',
      list(51, (i) => ({ n: 2 * i + 1 })),
      [TOO_MANY, NOT_ASCENDING],
    ],
    [
      'what the one beyond the last allowed is',
      [...list(50, (i) => ({ n: 2 * i + 1 })), 5],
      [TOO_MANY, NOT_ASCENDING, { pointer: '/operations/50', detail: 'must be an object, got a number' }],
    ],
    [
      'that the last one has no n',
      [...list(51, () => ({ n: 1 })), {}],
      [TOO_MANY, NOT_ASCENDING, { pointer: '/operations/51/n', detail: 'is missing' }],
    ],
  ])('%s', (_, operations, expected) => {
    expect(ofBody(syncBodySchema, { operations })).toEqual(expected);
  });

  test('a number that is none is no gap', () => {
    expect(pointersIn(ofBody(syncBodySchema, { operations: [{ n: 4 }, {}, { n: 6 }] }))).toEqual([
      '/operations/1/n',
    ]);
  });

  test('of the Participating Function too', () => {
    const operations = [...list(50, () => ({})), { n: 1 }, null];
    expect(pointersIn(ofBody(depositRequestSchema, { operations }))).toEqual([
      '/operations',
      '/operations/51',
      '/operations/50/n',
    ]);
  });
});

describe('[ER2, ST8] of one operation all is told at once', () => {
  const uris = (count: number) => list(count, (i) => `tel:+1${i}`);
  const reports = list(1001, (i) => ({
    participant: `tel:+1${i}`,
    disposition: 'delivered',
    at: i === 1000 ? 'noon' : '2026-02-28T09:00:00Z',
  }));
  const parts = list(2049, (i) => ({ contentType: 'image/png', size: i === 2048 ? -1 : 1, href: 'x' }));

  test.each<[string, object, string[]]>([
    [
      '501 recipients, the last no uri',
      aMessage({ to: [...uris(501), 'bad'] }),
      ['/data/to', '/data/to/501'],
    ],
    [
      '501 participants, the last no uri',
      aConversation({ participants: [...uris(500), 'bad'] }),
      ['/data/participants', '/data/participants/500'],
    ],
    [
      '65 flags and a bad one',
      aMessage({ flags: [...list(65, (i) => `k${i}`), 'bad flag'] }),
      ['/flags', '/flags/65'],
    ],
    [
      '65 flags to add, a bad one among them',
      stateChange('m1', { addFlags: [...list(65, (i) => `k${i}`), 'bad flag'] }),
      ['/data/addFlags', '/data/addFlags/65'],
    ],
    [
      '1,001 dispositions, the last at no time',
      stateChange('m1', { dispositions: reports as never }),
      ['/data/dispositions', '/data/dispositions/1000/at'],
    ],
    [
      'too many parts, the last of no size',
      aMessage({ payloadParts: parts }),
      ['/data/payloadParts', '/data/payloadParts/2048/size'],
    ],
    [
      'a subject and a group state',
      modification('sessionHistory', 's1', { subject: 5, groupState: { groupType: 'bad', colour: 1 } }),
      ['/data/subject', '/data/groupState/colour', '/data/groupState/groupType'],
    ],
    [
      'a subject, and a group state that would lose what it needs',
      modification('sessionHistory', 's1', { subject: 5, groupState: { timestamp: null } }),
      ['/data/subject', '/data/groupState/timestamp'],
    ],
  ])('%s', (_, operation, expected) => {
    expect(pointersIn(ofOperation(operation)).sort()).toEqual([...expected].sort());
  });

  test('a list without end is looked at until a thousand are found', () => {
    const faults = ofOperation(modification('message', 'm1', { payloadParts: Array(500_000).fill(0) }));
    expect(faults[0]).toEqual({ pointer: '/data/payloadParts', detail: 'must have at most 2048 parts' });
    expect(faults).toHaveLength(1001);
  });
});

describe('[EL4] flags are a set', () => {
  const same = (count: number) => Array(count).fill('\\Seen');

  test.each<[string, object]>([
    ['at its creation', aMessage({ flags: same(65) })],
    ['to add', stateChange('m1', { addFlags: same(65) })],
    ['to remove', stateChange('m1', { removeFlags: same(65) })],
  ])('of which one may be named 65 times: %s', (_, operation) => {
    expect(ofOperation(operation)).toEqual([]);
  });

  test('of which more may be removed than a message can have', () => {
    expect(ofOperation(stateChange('m1', { removeFlags: list(200, (i) => `k${i}`) }))).toEqual([]);
  });

  test('to which more may be added than stay', () => {
    const addFlags = list(65, (i) => `k${i}`);
    expect(ofOperation(stateChange('m1', { addFlags, removeFlags: ['k7'] }))).toEqual([]);
    expect(ofOperation(stateChange('m1', { addFlags }))).toEqual([
      { pointer: '/data/addFlags', detail: 'must have at most 64 flags' },
    ]);
  });

  test('and a list without end is none', () => {
    for (const member of ['addFlags', 'removeFlags'])
      expect(ofOperation(stateChange('m1', { [member]: same(2049) }))).toEqual([
        { pointer: `/data/${member}`, detail: 'must have at most 2048 flags' },
      ]);
  });
});

describe('[ER2] of preferences all is told at once', () => {
  const elementTypes = [...Array(51).fill('message'), ...Array(9).fill('note')];

  test('the same alone as in a registration', () => {
    const alone = validate(preferencesSchema, { elementTypes });
    const registered = validate(deviceRegistrationSchema, { instanceId: 'i', preferences: { elementTypes } });
    const expected = ['', ...list(9, (i) => `/${51 + i}`)].map((end) => `/elementTypes${end}`);
    expect(alone.ok ? [] : pointersIn(alone.faults)).toEqual(expected);
    expect(registered.ok ? [] : pointersIn(registered.faults)).toEqual(
      expected.map((pointer) => `/preferences${pointer}`),
    );
  });
});
