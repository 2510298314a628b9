import { faultsOf } from '../../../protocol/faults.js';
import { numberedOperationSchema, plainOperationSchema } from '../../../protocol/numbered-operation.js';
import { parseOperation } from '../../../protocol/operation.js';
import { depositRequestSchema } from '../../../protocol/participating.js';
import { syncBodySchema, syncRequestSchema } from '../../../protocol/sync.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../support/builders.js';

const faults = (input: unknown) => {
  const parsed = parseOperation(input);
  if (parsed.ok) throw new Error('the operation is as it should be');
  return parsed.errors;
};
const pointers = (input: unknown) =>
  faults(input)
    .map(({ pointer }) => pointer)
    .sort();

describe('an operation that is as it should be', () => {
  test.each<[string, object]>([
    ['create folder', aFolder('f1')],
    ['modify folder', modification('folder', 'f1', { name: 'x', parentFolderId: null })],
    ['delete folder', removal('folder', 'f1', { ifModSeq: 3 })],
    ['create conversationHistory', aConversation({ folderId: 'f1', subject: 'x' })],
    ['modify conversationHistory', modification('conversationHistory', 'c1', { subject: null })],
    ['delete conversationHistory', removal('conversationHistory', 'c1')],
    ['create sessionHistory', aSession()],
    ['modify sessionHistory', modification('sessionHistory', 's1', { groupState: { groupType: 'closed' } })],
    ['delete sessionHistory', removal('sessionHistory', 's1')],
    ['create message', aMessage({ flags: ['\\Seen'] })],
    ['modify message', modification('message', 'm1', { textContent: null })],
    ['delete message', deletion('m1', { n: 7 })],
    ['modify messageState', stateChange('m1', { addFlags: [] }, { n: 1, ifModSeq: 1 })],
  ])('%s', (_, operation) => {
    expect(parseOperation(operation)).toMatchObject({ ok: true, operation });
  });

  test('creates a conversation history in default where it names no folder', () => {
    expect(parseOperation(aConversation())).toMatchObject({
      ok: true,
      operation: { data: { folderId: 'default' } },
    });
  });
});

describe('an operation that is not', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['']],
    ['null', null, ['']],
    ['a list', [], ['']],
    ['a text', 'create', ['']],
    ['an empty object', {}, ['/op', '/type']],
    ['an op that is unknown', { ...aFolder('f1'), op: 'rename' }, ['/op']],
    ['a type that is unknown', { ...aFolder('f1'), type: 'mailbox' }, ['/type']],
    ['a state that is created', { ...stateChange('m1', {}), op: 'create' }, ['/op']],
    ['a member that is unknown', { ...aFolder('f1'), colour: 'red' }, ['/colour']],
    ['ifModSeq of a creation', { ...aFolder('f1'), ifModSeq: 3 }, ['/ifModSeq']],
    ['data of a deletion', { ...deletion('m1'), data: {} }, ['/data']],
    ['a conversationId of a folder', { ...aFolder('f1'), conversationId: 'c1' }, ['/conversationId']],
    [
      'a message without conversationId',
      { ...deletion('m1'), conversationId: undefined },
      ['/conversationId'],
    ],
    ['flags among the data', { ...aMessage(), data: { ...aMessage().data, flags: [] } }, ['/data/flags']],
    ['an ifModSeq of zero', deletion('m1', { ifModSeq: 0 }), ['/ifModSeq']],
    ['a member with signs of pointers', { ...aFolder('f1'), 'a/b~c': 1 }, ['/a~1b~0c']],
    ['a fault in a list', aMessage({ to: ['tel:+1', 'nobody'] }), ['/data/to/1']],
    [
      'a part without its size',
      aMessage({ payloadParts: [{ contentType: 'x', href: 'y' }] }),
      ['/data/payloadParts/0/size'],
    ],
    ['null where nothing is deleted', aMessage({ subject: null }), ['/data/subject']],
    [
      'a size below zero',
      aMessage({ payloadParts: [{ contentType: 'x', href: 'y', size: -1 }] }),
      ['/data/payloadParts/0/size'],
    ],
    ['501 recipients', aMessage({ to: Array.from({ length: 501 }, () => 'tel:+1') }), ['/data/to']],
    ['65 flags', aMessage({ flags: Array.from({ length: 65 }, (_, i) => `k${i}`) }), ['/flags']],
    [
      '1,001 dispositions',
      stateChange('m1', {
        dispositions: Array.from({ length: 1001 }, () => ({
          participant: 'tel:+1',
          disposition: 'delivered',
          at: '2026-02-28T09:00:00Z',
        })),
      }),
      ['/data/dispositions'],
    ],
  ])('[OP13, ST8] %s is named by its pointer', (_, operation, expected) => {
    expect(pointers(operation)).toEqual(expected);
  });

  test('has all its faults named at once', () => {
    const operation = {
      ...aMessage({ id: '', date: 'noon', from: 7, messageContext: 'letter' }),
      n: 0,
      flags: ['ok', 'two words', '\\Recent'],
      conversation: { kind: 'trio', participants: 'all', folderId: 'f1' },
      more: 1,
    };
    expect(pointers(operation)).toEqual([
      '/conversation/folderId',
      '/conversation/kind',
      '/conversation/participants',
      '/data/date',
      '/data/from',
      '/data/messageContext',
      '/flags/1',
      '/flags/2',
      '/id',
      '/more',
      '/n',
    ]);
  });

  test('says what is wrong in words', () => {
    const { id: _, ...nameless } = aFolder('f1', { name: 'a/b' });
    expect(faults({ ...nameless, extra: 1, data: { ...nameless.data, parentFolderId: 7 } })).toEqual(
      expect.arrayContaining([
        { pointer: '/id', detail: 'is missing' },
        { pointer: '/data/name', detail: 'must not contain a /' },
        { pointer: '/extra', detail: 'is not a known member' },
        { pointer: '/data/parentFolderId', detail: 'must be a string, got a number' },
      ]),
    );
    expect(faults({ ...aFolder('f1'), op: 'rename' })).toEqual([
      { pointer: '/op', detail: 'must be one of "create", "modify", "delete"' },
    ]);
  });

  test('named like something every object has is unknown, too', () => {
    expect(pointers({ op: 'constructor', type: '__proto__' })).toEqual(['/op', '/type']);
    expect(pointers(JSON.parse('{"op":"delete","type":"folder","id":"f","__proto__":{}}'))).toEqual([
      '/__proto__',
    ]);
  });
});

describe('a request to synchronize', () => {
  const body = (operations: unknown[], more: object = {}) =>
    syncBodySchema.safeParse({ operations, ...more });
  const numbered = (...ns: unknown[]) => ns.map((n) => ({ n }));

  test('has defaults for all it leaves out', () => {
    expect(syncBodySchema.parse({})).toEqual({ operations: [], limit: 200 });
  });

  test.each<[string, unknown[]]>([
    ['from 1', numbered(1, 2, 3)],
    ['from anywhere', numbered(41, 42)],
    ['of one', numbered(7)],
    ['of fifty', numbered(...Array.from({ length: 50 }, (_, i) => i + 1))],
  ])('[XO1] numbers its operations by one: %s', (_, operations) => {
    expect(body(operations).success).toBe(true);
  });

  test.each<[string, unknown[]]>([
    ['with a gap', numbered(1, 3)],
    ['backwards', numbered(2, 1)],
    ['twice the same', numbered(1, 1)],
    ['not at all', [{}]],
    ['from 0', numbered(0, 1)],
    ['by halves', numbered(1.5)],
    ['by text', numbered('1')],
    ['fifty-one of them', numbered(...Array.from({ length: 51 }, (_, i) => i + 1))],
    ['of what is no operation', [1, null]],
  ])('[XO1] does not number them %s', (_, operations) => {
    expect(body(operations).success).toBe(false);
  });

  test('[OP13] leaves the faults of one operation to its result', () => {
    expect(body([{ n: 1, op: 'fly', wings: 2 }]).success).toBe(true);
  });

  test.each([
    [{ limit: 0 }, '/limit'],
    [{ limit: 1001 }, '/limit'],
    [{ limit: 1.5 }, '/limit'],
    [{ syncToken: null }, '/syncToken'],
    [{ deviceId: 'phone' }, '/deviceId'],
    [{ colour: 'red' }, '/colour'],
  ])('is at fault with %j', (more, pointer) => {
    const parsed = syncBodySchema.safeParse(more, { reportInput: true });
    expect(parsed.success ? [] : faultsOf(parsed.error).map((fault) => fault.pointer)).toEqual([pointer]);
  });

  test('over HTTP names device and instance', () => {
    expect(syncRequestSchema.safeParse({ deviceId: 'phone', instanceId: 'i' }).success).toBe(true);
    const parsed = syncRequestSchema.safeParse({ limit: 0 }, { reportInput: true });
    expect(
      parsed.success
        ? []
        : faultsOf(parsed.error)
            .map(({ pointer }) => pointer)
            .sort(),
    ).toEqual(['/deviceId', '/instanceId', '/limit']);
  });
});

describe('a request of the Participating Function', () => {
  test('[PF1] carries no n', () => {
    expect(plainOperationSchema.safeParse({ op: 'create' }).success).toBe(true);
    expect(numberedOperationSchema.safeParse({ n: 1 }).success).toBe(true);
    const numbered = depositRequestSchema.safeParse({ operations: [{ n: 1 }] }, { reportInput: true });
    expect(numbered.error && faultsOf(numbered.error)).toEqual([
      {
        pointer: '/operations/0/n',
        detail: 'must be absent: operations of the Participating Function have no n',
      },
    ]);
  });

  test('has one operation at least, fifty at the most, and nothing else', () => {
    const request = (count: number) => ({ operations: Array.from({ length: count }, () => ({})) });
    expect([0, 1, 50, 51].map((count) => depositRequestSchema.safeParse(request(count)).success)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(depositRequestSchema.safeParse({ ...request(1), deviceId: 'x' }).success).toBe(false);
  });
});
