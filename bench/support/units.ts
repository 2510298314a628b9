import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Image = Readonly<Record<string, AttributeValue>>;

/** Units that DynamoDB bills: read and write request units of on-demand tables. */
export interface Units {
  readonly read: number;
  readonly write: number;
}

const READ_BLOCK_BYTES = 4096;
const WRITE_BLOCK_BYTES = 1024;
const NESTED_OVERHEAD_BYTES = 3; // of a list or map, plus one byte for each of its members

/**
 * Billed size of an item: names and values. Unit: bytes.
 * Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
 */
export const itemBytes = (image: Image): number =>
  Object.entries(image).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.SS) return value.SS.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  if (value.NS) return value.NS.reduce((sum, each) => sum + numberBytes(each), 0);
  if (value.BS) return value.BS.reduce((sum, each) => sum + each.length, 0);
  if (value.L) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), NESTED_OVERHEAD_BYTES);
  if (value.M) return NESTED_OVERHEAD_BYTES + Object.keys(value.M).length + itemBytes(value.M);
  return 1; // a boolean or null
}

/** About a byte for two significant digits, plus one. */
const numberBytes = (text: string): number => {
  const digits = text.replace(/[-+.]|[eE].*$/g, '').replace(/^0+|0+$/g, '');
  return Math.ceil(Math.max(1, digits.length) / 2) + 1 + (text.startsWith('-') ? 1 : 0);
};

const blocks = (bytes: number, block: number): number => Math.max(1, Math.ceil(bytes / block));

/**
 * Read units for this many bytes read together: an item by its key, or all items of a query. An empty read
 * costs the least.
 */
export const readUnits = (bytes: number, { consistent = false } = {}): number =>
  blocks(bytes, READ_BLOCK_BYTES) * (consistent ? 1 : 0.5);

/** Write units for one item. `bytes`: the larger of its sizes before and after. */
export const writeUnits = (bytes: number): number => blocks(bytes, WRITE_BLOCK_BYTES);
