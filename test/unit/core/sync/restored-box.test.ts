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
import { VeiledStore } from '../../../support/veiled-store.js';

let store: VeiledStore;
let box: BoxUnderTest;
let phone: DeviceUnderTest;

beforeEach(async () => {
  store = new VeiledStore();
  box = new BoxUnderTest(store);
  phone = new DeviceUnderTest(box, 'phone', 'literal');
  await box.given(aFolder('f1'), aConversation(), ...['m1', 'm2', 'm3'].map((id) => aMessage({ id })));
  await box.given(aConversation({ id: 'c2', folderId: 'f1' }), aMessage({ id: 'x', conversationId: 'c2' }));
  box.settle();
});

/** What happened behind a backup, was shown to the device, and is undone. */
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
    test('is told anew to a device whose backfill showed what is undone', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(aMessage({ id: 'undone' }), deletion('m1'));
      for (let i = 0; i < 8; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device whose backfill showed what is undone, further ahead than the log is read at a time', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      for (let i = 0; i < 35; i++) await box.given(aFolder(`undone${i}`));
      await box.given(aMessage({ id: 'undone' }), deletion('m1'));
      for (let i = 0; i < 4; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device whose backfill passed over what was deleted', async () => {
      await phone.register();
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(removal('conversationHistory', 'c2'));
      for (let i = 0; i < 4; i++) await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device that was told a part of a commit', async () => {
      await phone.register();
      await phone.synchronize();
      const restore = store.backup(BOX);
      await box.given(aFolder('undone1'), aFolder('undone2'), aFolder('undone3'));
      await phone.page(2);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device that has the results of what it did itself', async () => {
      await phone.register();
      await phone.synchronize();
      await box.given(aFolder('told'));
      const restore = store.backup(BOX);
      await box.given(aFolder('undone'));
      phone.does(deletion('m2'));
      await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device that was sent the contents of a conversation history which moved in', async () => {
      await phone.register({ folders: ['default'] });
      await phone.synchronize();
      await box.given(modification('conversationHistory', 'c2', { folderId: 'default' }));
      await phone.page(1);
      const restore = store.backup(BOX);
      await box.given(modification('message', 'x', { subject: 'undone' }, { conversationId: 'c2' }));
      await phone.page(1);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device that was not told what a deleted folder had held, since that began anew', async () => {
      await phone.register({ elementTypes: ['message'] });
      await phone.synchronize();
      await box.given(removal('folder', 'f1'));
      const restore = store.backup(BOX);
      await box.given(aMessage({ id: 'undone', conversationId: 'c2' }));
      expect((await phone.page(1)).changes).toMatchObject([{ type: 'folder', removed: 'deleted' }]);
      await followsAfter(restore, grows);
    });

    test('is told anew to a device that was sent a large element as it was changed later', async () => {
      await phone.register();
      await phone.synchronize();
      const text = (letter: string) => ({ textContent: letter.repeat(60_000) });
      await box.given(
        aMessage({ id: 'l1', ...text('a') }),
        aMessage({ id: 'l2', ...text('a') }),
        aFolder('told'),
      );
      const restore = store.backup(BOX);
      await box.given(aFolder('undone'), modification('message', 'l2', text('b')));
      await phone.page(3);
      await followsAfter(restore, grows);
    });
  });

  test('goes on where the device was shown nothing that is undone', async () => {
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

test('[TK4] a complete token tells of all that the device was shown: a large element that changed meanwhile has more', async () => {
  await phone.register();
  await phone.synchronize();
  const text = (letter: string) => ({ textContent: letter.repeat(60_000) });
  await box.given(aMessage({ id: 'l1', ...text('a') }), aMessage({ id: 'l2', ...text('a') }));
  const get = store.get.bind(store);
  store.get = async (...args) => {
    if (args[1].some((key) => key.endsWith('l2'))) {
      store.get = get;
      await box.given(modification('message', 'l2', text('b')));
    }
    return get(...args);
  };
  const pages = await phone.synchronize();
  expect(pages).toHaveLength(2);
  await phone.expectExact();
});

test('[TK4] a device whose scopes are counted anew, since the registry was restored, starts over', async () => {
  const caller = await box.device(BOX, 'tablet', {});
  await box.device(BOX, 'tablet', { folders: ['f1'] as never });
  const { syncToken } = await box.syncAll(caller);
  const restored = new BoxUnderTest(store);
  await restored.device(BOX, 'tablet', {});
  await restored.device(BOX, 'tablet', { folders: ['default'] as never });
  expect((await restored.sync(caller, { syncToken })).reset).toBe(true);
});

test('[SY10] each response that has more has another token, also where nothing could be told yet', async () => {
  await phone.register();
  await phone.synchronize();
  await box.given(
    aMessage({ id: 'l1', textContent: 'a'.repeat(60_000) }),
    aMessage({ id: 'l2', textContent: 'a'.repeat(60_000) }),
  );
  store.hide('E#c1#M#l2');
  const tokens = [];
  for (let i = 0; i < 4; i++) tokens.push((await phone.page()).syncToken);
  expect(new Set(tokens).size).toBe(4);
});
