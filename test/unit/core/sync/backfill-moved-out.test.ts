import { CONVERSATIONS, HEAD_KEY } from '../../../../core/model/keys.js';
import type { Range } from '../../../../core/ports/store.js';
import type { Change } from '../../../../protocol/elements/element.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  modification,
  moved,
  removal,
} from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Others commit after a backfill has read conversation histories, and before it reads the head beside them. */
class Overtaken extends MemoryStore {
  commit: (() => Promise<unknown>) | undefined;
  private isRead = false;

  override async query(box: typeof BOX, range: Range) {
    if (range.from === CONVERSATIONS && range.descending) this.isRead = true;
    return super.query(box, range);
  }

  override async get(box: typeof BOX, keys: readonly string[]) {
    await Promise.resolve();
    const { commit, isRead } = this;
    if (commit && isRead && keys.includes(HEAD_KEY)) {
      this.commit = undefined;
      await commit();
    }
    this.isRead = false;
    return super.get(box, keys);
  }
}

let store: Overtaken;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new Overtaken();
  box = new BoxUnderTest(store);
  await box.given(aFolder('f1'), aFolder('f2'), aConversation({ folderId: 'f1' }));
  await box.given(aMessage({ id: 'm1', seed: false, flags: ['x'] }), aMessage({ id: 'm2', seed: false }));
});

/** What an initial synchronization tells, and what is removed by it in the end. */
const initially = async (preferences: object, ...operations: object[]) => {
  const phone = await box.device(BOX, 'phone', preferences as never);
  const first = await box.sync(phone, { limit: 5 });
  store.commit = () => box.given(...operations);
  const rest = await box.syncAll(phone, { syncToken: first.syncToken });
  expect(store.commit).toBeUndefined();
  const removed = (change: Change) => 'removed' in change;
  return {
    sent: new Set(
      [...(first.changes ?? []), ...rest.changes].filter((each) => !removed(each)).map(({ id }) => id),
    ),
    removed: rest.changes.filter(removed).map(({ id }) => id),
  };
};

test.each([
  ['everything', {}],
  ['both folders', { folders: ['f1', 'f2'] }],
  ['contents alone', { elementTypes: ['folder', 'message', 'messageState'] }],
])(
  '[SY15] what moved out of a folder that the same request deleted arrives meanwhile, with a scope of %s',
  async (_, scope) => {
    const { sent, removed } = await initially(scope, moved('c1', 'f2'), removal('folder', 'f1'));
    expect(sent).toContain('m1');
    expect(sent).toContain('m2');
    expect(removed).toEqual(['f1']);
  },
);

test('[SY15] also what the same request wrote into it', async () => {
  const { sent } = await initially(
    {},
    moved('c1', 'f2'),
    modification('messageState', 'm2', { addFlags: ['y'] }),
    aMessage({ id: 'm3', seed: false }),
    removal('folder', 'f1'),
  );
  expect([...sent]).toEqual(expect.arrayContaining(['c1', 'm1', 'm2', 'm3']));
});

test.each([
  ['everything', {}, ['f1']],
  ['contents alone', { elementTypes: ['folder', 'message', 'messageState'] }, ['c1', 'f1']],
])(
  '[SC12] what was in a folder that was deleted meanwhile goes with it, with a scope of %s',
  async (_, scope, gone) => {
    const { removed } = await initially(
      scope,
      modification('message', 'm1', { subject: 'x' }),
      removal('folder', 'f1'),
    );
    expect(removed.sort()).toEqual(gone);
  },
);
