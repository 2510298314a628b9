import type { SyncResponse } from '../../client/index.js';
import { countsByType } from '../../client/local-state/counts.js';
import type { Exchange, Frame, TimelineEntry } from '../model/recorder.js';
import { bytesText, clockText, counted, countsText, durationText } from './words.js';

const WHO = { phone: 'Phone', tablet: 'Tablet', network: 'Network' } as const;

interface Summary {
  readonly what: string;
  readonly detail: string;
}

const operationsIn = ({ request }: Exchange): number =>
  ((request as { operations?: unknown[] } | undefined)?.operations ?? []).length;

function summaryOfSync(exchange: Exchange): Summary {
  const { response, status } = exchange;
  const { changes = [], hasMore, reset } = (status === 200 ? response : {}) as Partial<SyncResponse>;
  const sent = operationsIn(exchange);
  const removals = changes.filter((change) => 'removed' in change).length;
  const elements = changes.filter((change) => !('removed' in change));
  const parts = [
    sent > 0 && `${counted(sent, 'operation')} sent`,
    countsText(countsByType(elements)),
    removals > 0 && counted(removals, 'removal'),
    reset && 'reset',
    hasMore && 'more to follow',
  ].filter(Boolean);
  return { what: 'Synchronization', detail: parts.join(', ') || 'nothing new' };
}

function summaryOfExchange(exchange: Exchange): Summary {
  const { kind, call, status, failure, durationMs } = exchange;
  if (kind === 'deposit') return { what: 'Deposit', detail: counted(operationsIn(exchange), 'operation') };
  if (kind === 'call') return { what: callName(call), detail: call };
  if (durationMs === undefined) return { what: 'Synchronization', detail: 'in progress …' };
  if (failure) return { what: 'Synchronization', detail: 'no answer' };
  if (status !== 200) return { what: 'Synchronization', detail: `answered ${status}` };
  return summaryOfSync(exchange);
}

function callName(call: string): string {
  if (call.endsWith('/tickets')) return 'Ticket';
  if (call.startsWith('PUT /v1/devices')) return 'Registration';
  if (call.startsWith('GET /v1/conversations')) return 'History';
  return 'Request';
}

const summaryOfFrame = ({ frame: { changes, conversations } }: Frame): Summary => ({
  what: 'Synchronization request',
  detail: `${countsText(changes)} in ${counted(conversations.length, 'conversation')}`,
});

function costOf(entry: TimelineEntry): string {
  if (entry.kind === 'frame') return bytesText(entry.bytes);
  const { requestBytes, responseBytes, durationMs, failure } = entry;
  if (failure) return 'failed';
  const sizes = `${bytesText(requestBytes)} ↑ ${bytesText(responseBytes)} ↓`;
  return durationMs === undefined ? `${bytesText(requestBytes)} ↑` : `${sizes} · ${durationText(durationMs)}`;
}

const isFailed = (entry: TimelineEntry): boolean =>
  entry.kind !== 'frame' && (entry.failure !== undefined || (entry.status ?? 200) >= 400);

export const headingOf = (entry: TimelineEntry): string => `${WHO[entry.lane]}: ${summaryOf(entry).what}`;

const summaryOf = (entry: TimelineEntry): Summary =>
  entry.kind === 'frame' ? summaryOfFrame(entry) : summaryOfExchange(entry);

/** One line of the timeline: the kind of an entry, its contents and its size. */
export function TimelineLine({ entry, onOpen }: { entry: TimelineEntry; onOpen: () => void }) {
  const { what, detail } = summaryOf(entry);
  return (
    <button
      type="button"
      class="entry"
      data-lane={entry.lane}
      data-kind={entry.kind}
      data-failed={isFailed(entry) || undefined}
      onClick={onOpen}
    >
      <span class="entry-what">
        <span class="entry-who">{WHO[entry.lane]}</span> {what}
      </span>
      <time class="entry-time">{clockText(entry.atMs)}</time>
      <span class="entry-detail">{detail}</span>
      <span class="entry-cost">{costOf(entry)}</span>
    </button>
  );
}
