import type { DynamoDBRecord } from 'aws-lambda';
import { type ExpiredElement, expireElements } from '../../core/lifecycle/expire.js';
import { projectEntries } from '../../core/lifecycle/project-entry.js';
import { keepNewest } from '../../core/log/keep-newest.js';
import { isExpiring } from '../../core/model/element.js';
import type { BoxId } from '../../core/model/items.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { streamEndpoint } from '../runtime/batch/batch-endpoints.js';
import { entryIn, isRemovedByTime, removedIn } from '../runtime/observability/log-record.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

type Work = { readonly entry: LogEntry } | { readonly expired: ExpiredElement } | { readonly isQuiet: true };

/** Work of a record: an entry to apply to the view, an expired element to record, or a quiet log whose head to save. */
function workIn(record: DynamoDBRecord): { group: BoxId; item: Work } | undefined {
  const appended = entryIn(record);
  if (appended) return { group: appended.group, item: { entry: appended.item } };
  if (!isRemovedByTime(record)) return undefined;
  const { box, item, removedAtMs } = removedIn(record);
  if (item.kind === 'quietTimer') return { group: box, item: { isQuiet: true } };
  // The removal of a tombstone or of another item has no effect.
  if (!isExpiring(item)) return undefined;
  return { group: box, item: { expired: { element: item, removedAtMs } } };
}

/** Applies entries first, so that another failure does not delay the view. */
export const handler = streamEndpoint(workIn, async (box, work) => {
  const entries = work.flatMap((each) => ('entry' in each ? each.entry : []));
  if (entries.length > 0) await projectEntries(core, box, entries);
  const expired = work.flatMap((each) => ('expired' in each ? each.expired : []));
  if (expired.length > 0) await expireElements(core, box, expired);
  if (work.some((each) => 'isQuiet' in each)) await keepNewest(core, box);
});
