import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { InstanceId } from '../../protocol/ids.js';
import type { DeviceRecord } from '../ports/registry.js';
import { boxOf, DEVICES, deviceKey, type Image } from './registry-keys.js';

/** Fields of a device record, each an attribute of its own, so that each can be changed and compared alone. */
const FIELDS = {
  instanceId: 'S',
  name: 'S',
  preferences: 'JSON',
  policyId: 'S',
  boxPolicyId: 'S',
  effective: 'JSON',
  scopeVersion: 'N',
  syncedModSeq: 'N',
  syncedAtMs: 'N',
  connectionId: 'S',
  connectedAtMs: 'N',
  announcedModSeq: 'N',
  pushBy: 'N',
  pushDueMs: 'N',
  lastPushAtMs: 'N',
} as const satisfies Partial<Record<keyof DeviceRecord, 'S' | 'N' | 'JSON'>>;

type Field = keyof typeof FIELDS;
const fields = Object.keys(FIELDS) as Field[];

function toAttribute(field: Field, value: unknown): AttributeValue {
  switch (FIELDS[field]) {
    case 'N':
      return { N: String(value) };
    case 'JSON':
      return { S: JSON.stringify(value) };
    default:
      return { S: String(value) };
  }
}

function fromAttribute(field: Field, attribute: AttributeValue): unknown {
  switch (FIELDS[field]) {
    case 'N':
      return Number(attribute.N);
    case 'JSON':
      return JSON.parse(attribute.S ?? '{}');
    default:
      return attribute.S;
  }
}

export function encodeDevice(record: DeviceRecord): Image {
  const image = deviceKey(record.box, record.deviceId);
  for (const field of fields) {
    if (record[field] !== undefined) image[field] = toAttribute(field, record[field]);
  }
  return image;
}

export function decodeDevice(image: Image): DeviceRecord {
  const record: Record<string, unknown> = {
    box: boxOf(image.pk?.S ?? ''),
    deviceId: image.sk?.S?.slice(DEVICES.length),
  };
  for (const field of fields) {
    const attribute = image[field];
    if (attribute) record[field] = fromAttribute(field, attribute);
  }
  return record as unknown as DeviceRecord;
}

type Fields = { readonly [F in Field]?: unknown };

/** That a device is registered with this instance, and fields of it are as they were read; undefined: absent. */
export function asRead(instanceId: InstanceId, expect: Fields) {
  const ExpressionAttributeNames: Record<string, string> = {};
  const ExpressionAttributeValues: Image = { ':instanceId': { S: instanceId } };
  const conditions = ['instanceId = :instanceId'];
  for (const [field, value] of Object.entries(expect) as [Field, unknown][]) {
    ExpressionAttributeNames[`#${field}`] = field;
    if (value === undefined) {
      conditions.push(`attribute_not_exists(#${field})`);
    } else {
      ExpressionAttributeValues[`:old_${field}`] = toAttribute(field, value);
      conditions.push(`#${field} = :old_${field}`);
    }
  }
  return {
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues,
    ...(conditions.length > 1 && { ExpressionAttributeNames }),
  };
}

/** The update of some fields of a device that is registered with this instance, where others are as they were read. */
export function expressions(
  { box, deviceId, instanceId }: Pick<DeviceRecord, 'box' | 'deviceId' | 'instanceId'>,
  { set, expect = {} }: { readonly set: Fields; readonly expect?: Fields },
) {
  const condition = asRead(instanceId, expect);
  const ExpressionAttributeNames: Record<string, string> = { ...condition.ExpressionAttributeNames };
  const ExpressionAttributeValues: Image = { ...condition.ExpressionAttributeValues };
  const sets: string[] = [];
  const removes: string[] = [];
  for (const [field, value] of Object.entries(set) as [Field, unknown][]) {
    ExpressionAttributeNames[`#${field}`] = field;
    if (value === undefined) {
      removes.push(`#${field}`);
    } else {
      ExpressionAttributeValues[`:new_${field}`] = toAttribute(field, value);
      sets.push(`#${field} = :new_${field}`);
    }
  }
  const clauses = [
    sets.length > 0 && `SET ${sets.join(', ')}`,
    removes.length > 0 && `REMOVE ${removes.join(', ')}`,
  ];
  return {
    Key: deviceKey(box, deviceId),
    UpdateExpression: clauses.filter(Boolean).join(' '),
    ConditionExpression: condition.ConditionExpression,
    ExpressionAttributeNames,
    ExpressionAttributeValues,
  };
}
