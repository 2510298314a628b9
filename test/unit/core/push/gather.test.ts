// The changes that a device has not synchronized: the content of a synchronization request.
import { revokeDevice } from '../../../../core/admin/devices.js';
import { assignToBox } from '../../../../core/admin/policies.js';
import { startErasing } from '../../../../core/lifecycle/erase.js';
import type { StoredDevice } from '../../../../core/model/items.js';
import { ANCHOR_KEY, entryKey } from '../../../../core/model/keys.js';
import type { Core } from '../../../../core/ports/core.js';
import type { Range } from '../../../../core/ports/store.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { gatherUnsynced } from '../../../../core/push/gather.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aFolder, aMessage, BOX } from '../../../support/builders.js';
import { grow } from '../../../support/grown.js';

let box: BoxUnderTest;
let phone: Caller;

beforeEach(async () => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone');
  await box.given(aConversation()); // commit 2
  await box.syncAll(phone);
  await box.registry.patch(phone, { set: { connectionId: 'A', connectedAtMs: 1 } });
});

const record = async () => (await box.registry.device(BOX, phone.deviceId)) as StoredDevice;
const gathered = async () => {
  const found = await gatherUnsynced(box.core, BOX, await record());
  if (!found) throw new Error('nothing has gathered');
  return found;
};
const messages = (count: number) => Array.from({ length: count }, () => aMessage({ seed: false }));

describe('[PU2] a synchronization request counts', () => {
  test('the commits that the device has not synchronized, and no others', async () => {
    for (const each of messages(3)) await box.given(each);
    await box.syncAll(phone);
    expect((await gathered()).counter.frame).toBeUndefined();
    for (const each of messages(2)) await box.given(each);
    const { counter: tally } = await gathered();
    expect([tally.commits, tally.frame]).toEqual([
      2,
      { type: 'syncRequest', modSeq: 7, changes: { message: 2 }, conversations: ['c1'] },
    ]);
  });

  test('no entries without rows, wherever they stand', async () => {
    await box.device(BOX, 'tablet');
    await box.given(aMessage());
    await box.device(BOX, 'watch');
    await box.given(aMessage());
    await box.device(BOX, 'car');
    const { counter: tally } = await gathered();
    expect([tally.commits, tally.frame?.changes, tally.frame?.modSeq]).toEqual([2, { message: 2 }, 4]);
  });

  test('the changes of a commit whose effects stand aside', async () => {
    await box.given(...['m1', 'm2'].map((id) => aMessage({ id, textContent: 'x'.repeat(40_000) })));
    expect((await box.entries(BOX)).at(-1)?.overflow).toBe(1);
    expect((await gathered()).counter.frame?.changes).toEqual({ message: 2 });
  });

  test('what the log still has, where entries before it have expired', async () => {
    for (const each of messages(8)) await box.given(each);
    const entries = await box.entries(BOX);
    await box.store.remove(
      BOX,
      entries.slice(0, -3).map(({ sk }) => sk),
      Number.MAX_SAFE_INTEGER,
    );
    expect((await gathered()).counter.frame?.changes).toEqual({ message: 3 });
  });

  test('nothing of an earlier life of the box', async () => {
    await box.given(aMessage());
    const { index } = await box.head();
    const anchor = (await box.store.get(BOX, [ANCHOR_KEY])).get(ANCHOR_KEY);
    if (anchor?.kind !== 'anchor') throw new Error('there is no anchor');
    const earlier = (await box.entries(BOX)).at(-1);
    if (!earlier) throw new Error('there is no entry');
    const firstIndex = index + 1000;
    await box.store.put(BOX, { ...anchor, firstIndex }, 'always');
    const next = { ...earlier, index: firstIndex, sk: entryKey(firstIndex), firstIndex, modSeq: 4 };
    await box.store.put(BOX, next, 'always');
    expect((await gathered()).counter.commits).toBe(1);
  });
});

describe('the log is read backwards', () => {
  const readings = async () => {
    const query = jest.spyOn(box.store, 'query');
    await gathered();
    const ranges = query.mock.calls.map(([, range]: [unknown, Range]) => range);
    query.mockRestore();
    return ranges;
  };

  test('in one reading where the device is a little behind', async () => {
    for (const each of messages(3)) await box.given(each);
    expect(await readings()).toMatchObject([{ to: ANCHOR_KEY, descending: true }]);
  });

  test('and no further than to where the device stands', async () => {
    await grow(box, messages(150));
    await box.syncAll(phone);
    await grow(box, messages(130));
    const ranges = await readings();
    expect(ranges).toHaveLength(3); // the newest, and twice a hundred
    for (const range of ranges) expect(range.descending).toBe(true);
    expect((await gathered()).counter.commits).toBe(130);
  });
});

describe('what concerns the device is decided by the policy of its box', () => {
  const assign = async (limits: object) => {
    await box.registry.putPolicy('narrow' as never, limits);
    await assignToBox(box.core, BOX, 'narrow' as never);
    box.clock.nowMs += 1000;
  };

  test('[PO3] as the newest entry says, when a request is sent', async () => {
    await box.given(aMessage(), aFolder('f1'));
    expect((await gathered()).counter.frame?.changes).toEqual({ message: 1, folder: 1 });
    await assign({ elementTypes: ['folder'] });
    const { counter: tally, device } = await gathered();
    expect(tally.frame?.changes).toEqual({ folder: 1 });
    expect(device.effective.elementTypes).toEqual(['folder']);
  });

  test('[PO3] as the newest of the commits says, when one is scheduled', async () => {
    await assign({ elementTypes: ['folder'] });
    await box.given(aMessage());
    await box.given(aMessage());
    const commits = (await box.commits(BOX)).slice(-2);
    expect(commits.map(({ policyId }) => policyId)).toEqual(['narrow', 'narrow']);
    await fanOut(box.core, BOX, ...commits);
    expect(box.pushes).toEqual([]);
    expect(box.reports).toContainEqual({ event: 'pushSuppressed', why: 'outOfScope' });
  });
});

describe('a device that has changed since its record was read', () => {
  /** A process that has read nothing of the box yet. */
  const another = (): Core => ({ ...box.core, store: Object.create(box.store) });
  const gatheredFor = async (changes: () => Promise<unknown>) => {
    await box.given(aMessage(), aFolder('f1'));
    const read = await record();
    await changes();
    return gatherUnsynced(another(), BOX, read);
  };

  test.each([
    ['revoked', () => revokeDevice(box.core, BOX, phone.deviceId)],
    [
      'replaced by an instance with other preferences',
      () => box.device(BOX, 'phone', { maxTextBytes: 5 }, 'phone-2'),
    ],
  ])('is told nothing where it was %s', async (_, changes) => {
    expect(await gatheredFor(changes)).toBeUndefined();
  });

  test('is told by its new preferences where these were', async () => {
    const found = await gatheredFor(() => box.device(BOX, 'phone', { elementTypes: ['folder'] }));
    expect(found?.counter.frame?.changes).toEqual({ folder: 1 });
  });
});

test('nothing gathers in a box that is being erased', async () => {
  await box.given(aMessage());
  const read = await record();
  await startErasing(box.core, BOX);
  expect(await gatherUnsynced(box.core, BOX, read)).toBeUndefined();
});
