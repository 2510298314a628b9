import type { StoredDevice } from '../../core/model/items.js';
import { connected } from '../../core/push/connections.js';
import { fanOut } from '../../core/push/fan-out.js';
import { notify } from '../../core/push/notify.js';
import { BoxUnderTest } from './box-under-test.js';
import { aConversation, aMessage, BOX } from './builders.js';

/**
 * A box with a phone that is up to date, uses connection A for a minute already, and has a window of five
 * seconds.
 */
export async function connectedPhone() {
  const box = new BoxUnderTest();
  const phone = await box.device(BOX, 'phone', { pushWindowMs: 5000 });
  const open = async (id: string, who = phone) => {
    box.open.add(id);
    return connected(box.core, who, { id, atMs: box.clock.nowMs });
  };
  const record = async () => (await box.registry.device(BOX, phone.deviceId)) as StoredDevice;
  const commitAndFanOut = async () => {
    await box.given(aMessage());
    const commit = (await box.commits(BOX)).at(-1);
    if (commit) await fanOut(box.core, BOX, commit);
  };
  /** Takes the next message of the queue, and sets the clock to its time. */
  const deliver = async () => {
    const [next] = box.pushes.splice(0, 1);
    if (!next) throw new Error('the queue must hold a message');
    box.clock.nowMs += next.delaySeconds * 1000;
    await notify(box.core, next.message);
    return next.message;
  };
  await box.given(aConversation());
  await box.syncAll(phone);
  await open('A');
  box.clock.nowMs += 60_000;
  return { box, phone, open, record, commitAndFanOut, deliver };
}

export type ConnectedPhone = Awaited<ReturnType<typeof connectedPhone>>;
