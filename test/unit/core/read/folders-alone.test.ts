import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, BOX, moved } from '../../../support/builders.js';

test('[SC12] a device that keeps only folders receives no removal of a conversation history: it would cover nothing', async () => {
  const box = new BoxUnderTest();
  await box.given(aFolder('f1'), aConversation({ folderId: 'f1' }));
  const device = await box.device(BOX, 'd', { folders: ['f1'] as never, elementTypes: ['folder'] });
  const { syncToken = '' } = await box.syncAll(device);
  await box.given(moved('c1', 'default'));
  expect((await box.syncAll(device, { syncToken })).changes).toEqual([]);
});
