import type { Change } from '../../protocol/elements/element.js';
import { parseOperation } from '../../protocol/operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody } from '../../protocol/sync.js';
import type { Caller } from '../commit/commit-operations.js';
import type { Core } from '../core.js';
import { rowKey } from '../store/row-key.js';
import { elementOf, stateElementOf } from '../store/wire.js';
import { elementKey } from './changes.js';

/**
 * Elements that `exists` and `conflict` speak of but that were too large to stand in the result; they stand in the
 * changes instead, unless they do already.
 */
export async function omittedCurrents(
  core: Core,
  { box }: Caller,
  { operations }: SyncBody,
  results: readonly OperationResult[],
  changes: readonly Change[],
): Promise<Change[]> {
  const told = new Set(changes.map(elementKey));
  const named = results.flatMap(({ status, current }, i) => {
    if (current || (status !== 'exists' && status !== 'conflict')) return [];
    const parsed = parseOperation(operations[i]);
    return parsed.ok && !told.has(elementKey(parsed.operation)) ? [parsed.operation] : [];
  });
  if (named.length === 0) return [];
  const items = await core.store.get(box, named.map(rowKey));
  const found = new Map<string, Change>();
  for (const operation of named) {
    const item = items.get(rowKey(operation));
    if (item === undefined || !('data' in item)) continue;
    const element =
      operation.type === 'messageState' && item.kind === 'message' ? stateElementOf(item) : elementOf(item);
    if (element) found.set(elementKey(element), element);
  }
  return [...found.values()];
}
