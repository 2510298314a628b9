import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, moved, removal } from '../../../support/builders.js';
import { DeviceUnderTest } from '../../../support/device-under-test.js';

const OTHERS = Array.from({ length: 18 }, (_, i) => `other${i}`);

/** A backfill reads items as they are now, and the log is sent later. The box changes in between, and may change back. */
describe.each(['literal', 'lenient'] as const)('a %s client that is filled ahead of the log', (reading) => {
  let box: BoxUnderTest;
  let phone: DeviceUnderTest;

  beforeEach(async () => {
    box = new BoxUnderTest();
    phone = new DeviceUnderTest(box, 'phone', reading);
    await box.given(aFolder('f1'), aFolder('f2'), aConversation({ id: 'c1', folderId: 'f1' }));
    await box.given(...['m1', 'm2', 'm3'].map((id) => aMessage({ id })), ...OTHERS.map((id) => aFolder(id)));
    box.settle();
  });

  /** Keeps the log busy, so that the backfill reads later changes. */
  const others = () => box.given(...OTHERS.map((id) => removal('folder', id)));
  /** Until the backfill has passed everything, and the log is not sent up to its end yet. */
  const passOver = async () => {
    let page = await phone.page(2);
    while (page.backfill) page = await phone.page(2);
    expect(page.hasMore).toBe(true);
  };

  test('[SY14] holds a conversation history that was out of its scope just when the backfill came by', async () => {
    await phone.register({ folders: ['f1'] });
    await phone.page(2);
    await others();
    await box.given(moved('c1', 'f2'));
    await passOver();
    await box.given(moved('c1', 'f1'));
    await phone.synchronize();
    await phone.expectExact();
  });

  test('[SY14] holds one that had left when the difference of its scopes was sent, and came back', async () => {
    await phone.register({ folders: ['f1', 'f2'] });
    await phone.synchronize();
    await others();
    await box.given(moved('c1', 'f2'));
    await phone.register({ folders: ['f1'] });
    await passOver();
    await box.given(moved('c1', 'f1'));
    await phone.synchronize();
    await phone.expectExact();
  });

  test('[SY14] holds one that moved in, and was out again while its contents were sent', async () => {
    await phone.register({ folders: ['f2'] });
    await phone.synchronize();
    await box.given(moved('c1', 'f2'));
    await phone.page(2);
    await others();
    await box.given(moved('c1', 'f1'));
    await phone.page(2);
    await box.given(moved('c1', 'f2'));
    await phone.synchronize();
    await phone.expectExact();
  });
});
