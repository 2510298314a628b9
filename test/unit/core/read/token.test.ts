import {
  contentsPrefix,
  conversationKey,
  folderKey,
  messageKey,
  sessionKey,
} from '../../../../core/model/keys.js';
import type { Position } from '../../../../core/read/position.js';
import { openSyncToken, sealSyncToken } from '../../../../core/read/token.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { ConversationId, FolderId, MessageId, SessionId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, BOX } from '../../../support/builders.js';

const keysOf = (...keys: string[]) => ({ keys: async () => keys.map((key) => Buffer.from(key)) });
const KEYS = keysOf('a key');
const phone = { box: BOX, deviceId: 'phone', instanceId: 'i1' } as unknown as Caller;

const mark = (version: number) => ({ version, nonce: `d-${version % 10}A` });
const settledAt = (version: number) => ({ from: mark(version), to: mark(version), isFirst: false });
const upToDate: Position = {
  index: Date.UTC(2026, 2, 1) + 48_300,
  timeline: 0,
  modSeq: 48_214,
  nonce: 'AbCdEfGhIjk',
  projected: Date.UTC(2026, 2, 1) + 48_297,
  rowsSent: 0,
  incomplete: false,
  pageNo: 0,
  scope: settledAt(3),
};
const c = (id: string) => id as ConversationId;
const contents = (conversationId: string, after?: string) => ({
  conversationId: c(conversationId),
  ...(after !== undefined && { after }),
});
const midway = (more: Partial<Position> = {}): Position => ({
  ...upToDate,
  rowsSent: 7,
  incomplete: true,
  pageNo: 12,
  scope: { from: mark(2), to: mark(3), isFirst: true },
  ...more,
});
const backfill = (after?: string, more = {}) => ({
  phase: 'contents' as const,
  sent: 400,
  total: 5000,
  ...(after !== undefined && { after }),
  ...more,
});

const ODD = '#"1"2～😀\\';
const positions: [string, Position][] = [
  ['up to date', upToDate],
  ['up to date, in a view that is complete', { ...upToDate, projected: upToDate.index }],
  ['up to date, in a later timeline', { ...upToDate, timeline: 900 }],
  ['up to date, at the start of a box', { ...upToDate, modSeq: 1, projected: upToDate.index - 1 }],
  ['up to date, with numbers of seven bits', { ...upToDate, modSeq: 127, scope: settledAt(127) }],
  ['up to date, with numbers of eight bits', { ...upToDate, modSeq: 128, scope: settledAt(128) }],
  ['up to date, with the largest index', { ...upToDate, index: 10 ** 13 - 1, projected: 10 ** 13 - 1 }],
  ['midway without cursors', midway()],
  ['at the start of a backfill', midway({ backfill: { phase: 'leaving', sent: 0, total: 0 } })],
  ['among folders', midway({ backfill: { ...backfill(folderKey('f' as FolderId)), phase: 'folders' } })],
  [
    'among conversation histories',
    midway({ backfill: { ...backfill(conversationKey(c(ODD))), phase: 'conversations' } }),
  ],
  ['among messages', midway({ backfill: backfill(messageKey(c(ODD), ODD as MessageId)) })],
  [
    'owing a state',
    midway({ backfill: backfill(messageKey(c('c'), 'm' as MessageId), { isStatePending: true }) }),
  ],
  ['behind a conversation history', midway({ backfill: backfill(contentsPrefix(c('c'))) })],
  ['at the start of contents', midway({ contents: contents(ODD) })],
  ['among contents', midway({ contents: contents('c', sessionKey(c('c'), ODD as SessionId)) })],
  ['that has shown more', midway({ highWater: { index: upToDate.index + 86, nonce: 'BcDeFgHiJkk' } })],
  ['at the start of an expanded removal', midway({ expandedUpTo: 'H#' })],
  ['within an expanded removal', midway({ expandedUpTo: messageKey(c(ODD), ODD as MessageId) })],
  [
    'with both cursors',
    midway({
      backfill: backfill(messageKey(c('c1'), 'm1' as MessageId)),
      contents: { ...contents('c2', messageKey(c('c2'), 'm2' as MessageId)), isStatePending: true },
    }),
  ],
];

test.each(positions)('a position %s comes back as it was', async (_, position) => {
  expect(await openSyncToken(KEYS, phone, await sealSyncToken(KEYS, phone, position))).toEqual(position);
});

test.each([
  ['device', { ...phone, deviceId: 'tablet' }],
  ['instance', { ...phone, instanceId: 'i2' }],
  ['box', { ...phone, box: 'tel:+15550999' }],
  ['device, where the ids put together are the same', { ...phone, deviceId: 'phonei', instanceId: '1' }],
])('[TK2] a token of another %s does not open', async (_, other) => {
  const token = await sealSyncToken(KEYS, phone, upToDate);
  expect(await openSyncToken(KEYS, other as Caller, token)).toBeUndefined();
});

test('[TK3] a token does not open with any bit changed', async () => {
  const bytes = Buffer.from(await sealSyncToken(KEYS, phone, upToDate), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(await openSyncToken(KEYS, phone, damaged.toString('base64url'))).toBeUndefined();
  }
});

test('[TK3] a token does not open with any character changed, one more or one less', async () => {
  for (const more of [0, 1, 2]) {
    // The last character of a token holds two, four or six bits of it.
    const nonce = Buffer.alloc(8 + more, 7).toString('base64url');
    const token = await sealSyncToken(KEYS, phone, { ...upToDate, nonce });
    const damaged = [...token].flatMap((was, i) => {
      const others = [...'AQgwBZaz09-_+/=. 🙂'].filter((other) => other !== was);
      return others.map((other) => token.slice(0, i) + other + token.slice(i + 1));
    });
    for (const each of [...damaged, `${token}=`, `${token}A`, `${token}!`, ` ${token}`, token.slice(1)]) {
      expect([each, await openSyncToken(KEYS, phone, each)]).toEqual([each, undefined]);
    }
  }
});

test('a token that was cut off anywhere does not open', async () => {
  const bytes = Buffer.from(await sealSyncToken(KEYS, phone, upToDate), 'base64url');
  for (let length = 0; length < bytes.length; length++) {
    expect(await openSyncToken(KEYS, phone, bytes.subarray(0, length).toString('base64url'))).toBeUndefined();
  }
});

test.each(['', 'x', 'not a token', '🙂'.repeat(50), 'A'.repeat(600)])(
  '%j does not open as a token',
  async (token) => {
    expect(await openSyncToken(KEYS, phone, token)).toBeUndefined();
  },
);

describe('the key', () => {
  test('is the newest for sealing, and the one before still opens', async () => {
    const old = await sealSyncToken(keysOf('old'), phone, upToDate);
    const both = keysOf('new', 'old');
    expect(await openSyncToken(both, phone, old)).toEqual(upToDate);
    const fresh = await sealSyncToken(both, phone, upToDate);
    expect(await openSyncToken(keysOf('new'), phone, fresh)).toEqual(upToDate);
    expect(await openSyncToken(keysOf('old'), phone, fresh)).toBeUndefined();
    expect(await openSyncToken(keysOf('newer', 'new'), phone, old)).toBeUndefined();
  });

  test('has to be there', async () => {
    await expect(sealSyncToken(keysOf(), phone, upToDate)).rejects.toThrow('there must be a key');
  });
});

describe('the length', () => {
  const large = {
    index: 10 ** 13 - 1,
    timeline: 900,
    modSeq: 999_999_999_999,
    nonce: 'AbCdEfGhIjk',
    projected: 10 ** 13 - 100_000,
    rowsSent: 99,
    pageNo: 99_999,
    scope: { from: mark(99_998), to: mark(99_999), isFirst: true },
    highWater: { index: 10 ** 13 - 1, nonce: 'AbCdEfGhIjk' },
  };
  const counts = { sent: 9_999_999, total: 9_999_999 };
  const long = (letter: string) => letter.repeat(128 / Buffer.byteLength(letter));

  test('[TK1] is about 60 characters for a device that is up to date', async () => {
    expect((await sealSyncToken(KEYS, phone, upToDate)).length).toBeLessThanOrEqual(60);
    const { index, timeline, modSeq, projected } = large;
    const largest = { ...upToDate, index, timeline, modSeq, projected, scope: settledAt(99_999) };
    expect((await sealSyncToken(KEYS, phone, largest)).length).toBeLessThanOrEqual(64);
  });

  test('[TK1] is about 60 characters for the device of a real box that is up to date', async () => {
    const box = new BoxUnderTest();
    await box.given(aConversation());
    const tablet = await box.device(BOX, 'tablet');
    const { syncToken = '' } = await box.syncAll(tablet);
    expect(syncToken.length).toBeLessThanOrEqual(60);
  });

  const whole = (letter: string, other: string) => {
    const [mine, theirs] = [long(letter), long(other)];
    return midway({
      ...large,
      backfill: { ...backfill(messageKey(c(mine), mine as MessageId)), ...counts },
      contents: contents(theirs, messageKey(c(theirs), theirs as MessageId)),
    });
  };

  test.each(['x', '#', '"', '\\', '～', '😀', 'é'])(
    '[TK1] is 600 characters at the most with one cursor of the longest ids of %j, and nothing is left out',
    async (letter) => {
      const { contents: mine, backfill: other, ...rest } = whole(letter, 'y');
      for (const position of [
        { ...rest, contents: mine },
        { ...rest, backfill: other },
      ] as Position[]) {
        const token = await sealSyncToken(KEYS, phone, position);
        expect(token.length).toBeLessThanOrEqual(600);
        expect(await openSyncToken(KEYS, phone, token)).toEqual(position);
      }
    },
  );

  test.each(['x', '#', '"', '\\', '😀', 'é'])(
    'is 600 characters at the most with both cursors of %j: the contents keep theirs, since the backfill waits for them',
    async (letter) => {
      const position = whole(letter, 'y');
      const token = await sealSyncToken(KEYS, phone, position);
      expect(token.length).toBeLessThanOrEqual(600);
      expect(await openSyncToken(KEYS, phone, token)).toEqual({
        ...position,
        backfill: { phase: 'contents', ...counts, isWaiting: true },
      });
    },
  );

  test('leaves out nothing with ids of 70 characters', async () => {
    const [mine, theirs] = ['a'.repeat(70), 'b'.repeat(70)];
    const position = midway({
      backfill: backfill(messageKey(c(mine), mine as MessageId)),
      contents: contents(theirs, messageKey(c(theirs), theirs as MessageId)),
    });
    const token = await sealSyncToken(KEYS, phone, position);
    expect(token.length).toBeLessThanOrEqual(600);
    expect(await openSyncToken(KEYS, phone, token)).toEqual(position);
  });
});
