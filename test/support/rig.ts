import { registerDevice } from '../../core/admin/devices.js';
import { projectEntries } from '../../core/lifecycle/project-entry.js';
import { withEffects } from '../../core/log/overflow.js';
import type { BoxId } from '../../core/model/items.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Core } from '../../core/ports/core.js';
import type { EraseMessage } from '../../core/ports/erase-queue.js';
import type { PurgeMessage } from '../../core/ports/purge-queue.js';
import type { PushMessage } from '../../core/ports/push.js';
import type { Registry } from '../../core/ports/registry.js';
import type { Store } from '../../core/ports/store.js';
import { synchronize } from '../../core/read/synchronize.js';
import { deposit } from '../../core/write/deposit.js';
import type { Caller } from '../../core/write/device-operations.js';
import type { Change } from '../../protocol/elements/element.js';
import type { Preferences } from '../../protocol/preferences.js';
import { type SyncResponse, syncBodySchema } from '../../protocol/sync.js';
import { MemoryRegistry } from './memory-registry.js';
import { MemoryStore } from './memory-store.js';

/** A clock that moves only when a test sets it. Its sleepers do not wait. */
export class TestClock implements Clock {
  sleptMs = 0;

  constructor(public nowMs = Date.parse('2026-03-01T12:00:00Z')) {}

  now() {
    return this.nowMs;
  }

  async sleep(ms: number) {
    this.sleptMs += ms;
    this.nowMs += ms;
  }

  random() {
    return 0.5;
  }
}

export interface SentPush {
  readonly message: PushMessage;
  readonly delaySeconds: number;
}

/** The core on the given stores, or on stores in memory. It records the messages that the core sent. */
export class Rig {
  readonly clock = new TestClock();
  readonly store: Store;
  readonly registry: Registry;
  readonly pushes: SentPush[] = [];
  readonly purges: PurgeMessage[] = [];
  readonly erasures: { readonly message: EraseMessage; readonly delaySeconds: number }[] = [];
  readonly frames: { connectionId: string; frame: unknown }[] = [];
  readonly closed: string[] = [];
  readonly open = new Set<string>();
  readonly reports: { event: string; [field: string]: unknown }[] = [];
  readonly core: Core;

  constructor(
    store: Store = new MemoryStore(),
    registry: Registry = new MemoryRegistry(store as MemoryStore),
  ) {
    this.store = store;
    this.registry = registry;
    this.core = {
      store,
      registry: this.registry,
      clock: this.clock,
      tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
      purgeQueue: {
        send: async (messages) => {
          this.purges.push(...messages);
        },
      },
      eraseQueue: {
        send: async (message, delaySeconds) => {
          this.erasures.push({ message, delaySeconds });
        },
      },
      pushQueue: {
        send: async (pushes) => {
          this.pushes.push(...pushes);
          return [];
        },
      },
      sockets: {
        post: async (connectionId, frame) => {
          if (!this.open.has(connectionId)) return 'gone';
          this.frames.push({ connectionId, frame: JSON.parse(frame) });
          return 'posted';
        },
        close: async (connectionId) => {
          this.closed.push(connectionId);
          this.open.delete(connectionId);
        },
      },
      observe: (event, fields) => this.reports.push({ event, ...fields }),
    };
  }

  async device(box: BoxId, deviceId: string, preferences: Preferences = {}, instanceId = `${deviceId}-1`) {
    const caller = { box, deviceId, instanceId } as Caller;
    await registerDevice(this.core, box, caller.deviceId, { instanceId: caller.instanceId, preferences });
    return caller;
  }

  deposit(box: BoxId, ...operations: unknown[]) {
    return deposit(this.core, box, operations);
  }

  sync(caller: Caller, body: Record<string, unknown> = {}): Promise<SyncResponse> {
    return synchronize(this.core, caller, syncBodySchema.parse(body));
  }

  /** A whole synchronization: all pages from a token on. */
  async syncAll(caller: Caller, { syncToken, limit = 200 }: { syncToken?: string; limit?: number } = {}) {
    const changes: Change[] = [];
    const pages: SyncResponse[] = [];
    let token = syncToken;
    do {
      const page = await this.sync(caller, { limit, ...(token !== undefined && { syncToken: token }) });
      pages.push(page);
      changes.push(...(page.changes ?? []));
      token = page.syncToken;
    } while (pages.at(-1)?.hasMore && pages.length < 10_000);
    return { changes, pages, syncToken: token };
  }

  /** The entries of the log of a box, oldest first. */
  async entries(box: BoxId): Promise<LogEntry[]> {
    const { items } = await this.store.query(box, { from: 'L#', to: 'L$', limit: 100_000 });
    return withEffects(
      this.core,
      box,
      items.filter((item) => item.kind === 'entry'),
    );
  }

  /** The commits of a box, oldest first: entries that changed elements. */
  async commits(box: BoxId): Promise<LogEntry[]> {
    return (await this.entries(box)).filter(({ rows }) => rows.length > 0);
  }

  /** The stream reader applies all entries to the view. */
  async projected(box: BoxId): Promise<void> {
    for (const entry of await this.entries(box)) await projectEntries(this.core, box, [entry]);
  }
}
