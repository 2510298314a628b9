import fc from 'fast-check';
import {
  ANCHOR_KEY,
  bodiesPrefix,
  bodyKey,
  contentsPrefix,
  conversationIdOf,
  conversationKey,
  conversationOfContents,
  deviceIdOf,
  deviceKey,
  ENTRIES,
  endOf,
  entryKey,
  folderKey,
  folderNameKey,
  formerInstanceKey,
  idempotencyKey,
  isRegistryKey,
  messageKey,
  messagesPrefix,
  overflowKey,
  packKey,
  preferencesKey,
  purgeKey,
  scopeKey,
  sessionKey,
  sessionsPrefix,
  TIMER_KEY,
  unpackKey,
} from '../../../../core/model/keys.js';
import type {
  ConversationId,
  DeviceId,
  FolderId,
  InstanceId,
  MessageId,
  SessionId,
} from '../../../../protocol/ids.js';
import { idSchema } from '../../../../protocol/ids.js';

/** Ids that try to break out of their part of a key, and any others. */
const anId = fc
  .oneof(
    fc
      .array(fc.constantFrom('#', '"', '1', '2', '$', '!', 'M', 'S', 'a', 'é', '～', '😀', ' ', '%'), {
        minLength: 1,
        maxLength: 12,
      })
      .map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  )
  .filter((id) => idSchema.safeParse(id).success);

const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sign = (order: number) => Math.sign(order);
const check = <T extends unknown[]>(property: fc.IPropertyWithHooks<T>) =>
  expect(fc.check(property, { numRuns: 1000, seed: 20260301 }).counterexample).toBeNull();

const builders: [string, (id: string) => string][] = [
  ['folders', (id) => folderKey(id as FolderId)],
  ['devices', (id) => deviceKey(id as DeviceId)],
  ['session histories', (id) => sessionKey('c' as ConversationId, id as SessionId)],
  ['messages', (id) => messageKey('c' as ConversationId, id as MessageId)],
  ['names', (id) => folderNameKey('f' as FolderId, id)],
];

test.each(builders)('keys of %s sort as their ids do, in bytes of UTF-8', (_, keyOf) => {
  check(fc.property(anId, anId, (a, b) => sign(byteOrder(keyOf(a), keyOf(b))) === sign(byteOrder(a, b))));
});

test('conversation histories sort as their contents do, also where one id begins with another', () => {
  check(
    fc.property(anId, anId, (a, b) => {
      const keys = byteOrder(conversationKey(a as ConversationId), conversationKey(b as ConversationId));
      const contents = byteOrder(
        messageKey(a as ConversationId, 'm' as MessageId),
        sessionKey(b as ConversationId, 'm' as SessionId),
      );
      return a === b || sign(keys) === sign(contents);
    }),
  );
});

test('no two things have one key', () => {
  check(
    fc.property(anId, anId, anId, anId, (a, b, c, d) => {
      const keys = [
        folderKey(a as FolderId),
        deviceKey(a as DeviceId),
        idempotencyKey(a as DeviceId),
        conversationKey(a as ConversationId),
        folderNameKey(null, a),
        ...[
          [a, b],
          [c, d],
        ].flatMap(([x, y]) => [
          folderNameKey(x as FolderId, y as string),
          messageKey(x as ConversationId, y as MessageId),
          bodyKey(messageKey(x as ConversationId, y as MessageId)),
          sessionKey(x as ConversationId, y as SessionId),
          formerInstanceKey(x as DeviceId, y as InstanceId),
        ]),
      ];
      const isSame = a === c && b === d;
      return new Set(keys).size === (isSame ? keys.length - 5 : keys.length);
    }),
  );
});

test('contents lie in the range of their conversation history, and nothing of another does', () => {
  check(
    fc.property(anId, anId, anId, (mine, other, id) => {
      const [from, to] = [
        contentsPrefix(mine as ConversationId),
        endOf(contentsPrefix(mine as ConversationId)),
      ];
      const isIn = (key: string) => byteOrder(from, key) <= 0 && byteOrder(key, to) <= 0;
      const keysOf = (conversation: string) => [
        messageKey(conversation as ConversationId, id as MessageId),
        sessionKey(conversation as ConversationId, id as SessionId),
      ];
      return keysOf(mine).every(isIn) && (mine === other || !keysOf(other).some(isIn));
    }),
  );
});

test('of a conversation history the session histories come after the messages, so backwards they come first', () => {
  check(
    fc.property(anId, anId, anId, (conversation, session, message) => {
      const id = conversation as ConversationId;
      return (
        byteOrder(messageKey(id, message as MessageId), sessionKey(id, session as SessionId)) < 0 &&
        byteOrder(endOf(messagesPrefix(id)), sessionsPrefix(id)) < 0
      );
    }),
  );
});

test('ids are read back from keys', () => {
  check(
    fc.property(anId, anId, (conversation, id) => {
      const read = conversation as ConversationId;
      return (
        conversationIdOf(conversationKey(read)) === read &&
        [contentsPrefix(read), messageKey(read, id as MessageId), conversationKey(read)].every(
          (key) => conversationOfContents(key) === read,
        )
      );
    }),
  );
});

test('a packed key is the key again, and no longer than its ids and eight characters', () => {
  check(
    fc.property(anId, anId, (conversation, id) =>
      [
        folderKey(id as FolderId),
        conversationKey(conversation as ConversationId),
        contentsPrefix(conversation as ConversationId),
        messageKey(conversation as ConversationId, id as MessageId),
        sessionKey(conversation as ConversationId, id as SessionId),
      ].every(
        (key) =>
          unpackKey(packKey(key)) === key && packKey(key).length <= conversation.length + id.length + 8,
      ),
    ),
  );
});

test('keys of ids stay under 1,024 bytes with the longest ids, all of them escaped', () => {
  const id = '#'.repeat(128);
  expect(Buffer.byteLength(messageKey(id as ConversationId, id as MessageId))).toBeLessThan(1024);
});

test('[FO3] the key of a folder name has 1,024 bytes at the most, and still each name one of its own', () => {
  const parents = [null, 'f' as FolderId, '#'.repeat(128) as FolderId];
  const names = ['a', '～', '#', '"', '😀'].flatMap((each) => [each.repeat(254), each.repeat(255)]);
  const keys = parents.flatMap((parent) => names.map((name) => folderNameKey(parent, name)));
  for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
  expect(new Set(keys).size).toBe(parents.length * names.length);
});

test('entries of the log sort by index, and the anchor behind all of them', () => {
  const indices = [1, 9, 10, 99, 100, 12_345, Date.UTC(2026, 2, 1), Date.UTC(2286, 0, 1)];
  const keys = [...indices.map(entryKey), ANCHOR_KEY];
  expect([...keys].reverse().sort(byteOrder)).toEqual(keys);
  for (const key of keys.slice(0, -1)) expect(key.startsWith(ENTRIES)).toBe(true);
});

test('the content of a large message lies in the range of its conversation history, and in no range of elements', () => {
  check(
    fc.property(anId, anId, anId, (mine, other, id) => {
      const key = bodyKey(messageKey(mine as ConversationId, id as MessageId));
      const isIn = (prefix: string) => byteOrder(prefix, key) <= 0 && byteOrder(key, endOf(prefix)) <= 0;
      return (
        isIn(bodiesPrefix(mine as ConversationId)) &&
        (mine === other || !isIn(bodiesPrefix(other as ConversationId))) &&
        !isIn(contentsPrefix(mine as ConversationId))
      );
    }),
  );
});

test('the id of a device is read back from its key', () => {
  check(fc.property(anId, (id) => deviceIdOf(deviceKey(id as DeviceId)) === id));
});

test('the table of the registry has what belongs to devices, and nothing else', () => {
  const [device, instance] = ['d' as DeviceId, 'i' as InstanceId];
  const ofDevices = [
    deviceKey(device),
    scopeKey(device, 1, 'n'),
    preferencesKey(device, 'n'),
    idempotencyKey(device),
    formerInstanceKey(device, instance),
  ];
  const others = [
    ANCHOR_KEY,
    TIMER_KEY,
    entryKey(1),
    overflowKey('n', 0),
    purgeKey(1, 1, 'f'),
    folderKey('f' as FolderId),
    folderNameKey(null, 'f'),
    conversationKey('c' as ConversationId),
    messageKey('c' as ConversationId, 'm' as MessageId),
    bodyKey(messageKey('c' as ConversationId, 'm' as MessageId)),
  ];
  expect(ofDevices.map(isRegistryKey)).toEqual(ofDevices.map(() => true));
  expect(others.map(isRegistryKey)).toEqual(others.map(() => false));
});

test('a scope, preferences and an idempotency record of one device have keys of their own, whatever the ids and nonces are', () => {
  const keys = ['P', '1', 'n'].flatMap((text) => [
    scopeKey('d' as DeviceId, 1, text),
    preferencesKey('d' as DeviceId, text),
    formerInstanceKey('d' as DeviceId, text as InstanceId),
  ]);
  expect(new Set([...keys, idempotencyKey('d' as DeviceId)]).size).toBe(keys.length + 1);
});
