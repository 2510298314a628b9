import type { AttributeValue, _Record as SdkRecord } from '@aws-sdk/client-dynamodb-streams';
import { REMOVED_BY_TIME } from '../dynamodb/time-to-live.js';

/** A record of a stream, as Lambda passes it to a function. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: unknown;
    readonly NewImage?: unknown;
    readonly OldImage?: unknown;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
}

const TIME_TO_LIVE = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const;

/**
 * The record for the function. Undefined for a record that DynamoDB would not have: the update that marks an item
 * before its deletion by time to live.
 */
export function streamRecord(
  record: SdkRecord,
  eventSourceARN: string,
  awsRegion: string,
): StreamRecord | undefined {
  const { dynamodb: data, userIdentity } = record;
  if (data?.NewImage?.[REMOVED_BY_TIME]) return undefined;
  const { [REMOVED_BY_TIME]: mark, ...OldImage } = data?.OldImage ?? {};
  // DynamoDB Local uses another event name for its own deletions by time to live, and never sets userIdentity.
  const isNameless = !['INSERT', 'MODIFY', 'REMOVE'].includes(record.eventName ?? '');
  const byTimeToLive = isNameless || (record.eventName === 'REMOVE' && mark !== undefined);
  const identity = byTimeToLive
    ? TIME_TO_LIVE
    : userIdentity?.Type && { type: userIdentity.Type, principalId: userIdentity.PrincipalId ?? '' };
  return {
    eventID: record.eventID ?? '',
    eventName: byTimeToLive ? 'REMOVE' : (record.eventName ?? ''),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion,
    eventSourceARN,
    dynamodb: {
      ApproximateCreationDateTime: createdAt(data?.ApproximateCreationDateTime),
      Keys: itemAsJson(data?.Keys ?? {}),
      ...(data?.NewImage && { NewImage: itemAsJson(data.NewImage) }),
      ...(data?.OldImage && { OldImage: itemAsJson(OldImage) }),
      SequenceNumber: data?.SequenceNumber ?? '',
      SizeBytes: data?.SizeBytes ?? 0,
      StreamViewType: data?.StreamViewType ?? '',
    },
    ...(identity && { userIdentity: identity }),
  };
}

/**
 * Unit: seconds. DynamoDB Local truncates the time to the minute. The true time is at most now, since records are
 * read soon.
 */
function createdAt(time: Date | undefined): number {
  const now = Math.floor(Date.now() / 1000);
  const given = time ? Math.floor(time.getTime() / 1000) : now;
  return given % 60 === 0 ? Math.max(given, Math.min(now, given + 59)) : given;
}

const itemAsJson = (item: Record<string, AttributeValue>): unknown =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueAsJson(value)]));

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A value as DynamoDB JSON. The SDK has decoded binary values to bytes; they become base64 again. */
function valueAsJson(value: AttributeValue): unknown {
  if (value.B) return { B: base64(value.B) };
  if (value.BS) return { BS: value.BS.map(base64) };
  if (value.L) return { L: value.L.map(valueAsJson) };
  if (value.M) return { M: itemAsJson(value.M) };
  return value;
}
