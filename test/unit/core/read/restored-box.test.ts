import { isRegistryKey, messageKey } from '../../../../core/model/keys.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { synchronize } from '../../../../core/read/synchronize.js';
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
import { DeviceUnderTest } from '../../../support/device-under-test.js';
import { told } from '../../../support/told.js';
import { WatchedStore } from '../../../support/watched-store.js';

let store: WatchedStore;
let box: BoxUnderTest;
let phone: DeviceUnderTest;

beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  phone = new DeviceUnderTest(box, 'phone', 'literal');
  await box.given(aFolder('f1'), aConversation(), ...['m1', 'm2', 'm3'].map((id) => aMessage({ id })));
  await box.given(aConversation({ id: 'c2', folderId: 'f1' }), aMessage({ id: 'x', conversationId: 'c2' }));
  box.settle();
});

/** Changes after a backup, which the device was shown and the restore undoes. */
describe('[TK4] a box that is restored in the middle of a synchronization', () => {
  const followsAfter = async (restore: () => void, grows: () => Promise<void>) => {
    restore();
    await grows();
    const [first] = await phone.synchronize();
    expect(first?.reset).toBe(true);
    await phone.expectExact();
  };

  describe.each([
    ['as it was', async () => {}],
    ['and grown again', () => box.given(aFolder('g1'), aFolder('g2'), aFolder('g3'))],
    [
      'and grown beyond where it was',
      async () => {
        for (let i = 0; i < 40; i++) await box.given(aFolder(`g${i}`));
      },
    ],
  ])('%s', (_, grows) => {
    test('is sent again to a device whose backfill showed what is undone', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(aMessage({ id: 'undone' }), deletion('m1'));
      for (let i = 0; i < 8; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device whose backfill showed what is undone, further ahead than the log is read at a time', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      for (let i = 0; i < 35; i++) await box.given(aFolder(`undone${i}`));
      await box.given(aMessage({ id: 'undone' }), deletion('m1'));
      for (let i = 0; i < 4; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device whose backfill passed over what was deleted', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(removal('conversationHistory', 'c2'));
      for (let i = 0; i < 4; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device that was sent a part of a commit', async () => {
      await phone.register();
      await phone.synchronize();
      const restore = store.backup(BOX);
      await box.given(aFolder('undone1'), aFolder('undone2'), aFolder('undone3'));
      await phone.page(2);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device that has the results of what it did itself', async () => {
      await phone.register();
      await phone.synchronize();
      await box.given(aFolder('rowCount'));
      const restore = store.backup(BOX);
      await box.given(aFolder('undone'));
      phone.does(deletion('m2'));
      await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device that was sent the contents of a conversation history which moved in', async () => {
      await phone.register({ folders: ['default'] });
      await phone.synchronize();
      await box.given(modification('conversationHistory', 'c2', { folderId: 'default' }));
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(modification('message', 'x', { subject: 'undone' }, { conversationId: 'c2' }));
      await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is sent again to a device that was not sent the removal of what a deleted folder had held, since that began again', async () => {
      await phone.register({ elementTypes: ['message'] });
      await phone.synchronize();
      await box.given(removal('folder', 'f1'));
      const restore = store.backup(BOX);
      await box.given(aMessage({ id: 'undone', conversationId: 'c2' }));
      expect((await phone.page(1)).changes).toMatchObject([{ type: 'folder', removed: 'deleted' }]);
      await followsAfter(restore, grows);
    });
  });

  test('continues where the device was shown nothing that is undone', async () => {
    await phone.register();
    await phone.page(2);
    const restore = store.backup(BOX);
    await box.given(aFolder('undone'));
    restore();
    await box.given(aFolder('other'));
    for (const { reset } of await phone.synchronize(2)) expect(reset).toBeUndefined();
    await phone.expectExact();
  });
});

test('[TK4] a large element is sent as its entry left it, so what was changed later and is undone was not shown', async () => {
  await phone.register();
  await phone.synchronize();
  const text = (letter: string) => ({ textContent: letter.repeat(60_000) });
  await box.given(
    aMessage({ id: 'l1', ...text('a') }),
    aMessage({ id: 'l2', ...text('a') }),
    aFolder('rowCount'),
  );
  const restore = store.backup(BOX);
  await box.given(aFolder('undone'), modification('message', 'l2', text('b')));
  const { changes } = await phone.page(3);
  expect(changes).toMatchObject([{ id: 'rowCount' }, { id: 'l1', ...text('a') }, { id: 'l2', ...text('a') }]);
  restore();
  await box.given(aFolder('other'));
  for (const { reset } of await phone.synchronize()) expect(reset).toBeUndefined();
  await phone.expectExact();
});

test('[SY15] a large element that changes while it is sent is sent as it was, and again afterwards', async () => {
  await phone.register();
  await phone.synchronize();
  const text = (letter: string) => ({ textContent: letter.repeat(60_000) });
  await box.given(aMessage({ id: 'l1', ...text('a') }), aMessage({ id: 'l2', ...text('a') }));
  const get = store.get.bind(store);
  store.get = async (of, keys) => {
    if (keys.some((key) => key.startsWith('O#'))) {
      store.get = get;
      await box.given(modification('message', 'l2', text('b')));
    }
    return get(of, keys);
  };
  expect((await phone.synchronize()).at(-1)?.changes).toMatchObject([text('a'), text('a')]);
  expect(store.get).toBe(get);
  expect((await phone.synchronize()).at(-1)?.changes).toMatchObject([text('b')]);
  await phone.expectExact();
});

describe('a table of devices that is restored', () => {
  const scope = (folder: string) => ({ folders: [folder] }) as never;
  /** All that was decided so far is applied, and the log says so. */
  const complete = async () => {
    await box.projected(BOX);
    for (const id of ['a1', 'a2']) await box.given(aFolder(id));
  };
  /** To how it was; the box stays. */
  const backup = () => {
    const { items } = store.box(BOX);
    const saved = [...items].filter(([sk]) => isRegistryKey(sk));
    return () => {
      for (const sk of [...items.keys()]) if (isRegistryKey(sk)) items.delete(sk);
      for (const [sk, item] of saved) items.set(sk, item);
    };
  };

  test('[TK4] counts scopes again: a device that had another of the same number starts over', async () => {
    const tablet = await box.device(BOX, 'tablet', {});
    const restore = backup();
    await box.device(BOX, 'tablet', scope('f1'));
    await complete();
    const { syncToken } = await box.syncAll(tablet);
    restore();
    await box.device(BOX, 'tablet', scope('default'));
    expect((await box.sync(tablet, { syncToken })).reset).toBe(true);
  });

  test('[TK4] counts them again: a device that had a later one starts over', async () => {
    const tablet = await box.device(BOX, 'tablet', {});
    const restore = backup();
    await box.device(BOX, 'tablet', scope('f1'));
    await complete();
    const { syncToken } = await box.syncAll(tablet);
    restore();
    expect((await box.sync(tablet, { syncToken })).reset).toBe(true);
  });

  test('is healed from the log where that still has what was decided since', async () => {
    const tablet = await box.device(BOX, 'tablet', {});
    const { syncToken } = await box.syncAll(tablet);
    const restore = backup();
    await box.device(BOX, 'tablet', scope('f1'));
    restore();
    const { effective, reset } = await box.sync(tablet, { syncToken });
    expect([effective?.folders, reset]).toEqual([['f1'], undefined]);
  });

  test('lets a device go on that has the scope which it had', async () => {
    const tablet = await box.device(BOX, 'tablet', {});
    const restore = backup();
    const { syncToken } = await box.syncAll(tablet);
    await complete();
    restore();
    const { changes, reset } = await box.sync(tablet, { syncToken });
    expect([told(changes), reset]).toEqual([['folder a1', 'folder a2'], undefined]);
  });
});

/** A backup has each item as of another moment: some may be ahead of the log. */
describe('[TK4] a box that is restored with items ahead of its log', () => {
  const ahead = async () => {
    const restore = store.backup(BOX);
    await box.given(modification('message', 'm1', { subject: 'undone' }), aMessage({ id: 'undone' }));
    await box.projected(BOX);
    const items = new Map(store.box(BOX).items);
    return (...keys: readonly string[]) => {
      restore();
      for (const sk of keys) store.box(BOX).items.set(sk, items.get(sk) as StoredItem);
    };
  };
  const M1 = messageKey('c1' as never, 'm1' as never);
  const UNDONE = messageKey('c1' as never, 'undone' as never);

  test('is sent again to a device that has them', async () => {
    await phone.register();
    await phone.synchronize();
    const restore = await ahead();
    await phone.synchronize();
    restore(M1, UNDONE);
    await box.given(aFolder('other'));
    const [first] = await phone.synchronize();
    expect(first?.reset).toBe(true);
  });

  test('continues with a device that has what came before them', async () => {
    await phone.register();
    await phone.synchronize();
    const restore = await ahead();
    restore(M1);
    await box.given(aFolder('other'));
    const [first] = await phone.synchronize();
    expect([told(first?.changes), first?.reset]).toEqual([['folder other'], undefined]);
  });

  test('is sent again to all once a writer meets one of them, whose change wins over it', async () => {
    await phone.register();
    await phone.synchronize();
    const restore = await ahead();
    restore(M1);
    const { timeline } = await box.head();
    await box.given(modification('message', 'm1', { textContent: 'as it is now' }));
    const head = await box.head();
    expect([head.timeline, head.resetsBefore]).toEqual([timeline + 1, timeline + 1]);
    const [first] = await phone.synchronize();
    expect(first?.reset).toBe(true);
    expect(first?.changes).toContainEqual(
      expect.objectContaining({ id: 'm1', textContent: 'as it is now', modSeq: head.modSeq }),
    );
    await phone.expectExact();
    for (const { reset } of await phone.synchronize()) expect(reset).toBeUndefined();
  });

  test('sends them to a device alike, whether its log is read or the items are', async () => {
    await phone.register();
    const restore = await ahead();
    restore(M1, UNDONE);
    await phone.synchronize(); // ends, though what it was shown is ahead of the log
    await phone.expectExact();
    await box.given(modification('message', 'undone', { subject: 'new' }));
    await phone.synchronize();
    await phone.expectExact();
  });
});

test('[TK4] tokens of the timeline before start over where the deployment says that tables were restored', async () => {
  await phone.register();
  await phone.synchronize();
  (box.core as { timeline?: number }).timeline = 1;
  const [first] = await phone.synchronize();
  expect(first?.reset).toBe(true);
  for (const { reset } of await phone.synchronize()) expect(reset).toBeUndefined();
  await box.given(aFolder('f9'));
  expect((await box.head()).timeline).toBe(1);
  for (const { reset } of await phone.synchronize()) expect(reset).toBeUndefined();
  await phone.expectExact();
});

test('[SY10] each response that has more has another token, also where nothing could be sent', async () => {
  const tablet = await box.device(BOX, 'tablet');
  const { syncToken = '' } = await box.syncAll(tablet);
  await box.given(aFolder('f9'));
  const tokens = [syncToken];
  for (let i = 0; i < 4; i++) {
    const body = { syncToken: tokens.at(-1) as string, operations: [], limit: 200 };
    const page = await synchronize(box.core, tablet, body, { maxBytes: 60 * 1024 }); // less than one element may need
    expect([page.changes, page.hasMore]).toEqual([undefined, true]);
    tokens.push(page.syncToken);
  }
  expect(new Set(tokens).size).toBe(5);
});
