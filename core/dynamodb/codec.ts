import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { userIdSchema } from '../../protocol/ids.js';
import { packed, unpacked } from '../log/overflow.js';
import {
  type BoxId,
  type DeviceProgress,
  FORMAT,
  type Idempotency,
  type StoredDevice,
  type StoredState,
} from '../model/items.js';
import { DEVICES, isRegistryKey } from '../model/keys.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { UNWRITTEN } from '../model/version.js';

/** Bodies longer than this are deflated: write units are counted in KB, and log entries shrink to a third. */
const DEFLATE_ABOVE_BYTES = 400;

export type Image = Record<string, AttributeValue>;

// Attributes of every item: its key (`box` or `pk`, and `sk`), `f` the format, `expiresAt` in seconds. `v` is the version of
// the content, and `b` the content as one body that only the core reads. `sv` and `s` are the same for the state.

/** Partition of the registry table that holds the devices of a box. */
export const boxKey = (box: BoxId): string => `B#${box}`;
const boxOf = (pk: string): string => pk.slice(boxKey('' as BoxId).length);

/** The key of an item. Its attributes have other names in the registry table, which also holds policies and tickets. */
export const keyOf = (box: BoxId, sk: string): Image =>
  isRegistryKey(sk) ? { pk: { S: boxKey(box) }, sk: { S: sk } } : { box: { S: box }, sk: { S: sk } };

export const format: AttributeValue = { N: String(FORMAT) };

export const number = (value: number): AttributeValue => ({ N: String(value) });

/** Shape: JSON as text, or deflated. */
export function body(value: object): AttributeValue {
  const json = Buffer.from(JSON.stringify(value));
  return json.length > DEFLATE_ABOVE_BYTES ? { B: deflateRawSync(json) } : { S: json.toString() };
}

function bodyIn(attribute: AttributeValue): object {
  const { S, B } = attribute;
  if (S !== undefined) return JSON.parse(S);
  if (B === undefined) throw new Error('a body is neither text nor bytes');
  // The stream gives bytes as base64 text.
  return JSON.parse(inflateRawSync(typeof B === 'string' ? Buffer.from(B, 'base64') : B).toString());
}

export const expiry = (expiresAtMs: number): AttributeValue => number(Math.ceil(expiresAtMs / 1000));

/** The content of an item as it is stored, without the fields that have attributes of their own. */
export function contentOf(item: StoredItem): object {
  const stored = item.kind === 'entry' ? packed(item) : item;
  const {
    sk: _,
    version: __,
    expiresAtMs: ___,
    ...content
  } = stored as StoredItem & { stateVersion?: number };
  const { stateVersion: ____, ...rest } = content;
  if (rest.kind === 'message') {
    const { state: _____, ...message } = rest;
    return message;
  }
  return rest;
}

/** A whole item, for a put. Not for devices, which have attributes of their own. */
export function encodeItem(box: BoxId, item: StoredItem): Image {
  const stateVersion = 'stateVersion' in item ? item.stateVersion : undefined;
  const state = item.kind === 'message' ? item.state : undefined;
  return {
    ...keyOf(box, item.sk),
    f: format,
    v: number(item.version),
    b: body(contentOf(item)),
    ...(stateVersion !== undefined && { sv: number(stateVersion) }),
    ...(state && { s: body(state) }),
    ...(item.expiresAtMs !== undefined && { expiresAt: expiry(item.expiresAtMs) }),
    // The stream filter passes only entries with rows to the fan-out.
    ...(item.kind === 'entry' && item.rows.length > 0 && { rowCount: number(item.rows.length) }),
  };
}

/**
 * Shape of the image: as the database gives it, or as the stream does (bytes as base64 text).
 * @throws SyncProblem `unavailable` for an item of a newer format.
 * @throws Error when the image is not an item of a box: the record of the caller then goes to the dead-letter queue.
 */
export function decodeItem(image: Image): { box: BoxId; item: StoredItem } {
  const { box, pk, sk, f, v, b, sv, s, expiresAt } = image;
  const owner = box?.S ?? (pk?.S === undefined ? undefined : boxOf(pk.S));
  if (owner === undefined || !sk?.S) throw new Error('an item of a box has no key');
  refuseNewer(f);
  const base = {
    sk: sk.S,
    version: v?.N === undefined ? UNWRITTEN : Number(v.N),
    ...(expiresAt?.N && { expiresAtMs: Number(expiresAt.N) * 1000 }),
  };
  const state = s && bodyIn(s);
  const stateVersion = sv?.N === undefined ? {} : { stateVersion: Number(sv.N) };
  if (!b) {
    if (sv?.N === undefined) throw new Error('an item of a box has neither content nor state');
    const alone = {
      ...base,
      kind: 'stateAlone',
      ...stateVersion,
      ...(state && { state: state as StoredState }),
    };
    return { box: userIdSchema.parse(owner), item: alone as StoredItem };
  }
  const content = bodyIn(b) as StoredItem;
  const item = { ...content, ...base, ...stateVersion } as StoredItem;
  if (item.kind === 'message' && state) return of(owner, { ...item, state: state as StoredState });
  if (item.kind === 'device') return of(owner, { ...item, ...progressIn(image), ...idempotencyIn(state) });
  return of(owner, item.kind === 'entry' ? unpacked(item) : item);
}

/** @throws SyncProblem `unavailable` for a format that is newer than this code. */
export function refuseNewer(f: AttributeValue | undefined): void {
  if (Number(f?.N) <= FORMAT) return;
  throw new SyncProblem('unavailable', {
    detail: `the format of an item must be at most ${FORMAT}, got ${f?.N ?? 'none'}`,
  });
}

const of = (owner: string, item: StoredItem) => ({ box: userIdSchema.parse(owner), item });

const idempotencyIn = (state: object | undefined) => (state ? { idempotency: state as Idempotency } : {});

/** Fields of a device's progress. Each has its own attribute, so that it can be changed and compared alone. */
const PROGRESS = {
  syncedModSeq: 'N',
  syncedAtMs: 'N',
  connectionId: 'S',
  connectedAtMs: 'N',
  announcedModSeq: 'N',
  pendingPushModSeq: 'N',
  pendingPushDueMs: 'N',
  lastPushAtMs: 'N',
} as const satisfies Record<keyof DeviceProgress, 'S' | 'N'>;

export type ProgressField = keyof typeof PROGRESS;
export const progressFields = Object.keys(PROGRESS) as ProgressField[];

export const progressAttribute = (field: ProgressField, value: string | number): AttributeValue =>
  PROGRESS[field] === 'N' ? number(value as number) : { S: String(value) };

function progressIn(image: Image): DeviceProgress {
  const progress: Record<string, string | number> = { syncedModSeq: 0 };
  for (const field of progressFields) {
    const { N, S } = image[field] ?? {};
    if (N !== undefined) progress[field] = Number(N);
    else if (S !== undefined) progress[field] = S;
  }
  return progress as unknown as DeviceProgress;
}

/** Attributes that name the registration to which the progress of a device belongs. */
export const registrationAttributes = ({
  instanceId,
  since,
}: Pick<StoredDevice, 'instanceId' | 'since'>): Image => ({
  instanceId: { S: instanceId },
  since: number(since),
});

export const isDeviceKey = (sk: string): boolean => sk.startsWith(DEVICES);
