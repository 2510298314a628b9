import type { Change } from '../../protocol/elements/element.js';
import type { TimelineEntry } from './recorder.js';

export const BURST = 200; // messages

/** Texts of a race ticker, one per message. */
export function burstTexts(count: number): string[] {
  const runners = ['Amara', 'Bib 1204', 'Bib 318', 'Bib 77', 'Bib 2051', 'Jonas', 'Bib 640', 'Bib 15'];
  return Array.from({ length: count }, (_, i) => {
    const kilometre = 1 + Math.floor((i / count) * 21);
    const seconds = kilometre * 322 + (i % 8) * 11;
    const clock = new Date(seconds * 1000).toISOString().slice(11, 19).replace(/^0/, '');
    return `km ${kilometre}: ${runners[i % runners.length]} passes in ${clock}`;
  });
}

/** Delivery of a burst to one device. */
export interface Arrival {
  readonly arrived: number; // messages
  readonly frames: number; // synchronization requests
  readonly requests: number; // synchronization requests of the device whose page had messages of the burst
  readonly bytes: number; // of JSON, in both directions
  readonly tookMs: number; // from the first deposit to the last message
}

export interface BurstReport {
  readonly deposits: number; // requests
  readonly bytes: number;
  readonly arrivals: Readonly<Record<'phone' | 'tablet', Arrival>>;
}

const NOTHING: Arrival = { arrived: 0, frames: 0, requests: 0, bytes: 0, tookMs: 0 };

/** Reports the delivery of a burst from the entries of the timeline since its beginning. */
export function burstReport(
  entries: readonly TimelineEntry[],
  ids: ReadonlySet<string>,
  beganMs: number,
): BurstReport {
  let [deposits, bytes] = [0, 0];
  const arrivals = { phone: { ...NOTHING }, tablet: { ...NOTHING } };
  for (const entry of entries) {
    if (entry.atMs < beganMs) continue;
    if (entry.lane === 'network') {
      if (entry.kind !== 'deposit') continue;
      deposits += 1;
      bytes += entry.requestBytes;
      continue;
    }
    const before: Arrival = arrivals[entry.lane];
    if (before.arrived >= ids.size) continue;
    if (entry.kind === 'frame') arrivals[entry.lane] = { ...before, frames: before.frames + 1 };
    if (entry.kind !== 'sync') continue;
    const changes = (entry.response as { changes?: Change[] } | undefined)?.changes ?? [];
    const arrived = changes.filter(({ type, id }) => type === 'message' && ids.has(id)).length;
    if (arrived === 0) continue;
    arrivals[entry.lane] = {
      ...before,
      arrived: before.arrived + arrived,
      requests: before.requests + 1,
      bytes: before.bytes + entry.requestBytes + entry.responseBytes,
      tookMs: entry.atMs + (entry.durationMs ?? 0) - beganMs,
    };
  }
  return { deposits, bytes, arrivals };
}
