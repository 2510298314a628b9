import type { BoxId } from '../../../../core/model/items.js';
import { entryKey } from '../../../../core/model/keys.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { Range } from '../../../../core/ports/store.js';
import type { Caller } from '../../../../core/write/device-operations.js';
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

/** A store in which others commit between reading and put, and in which the next puts of entries meet with a fate. */
class Contended extends MemoryStore {
  readonly fates: (Fate | undefined)[] = [];
  readonly beforeAppends: (() => Promise<unknown>)[] = [];
  isTooMuchToRead = false;
  appends = 0;
  private late: { box: BoxId; entry: LogEntry } | undefined;

  override async query(box: BoxId, range: Range) {
    if (this.isTooMuchToRead) throw new SyncProblem('too-many-requests');
    return super.query(box, range);
  }

  override async append(box: BoxId, entry: LogEntry): Promise<LogEntry> {
    await this.beforeAppends.shift()?.();
    this.appends++;
    const fate = this.fates.shift();
    if (fate === 'tooMuch') throw new SyncProblem('too-many-requests');
    if (fate === 'lost') throw new Error('no answer');
    if (fate === 'landsLate') {
      this.late = { box, entry };
      throw new Error('no answer');
    }
    if (this.late) await super.append(this.late.box, this.late.entry); // before this one, after it was decided
    this.late = undefined;
    if (fate === 'refused') await super.append(box, this.ofAnother(box, entry));
    const outcome = await super.append(box, entry);
    if (fate === 'doneUnanswered') throw new Error('no answer');
    return outcome;
  }

  /** An entry in its place that changes nothing. */
  private ofAnother(box: BoxId, { sk, index, version, nonce }: LogEntry): LogEntry {
    const before = this.box(box).read(entryKey(index - 1)) as LogEntry;
    const { overflow: _, ...same } = before;
    const origin = { by: 'server' } as const;
    return {
      ...same,
      sk,
      index,
      version,
      nonce: `not ${nonce}`,
      previous: before.nonce,
      origin,
      rows: [],
      effects: [],
    };
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

describe('another commit between reading and put', () => {
  test('is seen: the operations are evaluated again on what it left', async () => {
    await box.given(aMessage({ id: 'm1' }));
    store.beforeAppends.push(() => box.given(deletion('m1')));
    expect(await box.statuses(modification('message', 'm1', { subject: 'x' }))).toEqual(['gone']);
  });

  test('that is large is seen too, though its effects stand aside', async () => {
    const large = 'x'.repeat(20_000);
    store.beforeAppends.push(() => box.given(aMessage({ id: 'm1', textContent: large })));
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['exists']);
    expect((await box.commits(BOX)).at(-1)?.overflow).toBe(1);
  });

  test('[ST5] that deletes the container makes a message gone', async () => {
    await box.given(aConversation());
    store.beforeAppends.push(() => box.given(removal('conversationHistory', 'c1')));
    expect(await box.statuses(aMessage({ seed: false }))).toEqual(['gone']);
  });

  test('that takes the name makes a folder exist', async () => {
    store.beforeAppends.push(() => box.given(aFolder('f1', { name: 'Family' })));
    expect(await box.statuses(aFolder('f2', { name: 'Family' }))).toEqual(['exists']);
  });

  test('that touches nothing of it gives it the next number', async () => {
    await box.given(aConversation());
    store.beforeAppends.push(
      () => box.given(aMessage({ id: 'x1' })),
      async () => undefined,
      () => box.given(aMessage({ id: 'x2' })),
    );
    expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 5 }]);
    expect(await messages()).toEqual(['x1', 'x2', 'm1']);
  });

  test('is one of many: all that were committed since are seen', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    store.beforeAppends.push(
      () => box.given(aMessage({ id: 'x1' })),
      async () => undefined,
      async () => {
        await box.given(deletion('m1'));
        await box.given(aMessage({ id: 'x2' }));
        await box.given(deletion('m2'));
      },
    );
    const changed = (id: string) => modification('message', id, { subject: 'x' });
    expect(await box.statuses(changed('m1'), changed('m2'), aMessage({ id: 'x2' }))).toEqual([
      'gone',
      'gone',
      'exists',
    ]);
  });

  test('[XO9] of the same device instance, doubled on the way: one of the two processes, both have its results', async () => {
    const operations = [aMessage({ n: 1, id: 'm1' })];
    let other: unknown;
    store.beforeAppends.push(async () => {
      other = (await box.sync(phone, { operations })).results;
    });
    const { results } = await box.sync(phone, { operations });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(other).toEqual(results);
    expect(await messages()).toEqual(['m1']);
  });
});

describe('contention', () => {
  test.each([1, 2, 5, 15])(
    'is got through when %i others are first, with a wait before each attempt from the third on',
    async (count) => {
      store.fates.push(...Array<Fate>(count).fill('refused'));
      expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 2 }]);
      expect(box.clock.sleptMs).toBe((count - 1) * 40);
      expect((await box.head()).counts.message).toBe(1);
    },
  );

  test('[ER18] is given up after twenty-four attempts: busy, with Retry-After, and nothing is written', async () => {
    store.fates.push(...Array<Fate>(24).fill('refused'));
    const before = store.appends;
    await expect(box.deposit(BOX, aMessage())).rejects.toMatchObject({
      kind: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect(store.appends - before).toBe(24);
    expect(await messages()).toEqual([]);
    expect(await box.names('message')).toEqual([]);
  });

  test('of a request in which nothing applies keeps its result once', async () => {
    store.fates.push('refused', 'refused');
    const operations = [deletion('m9', { n: 1 })];
    const { results } = await box.sync(phone, { operations });
    expect(results).toEqual([{ n: 1, status: 'parentNotFound' }]);
    await box.sync(phone, { operations });
    const ofPhone = (await box.entries(BOX)).filter(({ origin }) => origin.by === 'device');
    expect(ofPhone).toMatchObject([{ origin: { firstN: 1, lastN: 1 }, modSeq: 1, rows: [] }]);
  });
});

describe('a database that takes no more for this box', () => {
  const operations = [aMessage({ n: 1, id: 'm1' })];

  test('[ER17] is told at once, since nothing was done', async () => {
    store.fates.push('refused', 'tooMuch');
    const before = store.appends;
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'too-many-requests' });
    expect(store.appends - before).toBe(2);
    expect(await messages()).toEqual([]);
  });

  test('[XO8] at the put after one without answer is no 4xx, since that may have been done', async () => {
    store.fates.push('lost', 'tooMuch');
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'unavailable' });
    store.fates.push('doneUnanswered', 'tooMuch');
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await box.sync(phone, { operations })).results).toMatchObject([{ n: 1, status: 'applied' }]);
    expect(await messages()).toEqual(['m1']);
  });

  test('[ER17] at the reading after another took the place is told: what had no answer cannot be done any more', async () => {
    store.fates.push('refused', 'lost', 'refused');
    store.beforeAppends.push(
      async () => undefined,
      async () => {
        store.isTooMuchToRead = true;
      },
    );
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'too-many-requests' });
    store.isTooMuchToRead = false;
    expect(await messages()).toEqual([]);
    expect((await box.sync(phone, { operations })).results).toMatchObject([{ n: 1, status: 'applied' }]);
  });

  test('[XO8] once the entry is put is no 4xx: the same request again has the results', async () => {
    const project = store.project.bind(store);
    store.project = async () => {
      throw new SyncProblem('too-many-requests');
    };
    await expect(box.sync(phone, { operations })).rejects.toMatchObject({ kind: 'unavailable' });
    store.project = project;
    expect((await box.sync(phone, { operations })).results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(await messages()).toEqual(['m1']);
  });

  test('[XO8] at the look at the view, while the entry is put, is no 4xx', async () => {
    const { syncToken } = await box.syncAll(phone);
    await box.given(aFolder('f1')); // not applied, and the token does not know of it
    const look = store.getStale.bind(store);
    store.getStale = async () => {
      throw new SyncProblem('too-many-requests');
    };
    await expect(box.sync(phone, { syncToken, operations })).rejects.toMatchObject({ kind: 'unavailable' });
    store.getStale = look;
    expect(await messages()).toEqual(['m1']);
    expect((await box.sync(phone, { operations })).results).toMatchObject([{ n: 1, status: 'applied' }]);
  });
});

describe('a put whose answer is lost', () => {
  const fates: Fate[][] = [
    ['lost'],
    ['doneUnanswered'],
    ['landsLate'],
    ['lost', 'doneUnanswered'],
    ['lost', 'lost'],
    ['landsLate', 'lost'],
    ['landsLate', 'refused'],
    ['lost', 'landsLate', 'refused'],
    ['refused', 'landsLate'],
    ['lost', 'refused', 'doneUnanswered'],
    ['lost', 'lost', 'refused', 'lost', 'doneUnanswered'],
  ];

  test.each(fates)('%s %s %s %s %s is found out, and the deposit stored once', async (...some) => {
    await box.given(aConversation());
    store.fates.push(...some);
    expect(await box.results(aMessage({ id: 'm1' }))).toEqual([{ status: 'applied', modSeq: 3 }]);
    expect(await messages()).toEqual(['m1']);
    expect((await box.head()).counts.message).toBe(1);
  });

  test.each(fates)(
    "[XO9] %s %s %s %s %s is found out, and a device's operations processed once",
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

  test('is found by its nonce where others have committed since', async () => {
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
    expect(await box.names('message')).toEqual(['x1', 'x2']);
  });

  test('of a request in which nothing applies is found by its nonce', async () => {
    await box.given(aConversation());
    store.fates.push('doneUnanswered');
    const { results } = await box.sync(phone, { operations: [deletion('m9', { n: 1 })] });
    expect(results).toEqual([{ n: 1, status: 'notFound' }]);
    expect((await box.sync(phone, { operations: [aFolder('f1', { n: 2 })] })).results).toEqual([
      { n: 2, status: 'applied', modSeq: 3 },
    ]);
  });

  test('three times is thrown as it is, so that the client sends the same again', async () => {
    store.fates.push('lost', 'lost', 'lost');
    const operations = [aMessage({ n: 1, id: 'm1' })];
    await expect(box.sync(phone, { operations })).rejects.toThrow('no answer');
    const { results } = await box.sync(phone, { operations });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
  });

  test('at the last attempt, though it was done: the same again has its result', async () => {
    store.fates.push('lost', 'lost', 'doneUnanswered');
    const operations = [aMessage({ n: 1, id: 'm1' })];
    await expect(box.sync(phone, { operations })).rejects.toThrow('no answer');
    expect((await box.sync(phone, { operations })).results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(await messages()).toEqual(['m1']);
  });

  test('and that lands after the same was sent again is not done twice', async () => {
    store.fates.push('lost', 'lost', 'landsLate');
    const operations = [aMessage({ n: 1, id: 'm1' })];
    await expect(box.sync(phone, { operations })).rejects.toThrow('no answer');
    expect((await box.sync(phone, { operations })).results).toEqual([{ n: 1, status: 'applied', modSeq: 2 }]);
    expect(await messages()).toEqual(['m1']);
    expect((await box.head()).counts.message).toBe(1);
  });
});

test('[OP6] many keys and folders that lie deep are one commit, however often others are first', async () => {
  await box.given(
    ...Array.from({ length: 15 }, (_, i) => aFolder(`f${i}`, i ? { parentFolderId: `f${i - 1}` } : {})),
  );
  store.fates.push('refused', 'lost', 'refused', 'lost');
  const operations = [
    ...Array.from({ length: 40 }, (_, i) => aMessage({ id: `m${i}`, conversationId: `c${i}` })),
    aFolder('deep', { parentFolderId: 'f14' }),
  ];
  expect(await box.results(...operations)).toEqual(operations.map(() => ({ status: 'applied', modSeq: 3 })));
  expect(await box.names('message')).toHaveLength(40);
});
