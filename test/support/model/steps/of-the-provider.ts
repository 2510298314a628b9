import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { replayStream } from '../commits.js';
import { canonical } from '../elements.js';
import { somePolicy } from '../preferences.js';
import type { World } from '../world.js';
import { participate } from './of-the-network.js';

const DAY_MS = 24 * 3600 * 1000;
const COPIES_MAX = 3;
/** Whoever changes a policy is answered after this: from then on it holds everywhere. */
const POLICY_MS = 1000;

export async function changePolicy(world: World): Promise<void> {
  const { stage } = world;
  const { chance, swarm, registry } = stage;
  if (!swarm.scopes) return;
  await world.idle();
  const policy = somePolicy(chance, swarm.elementTypes);
  stage.note(() => `  policy ${canonical(policy)}`);
  stage.hit('policy changed');
  await registry.putPolicy(DEFAULT_POLICY, policy);
  stage.pass(POLICY_MS);
}

export async function wait(world: World): Promise<void> {
  const { stage, reaping } = world;
  const { chance } = stage;
  await world.idle();
  const next = reaping.nextDueMs - stage.time.now();
  const soon = chance.between(0, 3) * 100;
  const isForReaper = chance.happens(0.6) && next > soon && next < DAY_MS;
  stage.pass(isForReaper ? next - soon : chance.between(1, 200_000));
}

export async function waitDays(world: World): Promise<void> {
  const { stage, reaping } = world;
  await reaping.finish(world.idle);
  stage.pass(stage.chance.pick([1, 10, 30, 80, 95, 130]) * DAY_MS);
  await expire(world);
}

export async function expire({ stage, box }: World): Promise<void> {
  const before = stage.truth.length;
  stage.store.expire(box);
  if (stage.truth.length < before) stage.hit('rows of the log removed, as they had expired');
}

export async function copyBox(world: World): Promise<void> {
  const { stage, box } = world;
  const copy = { copy: stage.store.copyOf(box), modSeq: stage.ledger.modSeq };
  world.copies = [copy, ...world.copies].slice(0, COPIES_MAX);
}

/** A backup of the box is put back, while the devices are as they are. */
export async function restoreBox(world: World): Promise<void> {
  if (world.copies.length === 0) return;
  await world.idle();
  const { stage, box, devices, reaping } = world;
  const { copy, modSeq } = stage.chance.pick(world.copies);
  stage.note(() => `  box restored to ${modSeq}`);
  stage.hit('box restored');
  world.copies = world.copies.filter((each) => each.modSeq <= modSeq);
  stage.store.restore(box, copy);
  for (const device of devices) {
    delete device.backup;
    delete device.late;
  }
  await replayStream(stage, reaping, modSeq);
  if (!stage.chance.happens(0.5)) return;
  for (let i = stage.chance.between(1, 8); i > 0; i--) await participate(world);
}
