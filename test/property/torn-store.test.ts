import type { Caller } from '../../core/write/device-operations.js';
import { deposit } from '../../core/write/deposit.js';
import type { Core } from '../../core/core.js';
import { registerDevice } from '../../core/admin/devices.js';
import { synchronize } from '../../core/read/synchronize.js';
import { SyncProblem } from '../../core/model/sync-problem.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { aMessage, BOX } from '../support/builders.js';
import { Chance } from '../support/model/chance.js';
import { VirtualTime } from '../support/model/time.js';
import { TornRegistry } from '../support/torn-registry.js';
import { CALM, type Tears, TornMemoryStore } from '../support/torn-store.js';
import { HeadFirstReader, HighestSeenReader, type WrongReader } from '../support/wrong-readers.js';

jest.setTimeout(60_000);

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);
const COMMITS = 12;
const MESSAGES_PER_COMMIT = 3;
/** Nothing fails and nothing is lost: writes are only seen in part while they are under way. */
const TORN_ONLY: Tears = { ...CALM, tear: 1, linger: 0.2 };

interface Setting {
  readonly time: VirtualTime;
  readonly store: TornMemoryStore;
  readonly core: Core;
}

function setting(seed: number): Setting {
  const time = new VirtualTime(new Chance(seed));
  const store = new TornMemoryStore(seed, { clock: time, tears: TORN_ONLY });
  const core = {
    store,
    registry: new TornRegistry(store, time, seed),
    clock: time,
    tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
    pushQueue: { send: async () => [] },
    eraseQueue: { send: async () => {} },
    purgeQueue: { send: async () => {} },
    sockets: { post: async () => 'gone', close: async () => {} },
    report: () => {},
  } satisfies Core;
  return { time, store, core };
}

/** The device of the core, with the ids of the messages that it was told. */
class Device implements WrongReader {
  readonly told = new Set<string>();
  private readonly caller = { box: BOX, deviceId: 'd1', instanceId: 'i1' } as Caller;
  private isRegistered = false;
  private syncToken: string | undefined;

  constructor(private readonly core: Core) {}

  async poll(): Promise<void> {
    const { deviceId, instanceId } = this.caller;
    if (!this.isRegistered) {
      await registerDevice(this.core, BOX, deviceId, { instanceId, preferences: {} });
      this.isRegistered = true;
    }
    for (let hasMore = true; hasMore; ) {
      const token = this.syncToken === undefined ? {} : { syncToken: this.syncToken };
      const body = syncBodySchema.parse({ ...token, limit: 10 });
      const page = await synchronize(this.core, this.caller, body);
      for (const { type, id } of page.changes ?? []) if (type === 'message') this.told.add(id);
      this.syncToken = page.syncToken;
      hasMore = page.hasMore ?? false;
    }
  }
}

/** A device that is told that the box is busy comes again. */
function comesAgain(error: unknown): void {
  if (!(error instanceof SyncProblem) || error.kind !== 'busy') throw error;
}

/** Messages that the reader was not told of, though it read on long after the last of them was written. */
async function lostBy(reader: WrongReader, { time, core }: Setting): Promise<number> {
  let isWriting = true;
  const write = async () => {
    for (let commit = 0; commit < COMMITS; commit++) {
      const ids = Array.from({ length: MESSAGES_PER_COMMIT }, (_, i) => `m${commit} ${i}`);
      await deposit(
        core,
        BOX,
        ids.map((id) => aMessage({ id })),
      );
    }
    isWriting = false;
  };
  const read = async () => {
    while (isWriting) {
      await reader.poll().catch(comesAgain);
      await time.sleep(5);
    }
    await time.sleep(60_000);
    await reader.poll();
  };
  const done = Promise.all([write(), read()]);
  while (await time.turn()) {
    // One sleeper after the other.
  }
  await done;
  return COMMITS * MESSAGES_PER_COMMIT - reader.told.size;
}

async function lostInAll(open: (setting: Setting) => WrongReader): Promise<number> {
  let lost = 0;
  for (const seed of SEEDS) {
    const each = setting(seed);
    lost += await lostBy(open(each), each);
  }
  return lost;
}

describe('on a store whose writes are seen item by item', () => {
  test('a reader that trusts the highest modSeq it saw loses messages', async () => {
    expect(await lostInAll(({ store }) => new HighestSeenReader(store, BOX))).toBeGreaterThan(0);
  });

  test('a reader that reads the head and then an index sorted by modSeq loses messages', async () => {
    expect(await lostInAll(({ store }) => new HeadFirstReader(store, BOX))).toBeGreaterThan(0);
  });

  test('[SY15] a device that synchronizes loses none', async () => {
    expect(await lostInAll(({ core }) => new Device(core))).toBe(0);
  });
});

test('the same wrong readers lose nothing where writes are seen whole, so it is the tearing that they do not survive', async () => {
  for (const seed of SEEDS) {
    const each = setting(seed);
    each.store.tears = CALM;
    expect(await lostBy(new HighestSeenReader(each.store, BOX), each)).toBe(0);
    const other = setting(seed);
    other.store.tears = CALM;
    expect(await lostBy(new HeadFirstReader(other.store, BOX), other)).toBe(0);
  }
});
