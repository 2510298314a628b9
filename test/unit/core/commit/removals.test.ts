import { conversationKey, messageKey } from '../../../../core/store/keys.js';
import type { ConversationId, MessageId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  modification,
  moved,
  removal,
} from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(
    aFolder('f1'),
    aFolder('f2'),
    aConversation({ folderId: 'f1' }),
    aMessage({ id: 'm1', seed: false }),
  );
});

/** What a device that was up to date is told of the operations. */
const toldOf = async (...operations: object[]) => {
  const tablet = await box.device(BOX, 'tablet');
  const { syncToken } = await box.syncAll(tablet);
  await box.given(...operations);
  const { changes = [] } = await box.sync(tablet, { syncToken });
  return changes.map(({ type, id, ...rest }) => `${type} ${id} ${'removed' in rest ? rest.removed : 'is'}`);
};

const folderIsDeleted = removal('folder', 'f1');
const c2 = (data = {}) => aConversation({ id: 'c2', folderId: 'f1', ...data });

describe('deleting a folder sends one removal, for the container', () => {
  test.each([
    ['changed a conversation history in it', [modification('conversationHistory', 'c1', { subject: 'x' })]],
    ['made one in it', [c2()]],
    ['made one in it, with contents', [c2(), aMessage({ id: 'm2', conversationId: 'c2' })]],
    ['put something into one', [aSession(), aMessage({ id: 'm2', sessionId: 's1', flags: ['x'] })]],
    ['moved one out and in again', [moved('c1', 'f2'), moved('c1', 'f1')]],
  ])('[OP3] also where the request %s before', async (_, before) => {
    expect(await toldOf(...before, folderIsDeleted)).toEqual(['folder f1 deleted']);
    const found = await box.statuses(
      modification('conversationHistory', 'c1', { subject: 'y' }),
      modification('message', 'm1', { subject: 'y' }),
    );
    expect(found).toEqual(['gone', 'gone']);
  });

  test('and one for a conversation history that the request moved into it, which others hold elsewhere', async () => {
    const told = await toldOf(moved('c1', 'f2'), removal('folder', 'f2'));
    expect(told).toEqual(['folder f2 deleted', 'conversationHistory c1 deleted']);
  });

  test('and one for what lived elsewhere before the request began it anew in the folder', async () => {
    const told = await toldOf(
      removal('conversationHistory', 'c1'),
      aConversation({ folderId: 'f2' }),
      removal('folder', 'f2'),
    );
    expect(told).toEqual(['folder f2 deleted', 'conversationHistory c1 deleted']);
  });

  test('clears away what the request wrote into it', async () => {
    await box.given(
      modification('conversationHistory', 'c1', { subject: 'x' }),
      c2(),
      aMessage({ id: 'm2', conversationId: 'c2' }),
      folderIsDeleted,
    );
    await box.emptied();
    const keys = [
      conversationKey('c1' as ConversationId),
      messageKey('c1' as ConversationId, 'm1' as MessageId),
      conversationKey('c2' as ConversationId),
      messageKey('c2' as ConversationId, 'm2' as MessageId),
    ];
    for (const key of keys) expect(await box.item(key)).toMatchObject({ kind: 'tombstone' });
    expect((await box.head()).counts).toMatchObject({ folder: 3, conversationHistory: 0, message: 0 });
  });
});
