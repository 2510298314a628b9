import type { Caller } from '../../../../core/write/device-operations.js';
import type { BoxId } from '../../../../core/model/items.js';
import { SnapshotTooLarge, type Write } from '../../../../core/ports/store.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  deletion,
  modification,
  removal,
} from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

type Fate = 'lost' | 'doneUnanswered' | 'landsLate' | 'refused' | 'tooMuch';

/** A store in which others write between snapshot and write, and whose next writes meet with a fate. */
class Contended extends MemoryStore {
  readonly fates: (Fate | undefined)[] = [];
  readonly beforeWrites: (() => Promise<unknown>)[] = [];
  snapshotMax = Number.POSITIVE_INFINITY;
  isTooMuchToRead = false;
  writes = 0;
  snapshots = 0;
  private late: { box: BoxId; writes: readonly Write[]; when: number } | undefined;

  override async snapshot(box: BoxId, keys: readonly string[]) {
    this.snapshots++;
    if (keys.length > this.snapshotMax) throw new SnapshotTooLarge();
    if (this.isTooMuchToRead) throw new SyncProblem('too-many-requests');
    return super.snapshot(box, keys);
  }

  override async write(box: BoxId, writes: readonly Write[]): Promise<'written' | 'refused'> {
    await this.beforeWrites.shift()?.();
    this.writes++;
    const fate = this.fates.shift();
    if (fate === 'refused') return 'refused';
    if (fate === 'tooMuch') throw new SyncProblem('too-many-requests');
    if (fate === 'lost') throw new Error('no answer');
    if (fate === 'landsLate') {
      this.late = { box, writes, when: this.writes + 1 };
      throw new Error('no answer');
    }
    if (this.late && this.writes >= this.late.when) {
      const { late } = this;
      this.late = undefined;
      await super.write(late.box, late.writes); // before this one, after it was decided
    }
    const outcome = await super.write(box, writes);
    if (fate === 'doneUnanswered') throw new Error('no answer');
    return outcome;
  }
}

let store: Contended;
let box: BoxUnderTest;
let phone: Caller;
beforeEach(async () => {
  store = new Contended();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
});

const messages = async () =>
  (await box.commits(BOX)).flatMap(({ rows }) =>
    rows.filter(({ type }) => type === 'message').map(({ id }) => id),
  );

describe('another commit between snapshot and write', () => {
  test('is seen: the operations are evaluated again on what it left', async () => {
    await box.given(aMessage({ id: 'm1' }));
    store.beforeWrites.push(() => box.given(deletion('m1')));
    expect(await box.statuses(modification('message', 'm1', { subject: 'x' }))).toEqual(['gone']);
  });

  test('[ST5] that deletes the container makes a message gone', async () => {
    await box.given(aConversation());
    store.beforeWrites.push(() => box.given(removal('conversationHistory', 'c1')));
    expect(await box.statuses(aMessage({ seed: false }))).toEqual(['gone']);
  });

  test('that takes the name makes a folder exist', async () => {
    store.beforeWrites.push(() => box.given(aFolder('f1', { name: 'Family' })));
    expect(await box.statuses(aFolder('f2', { name: 'Family' }))).toEqual(['exists']);
  });

  test('that touches nothing of it gives it the next number', async () => {
    await box.given(aConversation());
    store.beforeWrites.push(
      () => box.given(aMessage({ id: 'x1' })),
      async () => undefined,
      () => box.given(aMessage({ id: 'x2' })),
    );
    expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 5 }]);
    expect(await messages()).toEqual(['x1', 'x2', 'm1']);
  });

  test('[XO9] of the same device instance, doubled on the way: one of the two processes, both have its results', async () => {
    const operations = [aMessage({ n: 1, id: 'm1' })];
    let other: unknown;
    store.beforeWrites.push(async () => {
      other = (await box.sync(phone, { operations })).results;
    });
    const { results } = await box.sync(phone, { operations });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(other).toEqual(results);
    expect(await messages()).toEqual(['m1']);
  });
});

describe('contention', () => {
  test.each([1, 2, 3, 4, 5])(
    'is got through when the first %i writes are refused, with waits between',
    async (count) => {
      store.fates.push(...Array<Fate>(count).fill('refused'));
      expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 2 }]);
      expect(box.clock.sleptMs).toBe(
        Array.from({ length: count }, (_, i) => 20 * 2 ** (i + 1)).reduce((a, b) => a + b),
      );
    },
  );

  test('[ER18] is given up after six attempts: busy, with Retry-After, and nothing is written', async () => {
    store.fates.push(...Array<Fate>(6).fill('refused'));
    const before = store.writes;
    await expect(box.deposit(BOX, aMessage())).rejects.toMatchObject({
      kind: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect(store.writes - before).toBe(6);
    expect(await messages()).toEqual([]);
  });

  test('of snapshots counts as well', async () => {
    const snapshot = jest.fn(async () => undefined);
    box.store.snapshot = snapshot;
    await expect(box.deposit(BOX, aMessage())).rejects.toMatchObject({ kind: 'busy' });
    expect(snapshot).toHaveBeenCalledTimes(6);
  });

  test('of a request in which nothing applies keeps its result once', async () => {
    store.fates.push('refused', 'refused');
    const { results } = await box.sync(phone, { operations: [deletion('m9', { n: 1 })] });
    expect(results).toEqual([{ n: 1, status: 'parentNotFound' }]);
  });
});

describe('a database that takes no more for this box', () => {
  const operations = [aMessage({ n: 1, id: 'm1' })];

  test('[ER17] is told at once, since nothing was done', async () => {
    store.fates.push('refused', 'tooMuch');
    const before = store.writes;
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'too-many-requests' });
    expect(store.writes - before).toBe(2);
    expect(await messages()).toEqual([]);
  });

  test('[XO8] at the write after one without answer is no 4xx, since that may have been done', async () => {
    store.fates.push('lost', 'tooMuch');
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('[XO8] at the reading after a write without answer is no 4xx either', async () => {
    store.fates.push('doneUnanswered');
    store.beforeWrites.push(async () => {
      store.isTooMuchToRead = true;
    });
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'unavailable' });
    store.isTooMuchToRead = false;
    expect((await box.sync(phone, { operations })).results).toMatchObject([{ n: 1, status: 'applied' }]);
  });
});

describe('a write whose answer is lost', () => {
  const fates: Fate[][] = [
    ['lost'],
    ['doneUnanswered'],
    ['landsLate'],
    ['lost', 'lost', 'doneUnanswered'],
    ['landsLate', 'lost'],
    ['landsLate', 'refused'],
    ['lost', 'landsLate', 'refused', 'refused'],
    ['refused', 'landsLate'],
    ['lost', 'refused', 'doneUnanswered'],
  ];

  test.each(fates)('%s %s %s %s is found out, and the deposit stored once', async (...some) => {
    await box.given(aConversation());
    store.fates.push(...some);
    expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 3 }]);
    expect(await messages()).toEqual(['m1']);
    expect((await box.head()).counts.message).toBe(1);
  });

  test.each(fates)(
    "[XO9] %s %s %s %s is found out, and a device's operations processed once",
    async (...some) => {
      await box.given(aConversation());
      store.fates.push(...some);
      const operations = [aMessage({ n: 1, id: 'm1' }), deletion('m9', { n: 2 })];
      const { results } = await box.sync(phone, { operations });
      expect(results).toEqual([
        { n: 1, status: 'applied', modSeq: 3 },
        { n: 2, status: 'notFound' },
      ]);
      expect((await box.sync(phone, { operations })).results).toEqual(results);
      expect(await messages()).toEqual(['m1']);
    },
  );

  test('is found where others have committed since', async () => {
    await box.given(aConversation());
    store.fates.push('doneUnanswered');
    const others = box.clock.sleep.bind(box.clock);
    box.clock.sleep = async () => {
      box.clock.sleep = others;
      await box.given(aMessage({ id: 'x1' }), removal('message', 'm1'));
      await box.given(aMessage({ id: 'x2' }));
    };
    expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 3 }]);
    expect(await messages()).toEqual(['m1', 'x1', 'm1', 'x2']);
  });

  test('of a request in which nothing applies is found by the receipt', async () => {
    await box.given(aConversation());
    store.fates.push('doneUnanswered');
    const { results } = await box.sync(phone, { operations: [deletion('m9', { n: 1 })] });
    expect(results).toEqual([{ n: 1, status: 'notFound' }]);
    expect((await box.sync(phone, { operations: [aFolder('f1', { n: 2 })] })).results).toEqual([
      { n: 2, status: 'applied', modSeq: 3 },
    ]);
  });

  test('six times is thrown as it is, so that the client sends the same again', async () => {
    store.fates.push(...Array<Fate>(6).fill('lost'));
    await expect(box.sync(phone, { operations: [aMessage({ n: 1, id: 'm1' })] })).rejects.toThrow(
      'no answer',
    );
    const { results } = await box.sync(phone, { operations: [aMessage({ n: 1, id: 'm1' })] });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
  });

  test('at the last attempt, though it was done: the same again has its result', async () => {
    store.fates.push(...Array<Fate>(5).fill('lost'), 'doneUnanswered');
    const operations = [aMessage({ n: 1, id: 'm1' })];
    await expect(box.sync(phone, { operations })).rejects.toThrow('no answer');
    expect((await box.sync(phone, { operations })).results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(await messages()).toEqual(['m1']);
  });
});

describe('more than can be read at one moment', () => {
  test('[OP10] gives fewer results, at least the first, and the rest is sent again', async () => {
    store.snapshotMax = 12;
    const operations = Array.from({ length: 20 }, (_, i) => aMessage({ id: `m${i}`, n: i + 1 }));
    const seen: number[] = [];
    for (let rest = operations; rest.length > 0; rest = rest.slice(seen.at(-1))) {
      const { results = [] } = await box.sync(phone, { operations: rest });
      expect(results.every(({ status }) => status === 'applied')).toBe(true);
      seen.push(results.length);
    }
    expect(seen).toEqual([5, 8, 7]);
    expect(await messages()).toHaveLength(20);
  });

  test('for one operation alone is thrown', async () => {
    store.snapshotMax = 2;
    await expect(box.deposit(BOX, aMessage(), aMessage())).rejects.toThrow(SnapshotTooLarge);
  });

  test('a hundred keys are never asked for, however deep folders lie and whatever is lost', async () => {
    await box.given(
      ...Array.from({ length: 15 }, (_, i) => aFolder(`f${i}`, i ? { parentFolderId: `f${i - 1}` } : {})),
    );
    store.fates.push('lost', 'lost', 'lost', 'lost');
    const operations = [
      ...Array.from({ length: 40 }, (_, i) => aMessage({ id: `m${i}`, conversationId: `c${i}` })),
      aFolder('deep', { parentFolderId: 'f14' }),
    ];
    const { results } = await box.deposit(BOX, ...operations);
    expect(results.length).toBeGreaterThan(10);
    expect(results.every(({ status }) => status === 'applied')).toBe(true);
  });
});
