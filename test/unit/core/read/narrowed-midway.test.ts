// A scope that is narrowed, and wide again before the device receives the removals.
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  deletion,
  modification,
  removal,
} from '../../../support/builders.js';
import { DeviceUnderTest } from '../../../support/device-under-test.js';

const CONVERSATIONS = ['c1', 'c2', 'c3', 'c4', 'c5'];

test.each<[string, () => object[]]>([
  ['a message', () => [deletion('m1', { conversationId: 'c5' })]],
  ['a session history', () => [removal('sessionHistory', 's1', { conversationId: 'c5' })]],
  ['a conversation history', () => [removal('conversationHistory', 'c5')]],
])('[SC9, SC12] what was deleted meanwhile is sent: %s', async (_, deletions) => {
  const box = new BoxUnderTest();
  const phone = new DeviceUnderTest(box, 'phone', 'literal');
  await box.given(aFolder('f1'));
  for (const id of CONVERSATIONS) {
    await box.given(aConversation({ id, folderId: 'f1' }), aSession({ id: 's1', conversationId: id }));
    await box.given(aMessage({ id: 'm1', conversationId: id, sessionId: 's1' }));
    await box.given(aMessage({ id: 'm2', conversationId: id }));
  }
  box.settle();
  await phone.register();
  await phone.synchronize();
  await phone.register({ folders: [] });
  await box.given(...deletions());
  const { changes = [], hasMore } = await phone.page(2);
  expect(changes).not.toContainEqual(expect.objectContaining({ id: 'c5', removed: 'outOfScope' }));
  expect(hasMore).toBe(true);
  await phone.register({ folders: ['f1'] });
  await phone.synchronize();
  await phone.expectExact();
});

test.each([3, 4, 5, 6])(
  'what came in meanwhile arrives, though its conversation history was removed as outOfScope by a later number, limit %i',
  async (limit) => {
    const box = new BoxUnderTest();
    const phone = new DeviceUnderTest(box, 'phone', 'literal');
    await box.given(aConversation({ id: 'c1' }));
    box.settle();
    await phone.register();
    await phone.synchronize();
    await phone.register({ folders: [] });
    await box.given(modification('conversationHistory', 'c1', { subject: 'first' }));
    await box.given(aMessage({ id: 'm2' }));
    await box.given(aMessage({ id: 'm1' }));
    await box.given(modification('conversationHistory', 'c1', { subject: 'then' }));
    box.settle();
    box.settle();
    const { changes = [] } = await phone.page(1);
    expect(changes).toEqual([expect.objectContaining({ id: 'c1', removed: 'outOfScope', modSeq: 6 })]);
    await phone.register();
    await phone.synchronize(limit);
    await phone.expectExact();
  },
);
