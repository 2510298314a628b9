import {
  ASIDE_ABOVE_BYTES,
  applied,
  bodyDropped,
  contentVersionOf,
  isShown,
  latestVersionOf,
  stateVersionOf,
  viewWritesOf,
  withBody,
} from '../../../../core/model/effects.js';
import { elementBytes, elementOf } from '../../../../core/model/element.js';
import type { Idempotency, StoredMessage } from '../../../../core/model/items.js';
import type { Effect } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { TOMBSTONE_MS } from '../../../../core/model/timing.js';
import { UNWRITTEN } from '../../../../core/model/version.js';

const SK = 'E#c1#M#m1';
const content = (modSeq: number, textContent = 'text', more: object = {}) =>
  ({
    kind: 'message',
    id: 'm1',
    conversationId: 'c1',
    modSeq,
    data: {
      messageContext: 'chat-message',
      direction: 'In',
      date: '2026-02-28T09:00:00Z',
      contentType: 'text/plain',
      textContent,
      ...more,
    },
  }) as never;
const state = (...flags: string[]) => ({ modSeq: 1, flags, dispositions: [] });
const message = (modSeq: number, text?: string): Effect => ({ sk: SK, content: content(modSeq, text) });
const tombstone: Effect = { sk: SK, content: { kind: 'tombstone', of: 'message' }, state: null };

const permutations = <T>(of: readonly T[]): T[][] =>
  of.length <= 1
    ? [[...of]]
    : of.flatMap((each, i) =>
        permutations([...of.slice(0, i), ...of.slice(i + 1)]).map((rest) => [each, ...rest]),
      );

/** The effects, each at the version of its place, applied in some order. */
const inOrder = (order: readonly (readonly [Effect, number])[]) =>
  order.reduce(
    (item: StoredItem | undefined, [effect, version]) => applied(item, effect, version),
    undefined,
  );

describe('parts only grow: in every order, and however often, effects come to the same', () => {
  test.each<[string, Effect[]]>([
    [
      'a message and its states',
      [message(1), { sk: SK, state: state('x') }, message(3), { sk: SK, state: state() }],
    ],
    [
      'a message with a state, and a later content',
      [{ ...message(1), state: state('x') }, message(2), { sk: SK, state: state('y') }],
    ],
    ['a message that is deleted', [message(1), { sk: SK, state: state('x') }, message(3), tombstone]],
    ['a state that is removed', [message(1), { sk: SK, state: state('x') }, { sk: SK, state: null }]],
    [
      'a message that has expired and is created anew',
      [
        { ...message(1), state: state('x'), expiresAtMs: 5 },
        tombstone,
        { ...message(3), state: null, expiresAtMs: 9 },
      ],
    ],
  ])('%s', (_, effects) => {
    const versioned = effects.map((effect, i) => [effect, i + 1] as const);
    const expected = inOrder(versioned);
    for (const order of permutations(versioned)) {
      expect(inOrder(order)).toEqual(expected);
      expect(inOrder([...order, ...order, ...order.toReversed()])).toEqual(expected);
    }
  });
});

describe('an effect', () => {
  test('leaves the part alone that it does not name', () => {
    const item = inOrder([
      [message(1, 'first'), 1],
      [{ sk: SK, state: state('x') }, 2],
    ]);
    expect(item).toMatchObject({
      version: 1,
      stateVersion: 2,
      data: { textContent: 'first' },
      state: { flags: ['x'] },
    });
    expect(applied(item, message(3, 'third'), 3)).toMatchObject({
      version: 3,
      stateVersion: 2,
      state: { flags: ['x'] },
    });
  });

  test('of which nothing is newer leaves the very item', () => {
    const item = inOrder([[{ ...message(1), state: state('x') }, 5]]);
    expect(applied(item, message(2), 5)).toBe(item);
    expect(applied(item, { sk: SK, state: null }, 4)).toBe(item);
  });

  test('on a state whose message is not there keeps it, for when that comes', () => {
    const alone = applied(undefined, { sk: SK, state: state('x') }, 2);
    expect(alone).toMatchObject({ kind: 'stateAlone', state: { flags: ['x'] } });
    expect([contentVersionOf(alone), stateVersionOf(alone), latestVersionOf(alone as StoredItem)]).toEqual([
      UNWRITTEN,
      2,
      2,
    ]);
    expect(applied(alone, message(1), 1)).toMatchObject({
      kind: 'message',
      version: 1,
      stateVersion: 2,
      state: { flags: ['x'] },
    });
  });

  test('that is older than a tombstone does not bring a message or its state back', () => {
    const gone = inOrder([[tombstone, 5]]);
    expect(applied(gone, { ...message(1), state: state('x') }, 4)).toBe(gone);
    expect(applied(undefined, tombstone, 5)).not.toHaveProperty('state');
  });
});

describe('a device', () => {
  const registration = (instanceId: string, since: number, more: object = {}): Effect =>
    ({
      sk: 'D#phone',
      content: {
        kind: 'device',
        deviceId: 'phone',
        instanceId,
        since,
        scopeVersion: 1,
        scopeNonces: ['n'],
        preferencesNonce: 'p',
        policiesDigest: 'd',
        ...more,
      },
    }) as never;
  const first = applied(undefined, registration('i1', 1, { policyId: 'kiosk' }), 1);
  const standing = { ...first, syncedModSeq: 7, connectionId: 'A', connectedAtMs: 5 } as StoredItem;

  test('begins with no position', () => {
    expect(first).toMatchObject({ kind: 'device', syncedModSeq: 0, policyId: 'kiosk' });
  });

  test('that is changed keeps where it stands, and not what it is no longer given', () => {
    const next = applied(standing, registration('i1', 1, { scopeVersion: 2 }), 3);
    expect(next).toMatchObject({ scopeVersion: 2, syncedModSeq: 7, connectionId: 'A', version: 3 });
    expect(next).not.toHaveProperty('policyId');
  });

  test('[DV5] that is another instance takes nothing over of where the former stood', () => {
    const next = applied(standing, registration('i2', 3), 3);
    expect(next).toMatchObject({ instanceId: 'i2', syncedModSeq: 0 });
    expect(next).not.toHaveProperty('connectionId');
  });

  const record = (results: object[]): Idempotency =>
    ({
      since: 1,
      lastN: results.length,
      firstN: 1,
      digests: results.map(() => 'digest 1'),
      results,
    }) as never;

  test('has the results of its last request in its item where they are small', () => {
    const small = record([{ n: 1, status: 'applied', modSeq: 3 }]);
    expect(viewWritesOf({ sk: 'D#phone', state: small }, 3, 0)).toEqual([
      { sk: 'D#phone', version: 3, state: small },
    ]);
  });

  test('has them in an item of their own where they are large, and their numbers in its item', () => {
    const large = record(Array.from({ length: 9 }, (_, i) => ({ n: i + 1, status: 'applied', modSeq: 3 })));
    const [device, aside, ...rest] = viewWritesOf({ sk: 'D#phone', state: large }, 3, 0);
    expect(device).toEqual({ sk: 'D#phone', version: 3, state: { since: 1, lastN: 9, firstN: 1 } });
    expect(aside).toEqual({
      sk: 'I#phone',
      version: 3,
      content: { kind: 'idempotency', sk: 'I#phone', version: 3, record: large },
    });
    expect(rest).toEqual([]);
  });
});

describe('a large message', () => {
  const large = { ...message(1, 'x'.repeat(ASIDE_ABOVE_BYTES)), expiresAtMs: 9 };
  const [header, body] = viewWritesOf(large, 4, 0);
  const item = { ...header?.content, sk: SK, version: 4 } as StoredMessage;

  test('keeps its content aside, and in its item what decides about it', () => {
    expect(header).toMatchObject({
      sk: SK,
      version: 4,
      expiresAtMs: 9,
      content: { bodyBytes: elementBytes({ ...item, ...large.content } as never) },
    });
    expect(Object.keys(item.data)).toEqual(['messageContext', 'direction', 'date', 'contentType']);
    expect(body).toMatchObject({
      sk: 'B#c1#M#m1',
      version: 4,
      expiresAtMs: 9,
      content: { kind: 'body', data: (large.content as never as StoredMessage).data },
    });
  });

  test('is as large as it is with its content', () => {
    const whole = withBody(item, body?.content as StoredItem);
    expect(whole).not.toHaveProperty('bodyBytes');
    expect(elementOf(whole)).toMatchObject({ textContent: 'x'.repeat(ASIDE_ABOVE_BYTES) });
    expect(elementBytes(item)).toBe(elementBytes(whole));
  });

  test('stays as it is while its content is not there', () => {
    expect(withBody(item, undefined)).toBe(item);
    expect(withBody(item, bodyDropped(SK, 5, 0).content as StoredItem)).toBe(item);
  });

  test('has a state that is written without it', () => {
    expect(viewWritesOf({ sk: SK, state: state('x') }, 5, 0)).toEqual([
      { sk: SK, version: 5, state: state('x') },
    ]);
  });

  test('that goes, or is large no more, leaves a note in place of its content, so that it does not come back', () => {
    for (const effect of [tombstone, message(2, 'short')]) {
      const [, note] = viewWritesOf({ ...effect, dropsBody: true }, 6, 1000);
      expect(note).toEqual(bodyDropped(SK, 6, 1000));
      expect(note).toMatchObject({ sk: 'B#c1#M#m1', version: 6, expiresAtMs: 1000 + TOMBSTONE_MS });
      expect(note?.content).not.toHaveProperty('data');
      const kept = applied(
        note?.content as StoredItem,
        { sk: 'B#c1#M#m1', content: body?.content as never },
        4,
      );
      expect(kept).toBe(note?.content);
    }
  });

  test('is one item up to the limit', () => {
    const room = ASIDE_ABOVE_BYTES - elementBytes({ ...message(1, '').content, sk: SK, version: 1 } as never);
    expect(viewWritesOf(message(1, 'x'.repeat(room)), 1, 0)).toHaveLength(1);
    expect(viewWritesOf(message(1, 'x'.repeat(room + 1)), 1, 0)).toHaveLength(2);
  });
});

describe('a write is shown', () => {
  const [write] = viewWritesOf({ ...message(1), state: state('x') }, 4, 0);
  if (!write) throw new Error('nothing is written');
  const at = (version: number, stateVersion?: number) =>
    ({
      ...message(1).content,
      sk: SK,
      version,
      ...(stateVersion !== undefined && { stateVersion }),
    }) as never as StoredItem;

  test('where both parts are as new, or newer', () => {
    expect(isShown(write, at(4, 4))).toBe(true);
    expect(isShown(write, at(9, 5))).toBe(true);
  });

  test('not where one is older, or nothing is there', () => {
    for (const item of [at(3, 4), at(4, 3), at(4), undefined]) expect(isShown(write, item)).toBe(false);
  });

  test('not where nothing is there, though it has expired: its removal would not be noted', () => {
    expect(isShown({ ...write, expiresAtMs: 10 }, undefined)).toBe(false);
  });

  test('by the part alone that it writes', () => {
    const { content: _, ...stateAlone } = write;
    const { state: __, ...contentAlone } = write;
    expect(isShown(stateAlone, at(1, 4))).toBe(true);
    expect(isShown(contentAlone, at(4))).toBe(true);
  });
});
