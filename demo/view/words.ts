import type { ElementType } from '../../protocol/elements/element.js';

const TYPES: Record<ElementType, readonly [one: string, many: string]> = {
  folder: ['folder', 'folders'],
  conversationHistory: ['conversation', 'conversations'],
  sessionHistory: ['session', 'sessions'],
  message: ['message', 'messages'],
  messageState: ['message state', 'message states'],
};

export const typeName = (type: ElementType, count = 2): string => TYPES[type][count === 1 ? 0 : 1];

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Shape: `150 messages, 1 conversation`. */
export const countsText = (counts: Partial<Record<ElementType, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([type, count]) => counted(count, ...TYPES[type as ElementType]))
    .join(', ');

export const bytesText = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;

export const durationText = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const SECONDS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export const clockText = (at: string | number): string => SECONDS.format(new Date(at));
export const timeText = (at: string | number): string => TIME.format(new Date(at));

/** Shape: `Today`, `Yesterday` or `3 Sept`. */
export function dayText(at: string | number): string {
  const day = (ms: number) => new Date(ms).toDateString();
  const ms = new Date(at).getTime();
  if (day(ms) === day(Date.now())) return 'Today';
  if (day(ms) === day(Date.now() - 24 * 3600_000)) return 'Yesterday';
  return DATE.format(ms);
}

/** The time if it is today, else the day. */
export const shortTime = (at: string): string => (dayText(at) === 'Today' ? timeText(at) : dayText(at));
