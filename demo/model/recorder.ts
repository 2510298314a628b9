import type { SyncRequestFrame } from '../../protocol/sync-request-frame.js';
import { utf8Length } from '../../protocol/text.js';
import { Store } from './store.js';

/** The owner of traffic: a device, or the Participating Function. */
export type Lane = 'phone' | 'tablet' | 'network';

export interface Exchange {
  readonly id: number;
  readonly lane: Lane;
  readonly kind: 'sync' | 'deposit' | 'call';
  readonly atMs: number;
  readonly call: string; // method and path
  readonly request?: unknown;
  readonly requestBytes: number;
  readonly status?: number; // absent: no answer, or not yet
  readonly response?: unknown;
  readonly responseBytes: number;
  readonly durationMs?: number; // absent: not ended
  readonly failure?: string;
}

export interface Frame {
  readonly id: number;
  readonly lane: Lane;
  readonly kind: 'frame';
  readonly atMs: number;
  readonly frame: SyncRequestFrame;
  readonly bytes: number;
}

export type TimelineEntry = Exchange | Frame;

const KEPT = 400; // entries

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const kindOf = (path: string): Exchange['kind'] => {
  if (path === '/v1/sync') return 'sync';
  return path.endsWith('/operations') ? 'deposit' : 'call';
};

/** Records requests and frames, newest last. It does not change them. */
export class Recorder {
  readonly entries = new Store<readonly TimelineEntry[]>([]);
  #lastId = 0;

  clear(): void {
    this.entries.set([]);
  }

  /** Wraps a fetch function so that its requests are recorded. */
  fetchOf(lane: Lane, inner: typeof fetch = (input, init) => fetch(input, init)): typeof fetch {
    return async (input, init) => {
      const atMs = Date.now();
      const { pathname, search } = new URL(String(input), location.href);
      const text = typeof init?.body === 'string' ? init.body : '';
      const exchange: Exchange = {
        id: ++this.#lastId,
        lane,
        kind: kindOf(pathname),
        atMs,
        call: `${init?.method ?? 'GET'} ${decodeURIComponent(pathname)}${search}`,
        ...(text && { request: jsonOf(text) }),
        requestBytes: utf8Length(text),
        responseBytes: 0,
      };
      this.#add(exchange);
      const end = (more: Partial<Exchange>) =>
        this.#replace({ ...exchange, durationMs: Date.now() - atMs, ...more });
      try {
        const response = await inner(input, init);
        const answer = await response.clone().text();
        end({ status: response.status, response: jsonOf(answer), responseBytes: utf8Length(answer) });
        return response;
      } catch (error) {
        end({ failure: (error as Error).message });
        throw error;
      }
    };
  }

  /** Records a text message of a WebSocket if it is a synchronization request. */
  frame(lane: Lane, text: string): void {
    const frame = jsonOf(text) as SyncRequestFrame;
    if (frame?.type !== 'syncRequest') return;
    this.#add({ id: ++this.#lastId, lane, kind: 'frame', atMs: Date.now(), frame, bytes: utf8Length(text) });
  }

  #add(entry: TimelineEntry): void {
    this.entries.set([...this.entries.value.slice(1 - KEPT), entry]);
  }

  #replace(entry: TimelineEntry): void {
    this.entries.set(this.entries.value.map((each) => (each.id === entry.id ? entry : each)));
  }
}
