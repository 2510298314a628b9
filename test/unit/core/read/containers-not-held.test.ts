import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import type { SyncResponse } from '../../../../protocol/sync.js';
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

let box: BoxUnderTest;

/** c1 and c2 in f1, c3 in f2, each with a session history that holds one of its two messages; all have states. */
beforeEach(async () => {
  box = new BoxUnderTest();
  await box.given(aFolder('f1'), aFolder('f2'));
  for (const [conversationId, folderId] of [
    ['c1', 'f1'],
    ['c2', 'f1'],
    ['c3', 'f2'],
  ] as const) {
    await box.given(
      aConversation({ id: conversationId, folderId }),
      aSession({ conversationId }),
      aMessage({ id: 'in', conversationId, sessionId: 's1', flags: ['k'] }),
      aMessage({ id: 'out', conversationId, flags: ['k'] }),
    );
  }
  box.settle();
});

/** Purges what was deleted, with its pieces and notes. */
const clearAway = async () => {
  for (const commit of await box.commits(BOX)) await schedulePurge(box.core, BOX, commit);
  for (let next: PurgeMessage | undefined = box.purges.shift(); next; next = box.purges.shift())
    await purge(box.core, next);
};

const toldIn = (pages: readonly SyncResponse[]) => pages.flatMap(({ changes }) => told(changes));

const LIMITS = [1, 2, 3, 200];
const CLIENTS = (['literal', 'lenient'] as const).flatMap((reading) =>
  LIMITS.map((limit) => [reading, limit] as const),
);

describe.each(CLIENTS)('a %s client that keeps messages and states alone, limit %i,', (reading, limit) => {
  let phone: DeviceUnderTest;
  const CONTENTS = ['message', 'messageState'];

  const keeps = async (preferences: object = {}) => {
    phone = new DeviceUnderTest(box, 'phone', reading);
    await phone.register({ elementTypes: CONTENTS, ...preferences });
    await phone.synchronize(limit);
    await phone.expectExact();
  };
  const follows = async () => {
    const pages = await phone.synchronize(limit);
    await phone.expectExact();
    return toldIn(pages);
  };

  test('[SC12] follows the deletion of a conversation history', async () => {
    await keeps();
    await box.given(removal('conversationHistory', 'c1'));
    expect(await follows()).toEqual(['conversationHistory c1 deleted']);
  });

  test.each([
    ['in commits of their own', (operations: object[]) => operations.map((operation) => [operation])],
    ['in one commit', (operations: object[]) => [operations]],
  ])('[SC13] follows a conversation history that begins again, %s', async (_, commits) => {
    await keeps();
    const operations = [removal('conversationHistory', 'c1'), aMessage({ id: 'new', flags: ['k'] })];
    for (const commit of commits(operations)) await box.given(...commit);
    const changes = await follows();
    expect(changes).toEqual(['conversationHistory c1 deleted', 'message new c1', 'messageState new c1']);
  });

  test('is not sent once more that a life has ended', async () => {
    await keeps();
    await box.given(removal('conversationHistory', 'c1'));
    await follows();
    await clearAway();
    await box.given(aMessage({ id: 'new' }));
    expect(await follows()).toEqual(['message new c1']);
  });

  test('receives nothing of a conversation history that begins for the first time', async () => {
    await keeps();
    await box.given(aConversation({ id: 'c9' }));
    expect(await follows()).toEqual([]);
    await box.given(aMessage({ id: 'new', conversationId: 'c10' }));
    expect(await follows()).toEqual(['message new c10']);
  });

  test('follows a life that was begun and ended between two others', async () => {
    await keeps();
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(aMessage({ id: 'second' }));
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(aMessage({ id: 'third' }));
    await follows();
  });

  test.each([['before'], ['after']])(
    '[SC13] follows the deletion of a folder %s it was cleared away',
    async (when) => {
      await keeps();
      await box.given(removal('folder', 'f1'));
      if (when === 'after') await clearAway();
      expect((await follows()).sort()).toEqual([
        'conversationHistory c1 deleted',
        'conversationHistory c2 deleted',
        'folder f1 deleted',
      ]);
    },
  );

  test('[SC13] follows the deletion of a folder behind other changes', async () => {
    await keeps();
    await box.given(aMessage({ id: 'new', conversationId: 'c3' }));
    await box.given(removal('folder', 'f1'));
    expect((await follows()).sort()).toEqual([
      'conversationHistory c1 deleted',
      'conversationHistory c2 deleted',
      'folder f1 deleted',
      'message new c3',
    ]);
  });

  test('follows the deletion of a folder in its scope, and receives nothing of others', async () => {
    await keeps({ folders: ['f1'], excludeConversations: ['c2'] });
    await box.given(removal('folder', 'f2'));
    expect(await follows()).toEqual([]);
    await box.given(removal('folder', 'f1'));
    expect((await follows()).sort()).toEqual(['conversationHistory c1 deleted', 'folder f1 deleted']);
  });

  test.each([['before'], ['after']])(
    'follows a conversation history that begins again %s its former folder was cleared away',
    async (when) => {
      await keeps();
      await box.given(removal('folder', 'f1'));
      if (when === 'after') await clearAway();
      await box.given(aMessage({ id: 'new' }));
      await box.given(aMessage({ id: 'newer', inReplyToMessageId: 'new' }));
      await follows();
    },
  );

  test('follows one that begins again outside of its scope', async () => {
    await keeps({ folders: ['f1'] });
    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'new' }));
    await follows();
    await box.given(moved('c1', 'f1'));
    await follows();
  });

  test('follows one that begins again outside of its scope and moves into it at once', async () => {
    await keeps({ folders: ['f1'] });
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(aMessage({ id: 'new' }));
    await box.given(moved('c1', 'f1'));
    await follows();
  });

  test('follows one that leaves its scope and comes back behind another, with what it held all along', async () => {
    await keeps({ folders: ['f1'] });
    await box.given(moved('c1', 'f2'));
    await box.given(moved('c3', 'f1'));
    await box.given(deletion('in'));
    await box.given(modification('conversationHistory', 'c1', { subject: 'x' }));
    await box.given(moved('c1', 'f1'));
    await follows();
  });

  test('follows a scope that leaves a conversation history and takes it up again before it has sent all', async () => {
    await keeps();
    await box.given(modification('conversationHistory', 'c3', { subject: 'x' }));
    await phone.register({ elementTypes: CONTENTS, folders: ['f1'] });
    await phone.page(1);
    await phone.register({ elementTypes: CONTENTS });
    await follows();
  });

  test('follows a deletion of its own, though it does not know what was in the folder', async () => {
    await keeps();
    phone.does(removal('folder', 'f1'));
    await follows();
  });

  test.each([
    ['', [aMessage({ id: 'own', conversationId: 'c3', flags: ['k'] })]],
    [
      ' and more in it',
      [stateChange('out', { addFlags: ['x'] }), aMessage({ id: 'own', conversationId: 'c3' })],
    ],
  ])('[SC15] learns that something of its own is outside of its scope%s', async (_, operations) => {
    await keeps({ folders: ['f1'] });
    phone.does(...operations);
    expect(await follows()).toContain('message own c3 outOfScope');
    phone.does(modification('message', 'own', { subject: 'x' }, { conversationId: 'c3' }));
    await box.given(moved('c3', 'f1'));
    expect(await follows()).toContain('message own c3');
  });

  test.each([
    ['outOfScope', modification('message', 'own', { subject: 'x' }, { conversationId: 'c3' })],
    ['deleted', deletion('own', { conversationId: 'c3' })],
  ])('[SC15] learns that something of its own is %s where others went on with it', async (why, operation) => {
    await keeps({ folders: ['f1'] });
    phone.does(aMessage({ id: 'own', conversationId: 'c3' }));
    await phone.page(limit);
    await box.given(operation);
    expect(await follows()).toEqual([`message own c3 ${why}`]);
  });

  test('[SC13] follows the deletion of a folder with what it excludes since', async () => {
    await keeps();
    await phone.register({ elementTypes: CONTENTS, excludeConversations: ['c2'] });
    await box.given(removal('folder', 'f1'));
    expect((await follows()).sort()).toEqual([
      'conversationHistory c1 deleted',
      'conversationHistory c2 deleted',
      'folder f1 deleted',
    ]);
  });

  test('[SC15] is sent what it did itself', async () => {
    await keeps();
    phone.does(aMessage({ id: 'own', flags: ['k'] }));
    expect(await follows()).toEqual(['message own c1', 'messageState own c1']);
  });

  test('follows in the middle of an initial synchronization', async () => {
    phone = new DeviceUnderTest(box, 'phone', reading);
    await phone.register({ elementTypes: CONTENTS });
    await phone.page(3);
    await box.given(removal('folder', 'f1'), aFolder('f4'));
    await box.given(aMessage({ id: 'new' }), aMessage({ id: 'newer', conversationId: 'c3' }));
    await phone.page(2);
    await box.given(removal('conversationHistory', 'c3'));
    await box.given(aMessage({ id: 'newest', conversationId: 'c3' }));
    await follows();
  });

  test('keeps conversation histories as well from now on', async () => {
    await keeps();
    await box.given(removal('folder', 'f1'));
    await phone.register({ elementTypes: [...CONTENTS, 'conversationHistory'] });
    await follows();
  });

  test('kept conversation histories until its policy changed', async () => {
    await keeps({ elementTypes: [...CONTENTS, 'conversationHistory'], folders: ['f1'] });
    await box.given(modification('conversationHistory', 'c1', { subject: 'x' }));
    await follows();
    await box.given(moved('c1', 'f2'));
    await box.registry.putPolicy('default' as never, { elementTypes: ['message', 'messageState'] });
    box.clock.nowMs += 1000;
    await follows();
  });

  test('kept conversation histories until now', async () => {
    await keeps({ elementTypes: [...CONTENTS, 'conversationHistory'] });
    await box.given(removal('folder', 'f1'));
    await box.given(modification('conversationHistory', 'c3', { subject: 'x' }));
    await phone.register({ elementTypes: CONTENTS, folders: ['f1'] });
    await follows();
  });
});

describe.each(CLIENTS)('a %s client that keeps states alone, limit %i,', (reading, limit) => {
  let phone: DeviceUnderTest;
  beforeEach(async () => {
    phone = new DeviceUnderTest(box, 'phone', reading);
    await phone.register({ elementTypes: ['messageState'] });
    await phone.synchronize(limit);
    await phone.expectExact();
  });
  const follows = async () => {
    const pages = await phone.synchronize(limit);
    await phone.expectExact();
    return toldIn(pages);
  };

  test.each([['before'], ['after']])(
    '[SC14] follows the deletion of a session history %s it was cleared away',
    async (when) => {
      await box.given(removal('sessionHistory', 's1'));
      if (when === 'after') await clearAway();
      await box.given(stateChange('out', { addFlags: ['x'] }));
      expect((await follows()).sort()).toEqual([
        'message in c1 deleted',
        'messageState out c1',
        'sessionHistory s1 c1 deleted',
      ]);
    },
  );

  test('follows the deletion of its conversation history, and of a message', async () => {
    await box.given(removal('sessionHistory', 's1'));
    await box.given(removal('conversationHistory', 'c1'), deletion('out', { conversationId: 'c2' }));
    await follows();
  });

  test('keeps messages as well from now on', async () => {
    await box.given(removal('sessionHistory', 's1'));
    await phone.register({ elementTypes: ['message', 'messageState'] });
    await follows();
  });
});

test.each(CLIENTS)(
  'a %s client that keeps everything receives one removal of a folder or session history (limit %i)',
  async (reading, limit) => {
    const phone = new DeviceUnderTest(box, 'phone', reading);
    await phone.register();
    await phone.synchronize(limit);
    await box.given(removal('folder', 'f1'), removal('sessionHistory', 's1', { conversationId: 'c3' }));
    expect(toldIn(await phone.synchronize(limit))).toEqual([
      'folder f1 deleted',
      'sessionHistory s1 c3 deleted',
    ]);
    await phone.expectExact();
  },
);
