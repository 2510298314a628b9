import { compileFilter } from '../src/mappings/filter.js';

const matches = (pattern: object, event: unknown) => compileFilter([JSON.stringify(pattern)], 'test')(event);

const INSERT = {
  eventName: 'INSERT',
  userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
  dynamodb: {
    Keys: { sk: { S: 'C#000000000001' } },
    NewImage: { size: { N: '42' }, tags: { SS: ['a', 'b'] } },
  },
};

describe('filter patterns of event source mappings', () => {
  test.each<[string, object, boolean]>([
    ['one of a list', { eventName: ['INSERT', 'MODIFY'] }, true],
    ['none of a list', { eventName: ['REMOVE'] }, false],
    ['several members', { eventName: ['INSERT'], userIdentity: { type: ['Service'] } }, true],
    [
      'several members, one of them different',
      { eventName: ['INSERT'], userIdentity: { type: ['User'] } },
      false,
    ],
    ['prefix', { dynamodb: { Keys: { sk: { S: [{ prefix: 'C#' }] } } } }, true],
    ['another prefix', { dynamodb: { Keys: { sk: { S: [{ prefix: 'E#' }] } } } }, false],
    ['suffix', { dynamodb: { Keys: { sk: { S: [{ suffix: '01' }] } } } }, true],
    ['exists', { dynamodb: { NewImage: { size: { N: [{ exists: true }] } } } }, true],
    ['does not exist', { dynamodb: { OldImage: { size: { N: [{ exists: false }] } } } }, true],
    ['does not exist, but does', { dynamodb: { NewImage: { size: { N: [{ exists: false }] } } } }, false],
    ['anything but', { eventName: [{ 'anything-but': ['REMOVE', 'MODIFY'] }] }, true],
    ['anything but this', { eventName: [{ 'anything-but': ['INSERT'] }] }, false],
    ['anything but a prefix', { eventName: [{ 'anything-but': { prefix: 'REM' } }] }, true],
    ['anything but, and nothing there', { color: [{ 'anything-but': ['red'] }] }, false],
    [
      'a range of numbers',
      { dynamodb: { NewImage: { size: { N: [{ numeric: ['>', 0, '<=', 42] }] } } } },
      true,
    ],
    ['outside a range', { dynamodb: { NewImage: { size: { N: [{ numeric: ['<', 42] }] } } } }, false],
    ['whatever case', { eventName: [{ 'equals-ignore-case': 'insert' }] }, true],
    ['an item of a list', { dynamodb: { NewImage: { tags: { SS: ['b'] } } } }, true],
    ['$or', { $or: [{ eventName: ['REMOVE'] }, { userIdentity: { type: ['Service'] } }] }, true],
  ])('%s', (_what, pattern, expected) => {
    expect(matches(pattern, INSERT)).toBe(expected);
  });

  test('patterns match the body of a message as JSON', () => {
    expect(matches({ body: { kind: ['push'] } }, { body: '{"kind":"push"}' })).toBe(true);
    expect(matches({ body: { kind: ['push'] } }, { body: 'not JSON' })).toBe(false);
  });

  test('an event passes when it matches one of several patterns, or when there is no pattern', () => {
    const filter = compileFilter(['{"eventName":["REMOVE"]}', '{"eventName":["INSERT"]}'], 'test');
    expect([filter(INSERT), filter({ eventName: 'MODIFY' })]).toEqual([true, false]);
    expect(compileFilter([], 'test')({})).toBe(true);
  });

  test.each(['{"a":[{"cidr":"10.0.0.0/24"}]}', '{"a":"text"}', '{"a":[{"numeric":["~",1]}]}', 'not JSON'])(
    '%s stops the start',
    (pattern) => {
      expect(() => compileFilter([pattern], 'The mapping "It"')).toThrow(/^The mapping "It": /);
    },
  );
});
