import { REMOVED_BY_TIME } from '../src/dynamodb/time-to-live.js';
import { streamRecord } from '../src/mappings/stream-record.js';

const asLambda = (record: object) => streamRecord(record, 'arn:stream', 'us-east-1');

test('a deletion by time to live is a REMOVE by the service, although DynamoDB Local uses another name', () => {
  const record = {
    eventName: 'UNKNOWN_TO_SDK_VERSION',
    dynamodb: { Keys: { id: { S: 'a' } }, SequenceNumber: '7' },
  };
  // biome-ignore lint/suspicious/noExplicitAny: a name that the SDK does not list
  expect(asLambda(record as any)).toMatchObject({
    eventName: 'REMOVE',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: { Keys: { id: { S: 'a' } }, SequenceNumber: '7' },
  });
});

describe('an item that was marked before its deletion by time to live', () => {
  const marked = { id: { S: 'a' }, [REMOVED_BY_TIME]: { BOOL: true } };

  test('is removed by the service, and its record omits the mark', () => {
    const record = asLambda({ eventName: 'REMOVE', dynamodb: { OldImage: marked } });
    expect(record?.userIdentity).toEqual({ type: 'Service', principalId: 'dynamodb.amazonaws.com' });
    expect(record?.dynamodb.OldImage).toEqual({ id: { S: 'a' } });
  });

  test('has no record of the marking', () => {
    const images = { OldImage: { id: { S: 'a' } }, NewImage: marked };
    expect(asLambda({ eventName: 'MODIFY', dynamodb: images })).toBeUndefined();
  });

  test('is an ordinary change when the item was written again instead', () => {
    const images = { OldImage: marked, NewImage: { id: { S: 'a' } } };
    const record = asLambda({ eventName: 'MODIFY', dynamodb: images });
    expect(record).not.toHaveProperty('userIdentity');
    expect(record?.dynamodb.OldImage).toEqual({ id: { S: 'a' } });
  });
});

test('userIdentity is kept, in the spelling of Lambda', () => {
  const record = {
    eventName: 'REMOVE',
    userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' },
  };
  expect(asLambda(record)?.userIdentity).toEqual({ type: 'Service', principalId: 'dynamodb.amazonaws.com' });
  expect(asLambda({ eventName: 'REMOVE' })).not.toHaveProperty('userIdentity');
});

test('binary values are base64, at any depth', () => {
  const bytes = Uint8Array.from([1, 2, 3]);
  const NewImage = {
    a: { B: bytes },
    b: { L: [{ BS: [bytes] }] },
    c: { M: { d: { N: '1' }, e: { BOOL: false } } },
  };
  expect(asLambda({ eventName: 'INSERT', dynamodb: { NewImage } })?.dynamodb.NewImage).toEqual({
    a: { B: 'AQID' },
    b: { L: [{ BS: ['AQID'] }] },
    c: { M: { d: { N: '1' }, e: { BOOL: false } } },
  });
});

describe('the time of a record, which DynamoDB Local truncates to the minute', () => {
  const NOON = Date.parse('2026-03-04T12:00:00Z');
  const noonReadAt = (readAt: string, given = NOON) => {
    jest.useFakeTimers({ now: Date.parse(readAt) });
    const record = asLambda({
      eventName: 'INSERT',
      dynamodb: { ApproximateCreationDateTime: new Date(given) },
    });
    jest.useRealTimers();
    return (record?.dynamodb.ApproximateCreationDateTime ?? Number.NaN) - NOON / 1000;
  };

  test.each<[string, string, number]>([
    ['is that of its reading within the same minute', '2026-03-04T12:00:42Z', 42],
    ['is the end of its minute when it is read later', '2026-03-04T12:30:00Z', 59],
    ['is never before the given time', '2026-03-04T11:59:58Z', 0],
  ])('%s', (_what, readAt, seconds) => {
    expect(noonReadAt(readAt)).toBe(seconds);
  });

  test('is kept when it has seconds', () => {
    expect(noonReadAt('2026-03-04T12:00:42Z', NOON + 7000)).toBe(7);
  });
});
