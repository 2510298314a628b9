import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { contentVersionOf, stateVersionOf } from '../../../../core/model/effects.js';
import { bodyKey } from '../../../../core/model/keys.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { NoAnswer } from '../../adversarial-store.js';
import { scopeHasChanged } from '../device.js';
import { canonical } from '../elements.js';
import { somePolicy } from '../preferences.js';
import type { Copy, Moment, World } from '../world.js';
import { participate } from './of-the-network.js';

const DAY_MS = 24 * 3600 * 1000;
const RECOVERY_DAYS = 35;
const COPIES_MAX = 3;
const PIECE_DAYS = 2;
/** Duration of a backup. */
const BACKUP_MS = 60_000;
/** A change of a policy is answered after this time. From then on the change is in force everywhere. */
const POLICY_MS = 1000;
const POLICIES: readonly PolicyId[] = [DEFAULT_POLICY, 'narrow' as PolicyId, 'other' as PolicyId];

/** Changes a policy, sometimes while others are at work. */
export async function changePolicy(world: World): Promise<void> {
  const { stage } = world;
  const { chance, swarm, registry, time } = stage;
  if (!swarm.scopes) return;
  const id = chance.happens(0.5) ? DEFAULT_POLICY : chance.pick(POLICIES);
  const policy = somePolicy(chance, swarm.elementTypes);
  if (chance.happens(0.5)) await world.idle();
  stage.note(() => `  policy ${id} ${canonical(policy)}`);
  stage.hit('policy changed');
  if (policy.retentionDays !== undefined) stage.hit('retention set');
  stage.policiesUnderWay++;
  world.devices.forEach(scopeHasChanged);
  await registry.putPolicy(id, policy);
  stage.begin('policy', async () => {
    await time.sleep(POLICY_MS);
    stage.policiesUnderWay--;
    stage.policiesKnownSinceMs = time.now();
  });
}

/** Assigns a policy to the box or to one of its devices, while no other actor is at work. */
export async function assignPolicy(world: World): Promise<void> {
  const { stage, box } = world;
  const { chance, swarm } = stage;
  if (!swarm.scopes) return;
  await world.idle();
  const policyId = chance.pick(POLICIES);
  if (policyId !== DEFAULT_POLICY)
    await stage.registry.putPolicy(policyId, somePolicy(chance, swarm.elementTypes));
  const device = chance.happens(0.5) ? world.anyDevice() : undefined;
  stage.note(() => `  policy ${policyId} is assigned to ${device?.deviceId ?? 'the box'}`);
  world.devices.forEach(scopeHasChanged);
  stage.begin('assigning', () =>
    untilDone(async () => {
      if (device) {
        await stage.mortal((core) => assignToDevice(core, box, device.deviceId as DeviceId, policyId));
      } else await stage.mortal((core) => assignToBox(core, box, policyId));
      stage.hit(device ? 'policy assigned to a device' : 'policy assigned to the box');
    }),
  );
  await world.idle();
  stage.pass(POLICY_MS);
}

/**
 * Repeats the work until it is answered, as an administrator does. The result `device-not-registered` counts
 * as an answer.
 */
async function untilDone(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SyncProblem && error.kind === 'not-found') return;
      if (!(error instanceof NoAnswer) && !(error instanceof SyncProblem && error.kind === 'busy'))
        throw error;
    }
  }
}

/** Lets time pass, sometimes until the next purge is due. */
export async function wait(world: World): Promise<void> {
  const { stage, purging } = world;
  const { chance } = stage;
  await world.idle();
  const next = purging.nextDueMs - stage.time.now();
  const soon = chance.between(0, 3) * 100;
  const isForPurger = chance.happens(0.6) && next > soon && next < DAY_MS;
  stage.pass(isForPurger ? next - soon : chance.between(1, 200_000));
}

/**
 * Lets days pass in steps: a stream keeps its records for one day, and the database removes a timer within
 * two.
 */
export async function waitDays(world: World): Promise<void> {
  const { stage, purging, expiring, stream } = world;
  await purging.finish(world.idle);
  await expiring.deliver(world.idle);
  await stream.deliver(world.idle);
  stage.hit('days passed');
  for (let days = stage.chance.pick([1, 1, 10, 30, 80, 95, 130]); days > 0; days -= PIECE_DAYS) {
    stage.pass(Math.min(days, PIECE_DAYS) * DAY_MS);
    expiring.remove(0);
    await stream.deliver(world.idle);
  }
  if (stage.chance.happens(0.7)) expiring.remove();
}

/** The database deletes some expired items. */
export async function expire({ expiring }: World): Promise<void> {
  expiring.remove();
}

/**
 * Makes a backup, but not between the removal of expired items and its commit. In a box restored from such a
 * backup, that removal would never be recorded (docs/runbook.md). Copies the box a second time a little
 * later, since the items of a backup come from several moments.
 */
export async function copyBox(world: World): Promise<void> {
  const { stage } = world;
  if (!world.expiring.isDone) return;
  const first = moment(world);
  const copy: Copy = { ...first, later: first };
  world.copies = [copy, ...world.copies].slice(0, COPIES_MAX);
  stage.begin('backup', async () => {
    await stage.time.sleep(stage.chance.between(0, BACKUP_MS));
    if (stage.time.now() - first.atMs <= BACKUP_MS && world.copies.includes(copy) && world.expiring.isDone)
      copy.later = moment(world);
  });
}

/**
 * Backups within the range of point-in-time recovery. Boxes in an older backup may have lost the end of their
 * log (docs/runbook.md).
 */
export const restorable = ({ stage, copies }: Pick<World, 'stage' | 'copies'>): readonly Copy[] =>
  copies.filter(({ atMs }) => stage.time.now() - atMs < RECOVERY_DAYS * DAY_MS);

const moment = ({ stage, box }: World): Moment => ({
  items: stage.store.copyOf(box),
  replay: stage.replay.copy(),
  modSeq: stage.ledger.modSeq,
  lives: stage.ledger.livesNow(),
  policies: stage.registry.backup(),
  atMs: stage.time.now(),
});

/** Restores a backup of the box, while the devices keep their state. */
export async function restoreBox(world: World): Promise<void> {
  world.copies = restorable(world);
  if (world.copies.length === 0) return;
  await world.idle();
  const { stage, devices, exchange } = world;
  const copy = stage.chance.pick(world.copies);
  // Before the box was created there was no log, so no item could be ahead of it.
  const isWhole = copy.later === copy || copy.modSeq === 0;
  const how = isWhole ? 'whole' : stage.chance.pick(['whole', 'itemsBehind', 'itemsAhead'] as const);
  const to = how === 'itemsBehind' ? copy.later : copy;
  stage.note(() => `  box restored to ${to.modSeq}, ${how}`);
  stage.hit(how === 'whole' ? 'box restored' : 'box restored torn');
  world.copies = world.copies.filter((each) => each.later.modSeq <= to.modSeq);
  putBack(world, to, how === 'itemsBehind' ? copy : copy.later, how);
  to.policies();
  stage.pass(POLICY_MS);
  stage.deploy();
  for (const device of devices) {
    delete device.backup;
    delete device.late;
    delete device.complete;
    // Its last registration is lost, so it registers again. The server does not know which elements it
    // dropped in between.
    if (device.model.manners.prunesAtOnce) device.model.reinstalled(exchange.mintInstance());
    else device.model.registersAgain();
  }
  world.expiring.restored();
  await world.commits.restored(to.modSeq, stage.replay, to.lives);
  if (!stage.chance.happens(0.5)) return;
  for (let i = stage.chance.between(1, 8); i > 0; i--) await participate(world);
}

/** Restores the log of one moment. Some items come from an earlier or later moment. */
function putBack(
  { stage, box }: World,
  to: Moment,
  other: Moment,
  how: 'whole' | 'itemsBehind' | 'itemsAhead',
): void {
  stage.store.restore(box, to.items);
  stage.replay = to.replay.copy();
  if (how === 'whole') return;
  // An item may be ahead only of the log of that moment, since the replay knows no other entries.
  const isShown = (item: StoredItem, { replay, items }: Moment) =>
    contentVersionOf(item) === contentVersionOf(replay.get(item.sk) ?? item) &&
    stateVersionOf(item) === stateVersionOf(replay.get(item.sk) ?? item) &&
    (item.kind !== 'message' || item.bodyBytes === undefined || items.has(bodyKey(item.sk)));
  const isMixed = (item: StoredItem) =>
    how === 'itemsBehind' ? /^[EFHND]#/.test(item.sk) : item.kind === 'message' && isShown(item, other);
  const items = new Map([...other.items].filter(([, item]) => isMixed(item) && stage.chance.happens(0.5)));
  // The bodies of large messages are restored with them.
  for (const [sk] of [...items]) {
    const body = other.items.get(bodyKey(sk));
    if (body) items.set(body.sk, body);
  }
  for (const [sk, item] of items) {
    stage.store.box(box).items.set(sk, item);
    if (how === 'itemsAhead') stage.replay.restore(sk, other.replay.get(sk));
  }
  if (how === 'itemsAhead') stage.isTorn = true;
}
