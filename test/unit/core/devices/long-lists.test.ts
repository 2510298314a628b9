import { listDevices, showDevice } from '../../../../core/admin/devices.js';
import { watchDevices } from '../../../../core/admin/show-box.js';
import { watchedDeviceListSchema } from '../../../../protocol/box.js';
import { deviceListSchema } from '../../../../protocol/device.js';
import type { ConversationId, DeviceId, FolderId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

/** As a function returns a body: JSON in JSON. */
const returned = (body: object) => Buffer.byteLength(JSON.stringify({ body: JSON.stringify(body) }));
const LAMBDA_MAX_BYTES = 6 * 1024 * 1024;

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

const ids = (like: (i: number) => string) => Array.from({ length: 200 }, (_, i) => like(i));
const quotes = (i: number) => String(i).padStart(128, '"');
const uuid = (i: number) => `3f2c0f6e-8b7d-4c3a-9f10-${String(i).padStart(12, '0')}`;

async function devices(count: number, like: (i: number) => string) {
  for (let i = 0; i < count; i++) {
    await rig.device(BOX, `d${i}`, { excludeConversations: ids(like) as ConversationId[] });
  }
}

test.each([
  ['60 devices with ids of quotes', 60, quotes],
  ['100 devices with long ids', 100, (i: number) => String(i).padStart(128, 'x')],
])('[DV6, SP6] %s are listed without what is large, and shown one by one', async (_, count, like) => {
  await devices(count, like);
  const listed = { devices: await listDevices(rig.core, BOX) };
  const watched = { devices: await watchDevices(rig.core, BOX) };
  for (const list of [listed, watched]) {
    expect(returned(list)).toBeLessThan(LAMBDA_MAX_BYTES);
    expect(list.devices).toHaveLength(count);
    for (const device of list.devices) {
      expect(device).toMatchObject({
        deviceId: expect.any(String),
        instanceId: expect.any(String),
        lastN: 0,
      });
      expect(device).not.toHaveProperty('preferences');
      expect(device).not.toHaveProperty('effective');
    }
  }
  expect(watched.devices[0]).toMatchObject({ syncedModSeq: 0, lag: 1 });
  expect(deviceListSchema.safeParse(listed).error).toBeUndefined();
  expect(watchedDeviceListSchema.safeParse(watched).error).toBeUndefined();
  expect(await showDevice(rig.core, BOX, 'd7' as DeviceId)).toMatchObject({
    preferences: { excludeConversations: ids(like) },
    effective: { excludeConversations: ids(like) },
  });
});

test('[DV6] a list that an answer holds is whole', async () => {
  await devices(40, uuid);
  await rig.device(BOX, 'tablet', { folders: ids(uuid) as FolderId[] });
  for (const device of await listDevices(rig.core, BOX)) {
    expect(device).toEqual(await showDevice(rig.core, BOX, device.deviceId));
  }
});
