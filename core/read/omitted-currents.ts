import { parseOperation } from '../../protocol/operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { SyncBody } from '../../protocol/sync.js';
import { withBody } from '../model/effects.js';
import { bodyKey, conversationKey } from '../model/keys.js';
import { rowKey } from '../model/row-key.js';
import { putOne } from './backfill.js';
import type { Page } from './page.js';
import { conversationOf } from './placement.js';
import type { Walk } from './walk.js';

/**
 * Puts the elements on the page that `exists` and `conflict` speak of but that were too large to stand in the result,
 * as far as there is room: what is left out the device holds already, or is told behind its token.
 * @param walkAt what is needed to read items; asked for only when there are any, since it costs a look at the log
 */
export async function putOmittedCurrents(
  walkAt: () => Promise<Walk>,
  { operations }: SyncBody,
  results: readonly OperationResult[],
  page: Page,
): Promise<void> {
  const named = results.flatMap(({ status, current }, i) => {
    if (current || (status !== 'exists' && status !== 'conflict')) return [];
    const parsed = parseOperation(operations[i]);
    return parsed.ok ? [parsed.operation] : [];
  });
  if (named.length === 0) return;
  const histories = named.flatMap((operation) => conversationOf(operation) ?? []).map(conversationKey);
  const walk = await walkAt();
  const keys = named.map(rowKey);
  const bodies = named.flatMap((operation) =>
    operation.type === 'message' ? [bodyKey(rowKey(operation))] : [],
  );
  const items = await walk.view.get([...histories, ...keys, ...bodies]);
  for (const operation of named) {
    const key = rowKey(operation);
    const item = items.get(key);
    const whole = item?.kind === 'message' ? withBody(item, items.get(bodyKey(key))) : item;
    if (whole) putOne(walk, operation.type, whole, items, page);
  }
}
