// A device gives up conversation histories, and keeps what they hold.
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, modification } from '../../../support/builders.js';
import { DeviceUnderTest } from '../../../support/device-under-test.js';

const BEFORE = { elementTypes: ['conversationHistory', 'message'] };
const AFTER = { elementTypes: ['message'] };

let box: BoxUnderTest;
let phone: DeviceUnderTest;

/** c1 and c2 were changed after what they hold was. */
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aFolder('f1'));
  for (const id of ['c1', 'c2']) {
    await box.given(aConversation({ id }), aMessage({ id: 'm1', conversationId: id }));
    await box.given(modification('conversationHistory', id, { subject: 'changed' }));
  }
  box.settle();
});

describe.each(['literal', 'lenient'] as const)('a %s client', (reading) => {
  beforeEach(async () => {
    phone = new DeviceUnderTest(box, 'phone', reading);
    await phone.register(BEFORE);
    await phone.synchronize();
  });

  test.each([
    ['with all else', BEFORE],
    ['when it kept folders alone', { elementTypes: ['folder'] }],
  ])(
    '[TK7, CL3] in the middle of a synchronization by which some left its scope, %s, starts over, and holds all that came back',
    async (_, midway) => {
      await phone.register({ ...midway, folders: ['f1'] });
      const left = await phone.page(1);
      expect(left.changes).toMatchObject([{ type: 'conversationHistory', removed: 'outOfScope' }]);
      expect(left.hasMore).toBe(true);
      await phone.register(AFTER);
      const [next] = await phone.synchronize(1);
      expect(next?.reset).toBe(true);
      await phone.expectExact();
    },
  );

  test('[SC7] between two synchronizations is sent the difference, and holds what it held', async () => {
    await phone.register(AFTER);
    const pages = await phone.synchronize();
    expect(pages.some(({ reset }) => reset)).toBe(false);
    expect(pages.flatMap(({ changes = [] }) => changes)).toEqual([]);
    await phone.expectExact();
  });

  test('[SC7] in the middle of a synchronization that had given them up already continues with it', async () => {
    await phone.register(AFTER);
    await phone.register({ ...AFTER, folders: ['f1'] });
    expect((await phone.page(1)).hasMore).toBe(true);
    expect((await phone.page(1)).hasMore).toBe(true);
    await phone.register(AFTER);
    const pages = await phone.synchronize(1);
    expect(pages.some(({ reset }) => reset)).toBe(false);
    await phone.expectExact();
  });
});
