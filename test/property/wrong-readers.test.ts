// Shows that readers which read in a wrong order lose messages on the adversarial store, and that a device does not.
import { registerDevice } from '../../core/admin/devices.js';
import { projectEntries } from '../../core/lifecycle/project-entry.js';
import { writesOf } from '../../core/log/projection.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import { SyncProblem } from '../../core/model/sync-problem.js';
import type { Core } from '../../core/ports/core.js';
import { synchronize } from '../../core/read/synchronize.js';
import { deposit } from '../../core/write/deposit.js';
import type { Caller } from '../../core/write/device-operations.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { AdversarialRegistry } from '../support/adversarial-registry.js';
import type { Mishaps } from '../support/adversarial-store.js';
import { aMessage, BOX } from '../support/builders.js';
import { extent } from '../support/extent.js';
import { Scene } from '../support/scene.js';
import { HeadFirstReader, HighestSeenReader, type WrongReader } from '../support/wrong-readers.js';

jest.setTimeout(60_000);

const SEEDS = Array.from({ length: extent(5, 20) }, (_, i) => i + 1);

const COMMITS = 12;
const MESSAGES_PER_COMMIT = 3;
/** Nothing fails and nothing is lost: items are only written and read one by one. */
const ITEM_BY_ITEM = { splitRead: 0.3, shortPage: 0.1 };

/** A box whose view follows its log: the reader of the stream applies entries some time after they were appended. */
class Followed extends Scene {
  readonly core: Core;

  /** @param isAtOnce the view follows in the very moment of the commit */
  constructor(seed: number, mishaps: Partial<Mishaps>, isAtOnce: boolean) {
    super(seed, mishaps);
    const { store, time } = this;
    this.core = {
      store,
      registry: new AdversarialRegistry(store, time, seed),
      clock: time,
      tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
      pushQueue: { send: async () => [] },
      eraseQueue: { send: async () => {} },
      purgeQueue: { send: async () => {} },
      sockets: { post: async () => 'gone', close: async () => {} },
      observe: () => {},
    };
    store.witness = {
      appended: (box, entry) => {
        if (isAtOnce) for (const write of writesOf(entry)) store.box(box).project(write);
        else void this.follow(entry);
      },
    };
  }

  private async follow(entry: LogEntry): Promise<void> {
    await this.time.sleep(this.chance.between(1, 100));
    await projectEntries(this.core, BOX, [entry]);
  }
}

/** A device of the core, with the ids of the messages that it received. */
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

/** A device repeats a request that was answered `busy`. */
function comesAgain(error: unknown): void {
  if (!(error instanceof SyncProblem) || error.kind !== 'busy') throw error;
}

/** Messages that the reader did not receive, though it read long after the last of them was written. */
async function lostBy(reader: WrongReader, scene: Followed): Promise<number> {
  const { core, time } = scene;
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
  await scene.together(write(), read());
  return COMMITS * MESSAGES_PER_COMMIT - reader.told.size;
}

async function lostInAll(
  open: (scene: Followed) => WrongReader,
  { mishaps = ITEM_BY_ITEM as Partial<Mishaps>, isAtOnce = false } = {},
): Promise<number> {
  let lost = 0;
  for (const seed of SEEDS.slice(0, 10)) {
    const scene = new Followed(seed, mishaps, isAtOnce);
    lost += await lostBy(open(scene), scene);
  }
  return lost;
}

describe('on a store whose items are written and read one by one', () => {
  test('a reader that trusts the highest version it saw loses messages', async () => {
    expect(await lostInAll(({ store }) => new HighestSeenReader(store, BOX))).toBeGreaterThan(0);
  });

  test('a reader that reads the head and then the view up to it loses messages', async () => {
    expect(await lostInAll(({ store }) => new HeadFirstReader(store, BOX))).toBeGreaterThan(0);
  });

  test('[SY15] a device that synchronizes loses none', async () => {
    expect(await lostInAll(({ core }) => new Device(core))).toBe(0);
  });
});

test('the same wrong readers lose nothing where a commit and its view are one step, so it is the steps between that they do not survive', async () => {
  const whole = { mishaps: {}, isAtOnce: true };
  expect(await lostInAll(({ store }) => new HighestSeenReader(store, BOX), whole)).toBe(0);
  expect(await lostInAll(({ store }) => new HeadFirstReader(store, BOX), whole)).toBe(0);
});
