import { connected, disconnected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

test('a device that connects while the notifier finds it away is told all the same', async () => {
  const rig = new Rig();
  const phone = await rig.device(BOX, 'phone', { pushWindowMs: 5000 });
  await rig.syncAll(phone);
  await connected(rig.core, phone, { id: 'A', atMs: 1 });
  await rig.deposit(BOX, aMessage());
  for (const commit of (await rig.commits(BOX)).slice(-1)) await fanOut(rig.core, BOX, commit);
  await disconnected(rig.core, phone, 'A');

  const [first] = rig.pushes.splice(0);
  if (!first) throw new Error('nothing was scheduled');
  const patch = rig.registry.patch.bind(rig.registry);
  rig.registry.patch = async (device, change) => {
    rig.registry.patch = patch;
    await notify(rig.core, first.message); // after `connected` has read the record and before it writes
    return patch(device, change);
  };
  rig.open.add('B');
  expect(await connected(rig.core, phone, { id: 'B', atMs: 2 })).toBe(true);

  for (const { message } of rig.pushes) await notify(rig.core, message);
  expect(rig.frames.map(({ connectionId, frame }) => [connectionId, frame])).toEqual([
    ['B', expect.objectContaining({ type: 'syncRequest', modSeq: 2 })],
  ]);
});
