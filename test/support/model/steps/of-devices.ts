import { revokeDevice } from '../../../../core/admin/devices.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { DeviceId } from '../../../../protocol/ids.js';
import { NoAnswer } from '../../adversarial-store.js';
import type { Device } from '../device.js';
import { scopeOfBox } from '../oracle.js';
import { somePreferences } from '../preferences.js';
import type { World } from '../world.js';

const PAGES_MAX = 40;

/** Lets the device do one thing, unless it is busy. After a temporary failure, a later step tries again. */
function occupy({ stage }: World, device: Device, work: () => Promise<void>): void {
  if (device.isBusy) return;
  device.isBusy = true;
  stage.begin(device.deviceId, async () => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NoAnswer) && !isPassing(error)) throw error;
    } finally {
      device.isBusy = false;
    }
  });
}

const isPassing = (error: unknown): boolean =>
  error instanceof SyncProblem && (error.kind === 'busy' || error.kind === 'not-found');

/** A device makes some operations and sends one request. */
export async function ask(world: World): Promise<void> {
  const device = world.anyDevice();
  const count = world.stage.chance.between(1, 4);
  device.model.intend(...Array.from({ length: count }, () => world.operation(device)));
  occupy(world, device, () => world.exchange.once(device));
}

/** A device sends one request with its pending operations. */
export async function page(world: World): Promise<void> {
  const device = world.anyDevice();
  occupy(world, device, () => world.exchange.once(device));
}

/** A device sends requests until its synchronization has ended. */
export async function synchronize(world: World): Promise<void> {
  const device = world.anyDevice();
  occupy(world, device, async () => {
    for (let pages = 0; pages < PAGES_MAX && (pages === 0 || !device.model.isQuiet); pages++) {
      await world.exchange.once(device);
    }
  });
}

/** The user changes the preferences of a device. */
export async function changePreferences(world: World): Promise<void> {
  const { chance, swarm } = world.stage;
  const device = chance.pick(world.devices.slice(1));
  if (!swarm.scopes || !device || device.isBusy) return;
  device.preferences = somePreferences(chance, swarm.elementTypes);
  const { isFilling } = device.model;
  const before = sizeOfScope(world, device);
  occupy(world, device, async () => {
    await world.exchange.register(device);
    const after = sizeOfScope(world, device);
    if (isFilling && after < before) world.stage.hit('scope narrowed in the middle of a backfill');
    if (isFilling && after > before) world.stage.hit('scope widened in the middle of a backfill');
  });
}

function sizeOfScope({ stage }: World, { deviceId }: Device): number {
  const effective = stage.effectiveOf(deviceId);
  return effective ? scopeOfBox(stage.alive, effective, stage.time.now()).size : 0;
}

/** The user deletes the application's data on a device. */
export async function reinstall(world: World): Promise<void> {
  const device = world.anyDevice();
  if (device.isBusy) return;
  world.stage.hit('device reinstalled');
  delete device.complete;
  device.model.reinstalled(world.exchange.mintInstance());
  occupy(world, device, () => world.exchange.register(device));
}

/** An administrator or the user revokes a device. */
export async function revoke(world: World): Promise<void> {
  const { stage } = world;
  const device = world.anyDevice();
  if (device.isBusy) return;
  stage.note(() => `  ${device.deviceId} revoked`);
  stage.hit('device revoked');
  occupy(world, device, () =>
    stage.mortal((core) => revokeDevice(core, world.box, device.deviceId as DeviceId)),
  );
}

/** Backs up the local database of a device. */
export async function backUp(world: World): Promise<void> {
  const device = world.anyDevice();
  if (!device.isBusy) device.backup = device.model.backup();
}

/** Restores an old backup of a device's local database. */
export async function rollBack({ stage, devices }: World): Promise<void> {
  const device = stage.chance.pick(devices);
  if (device.isBusy || !device.backup) return;
  stage.note(() => `  ${device.deviceId} rolled back`);
  stage.hit('local database put back');
  delete device.complete;
  device.backup();
}

/** A device uses the token of another device. */
export async function foreignToken({ stage, devices }: World): Promise<void> {
  const [device, other] = stage.chance.shuffled(devices);
  if (!device || device.isBusy || device.model.isWaiting || !other) return;
  const { ownToken } = other.model; // the token may otherwise belong to the first device itself
  if (!ownToken) return;
  stage.note(() => `  ${device.deviceId} uses the token of ${other.deviceId}`);
  stage.hit('token of another device');
  delete device.complete;
  device.model.useToken(ownToken);
}

/** Sends a token of another box, with the same device and instance. */
export async function tokenOfAnotherBox(world: World): Promise<void> {
  const { stage, exchange } = world;
  const device = world.anyDevice();
  const { model, deviceId } = device;
  if (!model.isRegistered || model.isWaiting) return;
  occupy(world, device, async () => {
    const user = `tel:+1555${stage.chance.between(1_000_000, 9_999_999)}`;
    const syncToken = await exchange.tokenOf(user, deviceId, model.instanceId);
    stage.hit('token of another box');
    delete device.complete;
    model.useToken(syncToken);
  });
}

/** A device uses a damaged token. */
export async function damageToken(world: World): Promise<void> {
  const { stage } = world;
  const { chance } = stage;
  const device = world.anyDevice();
  const { syncToken } = device.model;
  if (!syncToken || device.isBusy || device.model.isWaiting) return;
  const at = chance.between(0, syncToken.length - 1);
  const other = syncToken[at] === 'A' ? 'B' : 'A';
  stage.hit('token damaged');
  delete device.complete;
  device.model.useToken(
    `${syncToken.slice(0, at)}${other}${syncToken.slice(at + 1, chance.between(at + 1, 600))}`,
  );
}
