import { type Operation, parseOperation } from '../../protocol/operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { withBody } from '../model/effects.js';
import { bodyKey, conversationKey } from '../model/keys.js';
import { rowKey } from '../model/row-key.js';
import { putOne } from './backfill.js';
import { conversationOf } from './placement.js';
import type { SyncContext } from './sync-context.js';

/** The operations of a request and their results. */
export interface Exchange {
  readonly operations: readonly unknown[];
  readonly results: readonly OperationResult[];
}

/**
 * Puts the elements on the page that the results `exists` and `conflict` omit because they are too large, as far as there
 * is room. An element without room is either on the device already, or in the log after its token.
 */
export async function putOmittedCurrents(
  context: SyncContext,
  { operations, results }: Exchange,
): Promise<void> {
  const named = results.flatMap(({ status, current }, i): Operation[] => {
    if (current || (status !== 'exists' && status !== 'conflict')) return [];
    const parsed = parseOperation(operations[i]);
    return parsed.ok ? [parsed.operation] : [];
  });
  if (named.length === 0) return; // opening the view may read the log
  const histories = named.flatMap((operation) => conversationOf(operation) ?? []).map(conversationKey);
  const keys = named.map(rowKey);
  const bodies = named.flatMap((operation) =>
    operation.type === 'message' ? [bodyKey(rowKey(operation))] : [],
  );
  const view = await context.view();
  const items = await view.get([...histories, ...keys, ...bodies]);
  for (const operation of named) {
    const key = rowKey(operation);
    const item = items.get(key);
    const whole = item?.kind === 'message' ? withBody(item, items.get(bodyKey(key))) : item;
    if (whole) putOne(context, { type: operation.type, item: whole, around: items });
  }
}
