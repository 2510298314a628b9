// The log has what the view lacks: each read of items adds the entries that are not applied yet.

import { entryVersion } from '../../../../core/model/effects.js';
import { CONTENTS, CONVERSATIONS, FOLDERS } from '../../../../core/model/keys.js';
import { historyOf } from '../../../../core/read/history-of.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  moved,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { DeviceUnderTest } from '../../../support/device-under-test.js';
import { told } from '../../../support/told.js';
import { UnprojectedStore } from '../../../support/unprojected-store.js';

let store: UnprojectedStore;
let box: BoxUnderTest;
let phone: DeviceUnderTest;

const isEmpty = () =>
  store
    .box(BOX)
    .keys.every((sk) => ![FOLDERS, CONVERSATIONS, CONTENTS].some((prefix) => sk.startsWith(prefix)));

beforeEach(() => {
  store = new UnprojectedStore();
  box = new BoxUnderTest(store);
  phone = new DeviceUnderTest(box, 'phone', 'literal');
});

/** c1 in f1 and c2 in f2, each with a session history that holds one of two messages, one of them large; all have states. */
const fill = async () => {
  await box.given(aFolder('f1'), aFolder('f2', { parentFolderId: 'f1' }));
  for (const [conversationId, folderId] of [
    ['c1', 'f1'],
    ['c2', 'f2'],
  ] as const) {
    await box.given(aConversation({ id: conversationId, folderId }));
    await box.given(
      aSession({ conversationId }),
      aMessage({ id: 'in', conversationId, sessionId: 's1', flags: ['k'] }),
    );
    await box.given(aMessage({ id: 'large', conversationId, flags: ['k'], textContent: 'é'.repeat(5000) }));
  }
};

describe.each([1, 2, 200])('of a box whose view is empty, with a limit of %i,', (limit) => {
  beforeEach(fill);
  afterEach(() => {
    expect(isEmpty()).toBe(true);
  });

  const keeps = async (preferences: object = {}) => {
    await phone.register(preferences);
    await phone.synchronize(limit);
    await phone.expectExact();
    expect(phone.model.view(box.clock.now()).size).toBeGreaterThan(0);
  };
  const follows = async () => {
    const pages = await phone.synchronize(limit);
    await phone.expectExact();
    return pages.flatMap(({ changes }) => told(changes));
  };

  test('[SY2] a device is sent everything', async () => {
    await keeps();
    expect(phone.model.view(box.clock.now()).size).toBe(4 + 2 * 6);
  });

  test('[SY14] a device that is just being filled is sent what is committed meanwhile', async () => {
    await phone.register();
    await phone.page(limit);
    await box.given(modification('message', 'in', { subject: 'x' }), moved('c2', 'f1'));
    await box.given(removal('sessionHistory', 's1', { conversationId: 'c2' }), aMessage({ id: 'new' }));
    await follows();
  });

  test('[SC10] a device is sent the contents of a conversation history that moves into its scope', async () => {
    await keeps({ folders: ['f1'] });
    await box.given(moved('c2', 'f1'));
    const changes = await follows();
    expect(changes).toEqual(
      expect.arrayContaining(['message in c2', 'messageState in c2', 'message large c2']),
    );
  });

  test('[SC7] a device is sent what another scope brings', async () => {
    await keeps({ folders: ['f1'] });
    await phone.register({ folders: ['f2'] });
    expect(await follows()).toContain('conversationHistory c1 outOfScope');
  });

  test('[SC8] a device is sent the longer text of a large message', async () => {
    await keeps({ maxTextBytes: 11 });
    await phone.register({ maxTextBytes: 9000 });
    expect((await follows()).filter((name) => name.startsWith('message '))).toEqual([
      'message large c2',
      'message large c1',
    ]);
  });

  test('[SC13] a device without conversation histories receives each that was in a deleted folder', async () => {
    await box.given(moved('c2', 'f1'), removal('folder', 'f2'));
    await keeps({ elementTypes: ['message', 'messageState'] });
    await box.given(removal('folder', 'f1'));
    expect((await follows()).sort()).toEqual([
      'conversationHistory c1 deleted',
      'conversationHistory c2 deleted',
      'folder f1 deleted',
    ]);
  });

  test('[SC14] a device without messages receives each that was in a deleted session history', async () => {
    await keeps({ elementTypes: ['messageState'] });
    await box.given(removal('sessionHistory', 's1'));
    expect((await follows()).sort()).toEqual(['message in c1 deleted', 'sessionHistory s1 c1 deleted']);
  });

  test('[OP3] a device is not sent what is dead: what was deleted, and what a deleted container held', async () => {
    await box.given(deletion('large'), removal('sessionHistory', 's1', { conversationId: 'c2' }));
    await box.given(aConversation({ id: 'c3' }), aMessage({ id: 'x', conversationId: 'c3' }));
    await box.given(removal('conversationHistory', 'c3'));
    await keeps();
  });

  test('[CH4] a device is not sent what an earlier life of a conversation history held', async () => {
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(aMessage({ id: 'anew' }));
    await keeps();
  });

  test('[OP14] a device is sent the element that exists and is too large for the result', async () => {
    await keeps({ folders: ['f1'] });
    await phone.does(aMessage({ id: 'large' }));
    const { results, changes } = await phone.page(limit);
    expect(results).toMatchObject([{ status: 'exists' }]);
    expect(results?.[0]).not.toHaveProperty('current');
    expect(changes).toMatchObject([{ type: 'message', id: 'large', textContent: 'é'.repeat(5000) }]);
  });

  test('[HI1] a device is given the history on demand', async () => {
    await keeps();
    const first = await historyOf(box.core, BOX, 'c1' as never, { deviceId: 'phone' as never, limit });
    const ids = first.elements.map(({ type, id }) => `${type} ${id}`);
    const all = ['message large', 'messageState large', 'message in', 'messageState in'];
    expect(ids).toEqual(all.slice(0, 2 * limit));
    expect(first.elements[0]).toMatchObject({ textContent: 'é'.repeat(5000) });
    expect(first.next).toBe(limit === 1 ? 'large' : undefined);
  });
});

test('[BF1] ids whose order in UTF-8 is not that in UTF-16 are sent in the order of keys, from the log as from the view', async () => {
  const ids = ['\u{1F600}', '\uFF5E', 'm'];
  await box.given(...[...ids].reverse().map((id) => aMessage({ id })));
  await box.given(aMessage({ id: 'a' }));
  const tablet = await box.device(BOX, 'tablet');
  const messages = async () =>
    (await box.syncAll(tablet, { limit: 1 })).changes
      .filter(({ type }) => type === 'message')
      .map(({ id }) => id);
  const last = entryVersion(await box.head());
  expect(await messages()).toEqual([...ids, 'a']);
  store.letsThrough = ({ version, sk }) => version >= last - 1 || !sk.startsWith(CONTENTS);
  await box.projected(BOX);
  expect(await messages()).toEqual([...ids, 'a']);
});

describe('a view to which some entries are applied, in whatever order,', () => {
  const OPERATIONS: (() => object[])[] = [
    () => [modification('message', 'in', { subject: 'x' }), stateChange('large', { addFlags: ['y'] })],
    () => [modification('message', 'large', { textContent: 'small by now' })],
    () => [moved('c2', 'f1'), aMessage({ id: 'new', conversationId: 'c2', flags: ['k'] })],
    () => [deletion('in'), stateChange('new', { removeFlags: ['k'] }, { conversationId: 'c2' })],
    () => [modification('message', 'new', { textContent: 'x'.repeat(5000) }, { conversationId: 'c2' })],
  ];
  const subsets = Array.from({ length: 2 ** OPERATIONS.length }, (_, subset) => [subset] as const);

  test.each(subsets)('[SY14] is sent like any other (%i)', async (subset) => {
    await fill();
    store.letsThrough = () => true;
    await box.projected(BOX);
    store.letsThrough = () => false;
    await phone.register();
    await phone.synchronize();
    const versions: number[] = [];
    for (const operations of OPERATIONS) {
      await box.given(...operations());
      versions.push(entryVersion(await box.head()));
    }
    const applied = versions.filter((_, i) => (subset >> i) & 1).reverse();
    for (const version of applied) {
      store.letsThrough = (write) => write.version === version;
      await box.projected(BOX);
    }
    store.letsThrough = () => false;
    await phone.synchronize(2);
    await phone.expectExact();
    const tablet = new DeviceUnderTest(box, 'tablet', 'lenient');
    await tablet.register();
    await tablet.synchronize(2);
    await tablet.expectExact();
  });
});

describe('[SY15] what was passed over as outside of the scope, and never applied to the view since its writer died,', () => {
  beforeEach(async () => {
    await fill();
    store.letsThrough = () => true;
    await box.projected(BOX);
    await phone.register({ folders: ['f1'] });
    await phone.synchronize();
  });

  /** Its writer dies: what it has committed is not applied. */
  const dying = async (write: () => Promise<unknown>) => {
    const before = entryVersion(await box.head());
    await write();
    const after = entryVersion(await box.head());
    store.letsThrough = ({ version }) => version <= before || version > after;
  };
  const follows = async () => {
    const pages = await phone.synchronize();
    await phone.expectExact();
    return pages.flatMap(({ changes }) => told(changes));
  };
  const others = async (count: number) => {
    for (let i = 0; i < count; i++) await box.given(aMessage({ id: `other ${i}` }));
  };

  test.each([
    ['at once', 0],
    ['when the newest entries do not reach back to it', 10],
    ['when one reading does not reach back to it', 120],
  ])('comes with the conversation history that it is in, %s', async (_, count) => {
    await dying(() => box.given(aMessage({ id: 'lost', conversationId: 'c2', flags: ['k'] })));
    expect(await follows()).toEqual([]);
    await others(count);
    await follows();
    await box.given(moved('c2', 'f1'));
    expect(await follows()).toEqual(expect.arrayContaining(['message lost c2', 'messageState lost c2']));
    expect(store.box(BOX).keys).not.toContain('E#c2#M#lost');
  });

  test('comes as well where a device has done it, which never came back', async () => {
    const tablet = await box.device(BOX, 'tablet');
    const operations = [aMessage({ n: 1, id: 'lost', conversationId: 'c2' })];
    await dying(() => box.sync(tablet, { operations }));
    expect(await follows()).toEqual([]);
    await box.given(moved('c2', 'f1'));
    expect(await follows()).toContain('message lost c2');
  });

  test('does not come where it was deleted, nor as it was before', async () => {
    await dying(async () => {
      await box.given(deletion('in', { conversationId: 'c2' }));
      await box.given(modification('message', 'large', { textContent: 'new' }, { conversationId: 'c2' }));
    });
    expect(await follows()).toEqual([]);
    await box.given(moved('c2', 'f1'));
    const changes = await follows();
    expect(changes).not.toContain('message in c2');
    expect(changes).toContain('message large c2');
  });

  test('comes with a scope that is wider', async () => {
    await dying(() => box.given(aMessage({ id: 'lost', conversationId: 'c2' })));
    expect(await follows()).toEqual([]);
    await phone.register({ folders: ['f1', 'f2'] });
    expect(await follows()).toContain('message lost c2');
  });

  test('is applied in the end by others, once its writer has had its time', async () => {
    const entry = async () => (await box.entries(BOX)).at(-1);
    await dying(() => box.given(aMessage({ id: 'lost', conversationId: 'c2' })));
    const lost = await entry();
    store.letsThrough = () => true;
    expect(store.box(BOX).keys).not.toContain('E#c2#M#lost');
    box.clock.nowMs += 3000;
    for (const id of ['a', 'b']) await box.given(aMessage({ id }));
    expect(store.box(BOX).keys).toContain('E#c2#M#lost');
    await box.given(aMessage({ id: 'c' }));
    expect((await box.head()).projected).toBeGreaterThanOrEqual(lost?.index ?? Number.POSITIVE_INFINITY);
  });
});

describe('[XO2] a device whose request was committed and not answered, since its process ended before the view was written,', () => {
  const operations = (count: number, text: string) =>
    Array.from({ length: count }, (_, i) => aMessage({ n: i + 1, id: `own ${i}`, textContent: text }));
  const ended = () => {
    store.project = async () => {
      throw new Error('the process ended');
    };
  };
  const again = () => {
    store.project = UnprojectedStore.prototype.project.bind(store);
  };

  test.each([
    ['a few operations', 1],
    ['so many that their results stand aside', 50],
  ])('gets the same results for %s when it repeats them, and nothing changes', async (_, count) => {
    const tablet = await box.device(BOX, 'tablet');
    const { syncToken } = await box.syncAll(tablet);
    const request = { syncToken, operations: operations(count, 'x') };
    ended();
    await expect(box.sync(tablet, request)).rejects.toThrow('the process ended');
    again();
    const { index, modSeq } = await box.head();
    for (const body of [request, { operations: request.operations }, { ...request, syncToken: 'damaged' }]) {
      const { results } = await box.sync(tablet, body);
      expect(results).toEqual(request.operations.map(({ n }) => ({ n, status: 'applied', modSeq })));
      expect(await box.head()).toMatchObject({ index, modSeq });
    }
  });

  test('[XO6, XO5] is refused another operation under the same number, and one beyond the next', async () => {
    const tablet = await box.device(BOX, 'tablet');
    ended();
    await expect(box.sync(tablet, { operations: operations(2, 'x') })).rejects.toThrow('the process ended');
    again();
    const other = { operations: operations(2, 'y') };
    await expect(box.sync(tablet, other)).rejects.toMatchObject({ kind: 'operation-mismatch' });
    const [, , , beyond] = operations(4, 'x');
    await expect(box.sync(tablet, { operations: [beyond] })).rejects.toMatchObject({
      kind: 'operation-gap',
      details: { expectedN: 3 },
    });
  });

  test('[XO4] continues with operations that are new', async () => {
    const tablet = await box.device(BOX, 'tablet');
    ended();
    await expect(box.sync(tablet, { operations: operations(2, 'x') })).rejects.toThrow('the process ended');
    again();
    const { modSeq } = await box.head();
    const { results } = await box.sync(tablet, { operations: operations(3, 'x') });
    expect(results?.map((result) => [result.n, result.status, result.modSeq])).toEqual([
      [1, 'applied', modSeq],
      [2, 'applied', modSeq],
      [3, 'applied', modSeq + 1],
    ]);
  });

  test('[SY12] learns of its own changes, by the results or by the changes', async () => {
    await phone.register();
    await phone.synchronize();
    await phone.does(aMessage({ id: 'own' }));
    ended();
    await expect(phone.page()).rejects.toThrow('the process ended');
    again();
    await phone.synchronize();
    await phone.expectExact();
  });
});
