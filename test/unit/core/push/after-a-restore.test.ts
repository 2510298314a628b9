import { showBox } from '../../../../core/admin/show-box.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { type ConnectedPhone, connectedPhone } from '../../../support/connected-phone.js';

let box: ConnectedPhone['box'];
let open: ConnectedPhone['open'];
let phone: ConnectedPhone['phone'];
let record: ConnectedPhone['record'];
let commitAndFanOut: ConnectedPhone['commitAndFanOut'];
let deliver: ConnectedPhone['deliver'];

beforeEach(async () => {
  ({ box, open, phone, record, commitAndFanOut, deliver } = await connectedPhone());
  box.pushes.length = 0;
});

// Before the restore the device had synchronized up to this number. The box is at 2 now.
describe.each([900, 3, 2])('a device that had synchronized commit %i before a restore', (syncedModSeq) => {
  beforeEach(async () => {
    const set = { syncedModSeq, syncedAtMs: box.clock.nowMs, announcedModSeq: syncedModSeq };
    await box.registry.patch(phone, { set: { ...set, lastPushAtMs: box.clock.nowMs } });
    box.clock.nowMs += 120_000;
    if (syncedModSeq === 3) await box.deposit(BOX, aMessage()); // the box has grown to the same number again
    await box.syncAll(phone);
  });

  test('is where the box is once it has synchronized again', async () => {
    const { modSeq } = await box.head();
    expect(await record()).toMatchObject({ syncedModSeq: modSeq });
    expect(await showBox(box.core, BOX)).toMatchObject({ devices: [{ syncedModSeq: modSeq, lag: 0 }] });
  });

  test('is told nothing when it connects again', async () => {
    await open('B');
    expect(box.pushes).toEqual([]);
    const { modSeq } = await box.head();
    expect(await record()).toMatchObject({ syncedModSeq: modSeq });
  });

  test('hears of the next commit at once', async () => {
    const nowMs = box.clock.nowMs;
    await commitAndFanOut();
    expect(box.pushes).toMatchObject([{ delaySeconds: 0, message: { dueMs: nowMs } }]);
    await deliver();
    const { modSeq } = await box.head();
    expect(box.frames).toMatchObject([{ frame: { modSeq, changes: { message: 1 } } }]);
  });
});

test('a push that was scheduled before a restore counts from where the box is', async () => {
  await commitAndFanOut();
  await box.registry.patch(phone, { set: { syncedModSeq: 900, syncedAtMs: box.clock.nowMs } });
  await deliver();
  expect(box.frames).toMatchObject([{ frame: { type: 'syncRequest', modSeq: 3 } }]);
  expect(await record()).toMatchObject({ syncedModSeq: 0, announcedModSeq: 3 });
});
