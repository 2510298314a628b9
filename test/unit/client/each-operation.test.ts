import { checkOperation } from '../../../client/api/check-operation.js';
import { ME, SEED, useCloud, work, YOU } from './sdk.js';

const context = useCloud();
const { aClient, aDeposit } = context;

describe('each operation', () => {
  test('is shown at once, and unchanged once it is confirmed', async () => {
    const client = aClient();
    await aDeposit({ id: 'm1' }, { id: 'm2' }, { id: 'm3', conversationId: 'c2' });
    await client.synchronize();
    await client.createFolder('Family', { id: 'f1' });
    await client.createFolder('Work', { id: 'f2', parentFolderId: null });
    await client.renameFolder('f1', 'Friends');
    await client.moveFolder('f2', 'f1');
    await client.createFolder('Short-lived', { id: 'f3' });
    await client.deleteFolder('f3');
    await client.moveConversation('c1', 'f1');
    await client.modifyConversation('c2', { subject: 'About' });
    await client.createSession('c1', 's1', {
      originator: ME,
      participants: [ME, YOU],
      startedAt: '2026-02-28T10:00:00Z',
    });
    await client.modifySession('c1', 's1', { endedAt: '2026-02-28T11:00:00Z' });
    await client.createSession('c1', 's2', {
      originator: ME,
      participants: [ME],
      startedAt: '2026-02-28T10:00:00Z',
    });
    await client.deleteSession('c1', 's2');
    await client.createMessage('c1', work('reply', { inReplyToMessageId: 'm1', sessionId: 's1' }), {
      id: 'm4',
    });
    await client.setFlags('c1', 'm2', { add: ['\\Flagged', '\\Seen'], remove: ['\\Seen'] });
    await client.addDispositions('c1', 'm4', [
      { participant: YOU, disposition: 'delivered', at: '2026-02-28T12:00:00Z' },
    ]);
    await client.deleteMessage('c2', 'm3');

    const shown = async () => {
      const all = [];
      for await (const { modSeq, ...element } of client.elements())
        all.push({ ...element, ...('createdModSeq' in element && { createdModSeq: 0 }) });
      return all;
    };
    const before = await shown();
    expect(await client.synchronize()).toMatchObject({ sent: 16, applied: 16 });
    expect(await shown()).toEqual(before);
    expect(await client.message('c1', 'm1')).toMatchObject({ flags: ['\\Answered'] });
    expect(await client.sessions('c1')).toMatchObject([
      { session: { id: 's1', endedAt: '2026-02-28T11:00:00Z' } },
    ]);

    const other = aClient({ deviceId: 'tablet' });
    await other.synchronize();
    const theirs = [];
    for await (const { modSeq, ...element } of other.elements())
      theirs.push({ ...element, ...('createdModSeq' in element && { createdModSeq: 0 }) });
    expect(theirs).toEqual(before);
  });

  test('markRead adds \\Seen to all unread messages or up to one, and the count becomes zero', async () => {
    const client = aClient();
    await aDeposit({ id: 'm1' }, { id: 'm2', flags: ['\\Seen'] }, { id: 'm3' }, { id: 'm4' });
    await client.createMessage('c1', work('mine'), { id: 'm5' });
    await client.synchronize();
    expect(await client.conversation('c1')).toMatchObject({ unread: 3 });
    expect(await client.markRead('c1', { upTo: 'm3' })).toMatchObject([{ id: 'm3' }, { id: 'm1' }]);
    expect(await client.conversation('c1')).toMatchObject({ unread: 1 });
    expect(await client.markRead('c1')).toHaveLength(1);
    expect(await client.markRead('c1')).toEqual([]);
    expect(await client.conversation('c1')).toMatchObject({ unread: 0 });
    await client.synchronize();
    expect(await client.conversation('c1')).toMatchObject({ unread: 0, isPending: false });
  });

  test('perform queues several operations together, all or none', async () => {
    const client = aClient({ check: checkOperation });
    const [first, second] = await client.perform(
      { op: 'create', type: 'folder', id: 'f1', data: { name: 'Family', parentFolderId: null } },
      { op: 'create', type: 'conversationHistory', id: 'c1', data: { ...SEED, folderId: 'f1' } },
    );
    expect([first?.n, second?.n]).toEqual([1, 2]);
    const half = client.perform(
      { op: 'delete', type: 'folder', id: 'f1' },
      { op: 'create', type: 'folder', id: 'f2', data: { name: 'a/b', parentFolderId: null } },
    );
    await expect(half).rejects.toThrow('/data/name must not contain a /');
    expect((await client.folders()).map(({ folder }) => folder.id)).toEqual(['f1']);
  });
});
