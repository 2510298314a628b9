import { deviceRegistrationSchema } from '../../../protocol/device-registration.js';
import { policySchema } from '../../../protocol/policy.js';
import { PROBLEMS, type ProblemKind, problemKindOf, problemType } from '../../../protocol/problem.js';
import { validate } from '../../../protocol/validation.js';

const pointers = (schema: typeof deviceRegistrationSchema | typeof policySchema, input: unknown) => {
  const validated = validate<typeof deviceRegistrationSchema | typeof policySchema>(schema, input);
  return validated.ok ? [] : validated.faults.map(({ pointer }) => pointer).sort();
};
const ids = (count: number, letter = 'x') => Array.from({ length: count }, (_, i) => `${letter}${i}`);

describe('the registration of a device', () => {
  const registration = (preferences: object, more: object = {}) => ({
    instanceId: 'i1',
    preferences,
    ...more,
  });

  test('[DV2] leaves out what means everything', () => {
    expect(deviceRegistrationSchema.parse({ instanceId: 'i1' })).toEqual({
      instanceId: 'i1',
      preferences: {},
    });
  });

  test.each([
    [{ folders: '*' }],
    [{ folders: [] }],
    [{ folders: ids(200) }],
    [{ folders: ids(100), excludeConversations: ids(100, 'c') }],
    [{ folders: '*', excludeConversations: ids(200) }],
    [{ pushWindowMs: 0 }],
    [{ pushWindowMs: 900_000 }],
    [{ maxTextBytes: 0, maxMessageAgeDays: 1, serverInitiated: false, elementTypes: [] }],
  ])('takes preferences of %j', (preferences) => {
    expect(pointers(deviceRegistrationSchema, registration(preferences))).toEqual([]);
  });

  test.each<[object, string[]]>([
    [{ folders: 'all' }, ['/preferences/folders']],
    [{ folders: ids(201) }, ['/preferences']],
    [{ folders: ids(101), excludeConversations: ids(100, 'c') }, ['/preferences']],
    [{ pushWindowMs: 900_001 }, ['/preferences/pushWindowMs']],
    [{ pushWindowMs: -1 }, ['/preferences/pushWindowMs']],
    [{ maxMessageAgeDays: 0 }, ['/preferences/maxMessageAgeDays']],
    [{ maxTextBytes: 1.5 }, ['/preferences/maxTextBytes']],
    [{ elementTypes: ['folder', 'mailbox'] }, ['/preferences/elementTypes/1']],
    [
      { elementTypes: [...Array(50).fill('folder'), 'mailbox'] },
      ['/preferences/elementTypes', '/preferences/elementTypes/50'],
    ],
    [
      { excludeConversations: [...ids(200), ''] },
      ['/preferences', '/preferences/excludeConversations', '/preferences/excludeConversations/200'],
    ],
    [{ sound: 'loud' }, ['/preferences/sound']],
    [{ folders: ['f1', '', 7] }, ['/preferences/folders/1', '/preferences/folders/2']],
    [
      { folders: ids(201), elementTypes: 'all', sound: 'loud' },
      ['/preferences', '/preferences/elementTypes', '/preferences/sound'],
    ],
  ])('does not take %j', (preferences, expected) => {
    expect(pointers(deviceRegistrationSchema, registration(preferences))).toEqual(expected);
  });

  test('names all its faults at once', () => {
    const input = { name: 'x'.repeat(256), preferences: { pushWindowMs: 'soon' }, colour: 'red' };
    expect(pointers(deviceRegistrationSchema, input)).toEqual([
      '/colour',
      '/instanceId',
      '/name',
      '/preferences/pushWindowMs',
    ]);
  });
});

describe('a policy', () => {
  test('limits ages for each message context', () => {
    expect(pointers(policySchema, { maxMessageAgeDays: { 'file-message': 7 } })).toEqual([]);
    expect(pointers(policySchema, { maxMessageAgeDays: { letter: 7, 'file-message': 0 } })).toEqual(
      expect.arrayContaining(['/maxMessageAgeDays/file-message', '/maxMessageAgeDays/letter']),
    );
  });

  test.each([
    [{ maxDevices: 0 }, ['/maxDevices']],
    [{ maxMessages: 0 }, ['/maxMessages']],
    [{ syncTimerSeconds: 0 }, ['/syncTimerSeconds']],
    [{ minPushWindowMs: 900_001 }, ['/minPushWindowMs']],
    [{ retentionDays: 36_501 }, ['/retentionDays']],
    [{ fee: 1 }, ['/fee']],
  ])('is not %j', (input, expected) => {
    expect(pointers(policySchema, input)).toEqual(expected);
  });
});

describe('problems', () => {
  test('[ER1] have the status that the protocol gives them', () => {
    const byStatus = Object.entries(PROBLEMS).map(([kind, { status }]) => `${status} ${kind}`);
    expect(byStatus.sort()).toEqual([
      '400 invalid-json',
      '400 invalid-request',
      '401 unauthorized',
      '403 device-not-registered',
      '403 insufficient-scope',
      '404 not-found',
      '409 instance-replaced',
      '409 operation-gap',
      '409 operation-mismatch',
      '409 too-many-devices',
      '413 too-large',
      '415 unsupported-media-type',
      '429 too-many-requests',
      '500 internal',
      '503 busy',
      '503 unavailable',
    ]);
  });

  test('are known by their type, and others are not', () => {
    for (const kind of Object.keys(PROBLEMS) as ProblemKind[]) {
      expect(problemType(kind)).toBe(`/problems/${kind}`);
      expect(problemKindOf({ type: problemType(kind) })).toBe(kind);
    }
    for (const type of [
      'about:blank',
      '/problems/',
      '/problems/none',
      '/problems/toString',
      'busy',
      'https://example.com/problems/busy',
    ]) {
      expect(problemKindOf({ type })).toBeUndefined();
    }
  });
});
