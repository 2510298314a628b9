import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { NoAnswer } from '../../torn-store.js';
import { scopeHasChanged } from '../device.js';
import { canonical } from '../elements.js';
import { somePolicy } from '../preferences.js';
import type { World } from '../world.js';
import { participate } from './of-the-network.js';

const DAY_MS = 24 * 3600 * 1000;
const COPIES_MAX = 3;
/** Whoever changes a policy is answered after this: from then on it holds everywhere. */
const POLICY_MS = 1000;
const POLICIES: readonly PolicyId[] = [DEFAULT_POLICY, 'narrow' as PolicyId, 'other' as PolicyId];

/** A policy changes, at times while others are at work. */
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
  });
}

/** A policy is assigned to the box or to a device of it, while nobody else is at work. */
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
      if (device) await assignToDevice(stage.core, box, device.deviceId as DeviceId, policyId);
      else await assignToBox(stage.core, box, policyId);
      stage.hit(device ? 'policy assigned to a device' : 'policy assigned to the box');
    }),
  );
  await world.idle();
  stage.pass(POLICY_MS);
}

/** An administrator who gets no answer tries again; a device that is not there is none of his concern. */
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

export async function wait(world: World): Promise<void> {
  const { stage, purging } = world;
  const { chance } = stage;
  await world.idle();
  const next = purging.nextDueMs - stage.time.now();
  const soon = chance.between(0, 3) * 100;
  const isForPurger = chance.happens(0.6) && next > soon && next < DAY_MS;
  stage.pass(isForPurger ? next - soon : chance.between(1, 200_000));
}

export async function waitDays(world: World): Promise<void> {
  const { stage, purging, expiring } = world;
  await purging.finish(world.idle);
  await expiring.deliver(world.idle);
  stage.hit('days passed');
  stage.pass(stage.chance.pick([1, 1, 10, 30, 80, 95, 130]) * DAY_MS);
  if (stage.chance.happens(0.7)) expiring.remove();
}

export async function expire({ expiring }: World): Promise<void> {
  expiring.remove();
}

/**
 * A backup, which is not taken in the moments between the removal of what has expired and its commit: nobody would note it
 * in the box that is made from it (docs/runbook.md says so).
 */
export async function copyBox(world: World): Promise<void> {
  const { stage, box } = world;
  if (!world.expiring.isDone) return;
  const copy = {
    copy: stage.store.copyOf(box),
    modSeq: stage.ledger.modSeq,
    lives: stage.ledger.livesNow(),
    registry: stage.registry.backup(),
  };
  world.copies = [copy, ...world.copies].slice(0, COPIES_MAX);
}

/** A backup of the box is put back, alone or with that of the registry, while the devices are as they are. */
export async function restoreBox(world: World): Promise<void> {
  if (world.copies.length === 0) return;
  await world.idle();
  const { stage, box, devices, exchange } = world;
  const { copy, modSeq, lives, registry } = stage.chance.pick(world.copies);
  const withRegistry = stage.chance.happens(0.4);
  stage.note(() => `  box restored to ${modSeq}${withRegistry ? ', and the registry' : ''}`);
  stage.hit(withRegistry ? 'box restored with the registry' : 'box restored alone');
  world.copies = world.copies.filter((each) => each.modSeq <= modSeq);
  stage.store.restore(box, copy);
  if (withRegistry) {
    registry();
    stage.pass(POLICY_MS);
  }
  for (const device of devices) {
    delete device.backup;
    delete device.late;
    delete device.complete;
    if (!withRegistry) continue;
    // What it registered since is lost, so it registers again. Where it has dropped something for it, nobody knows that.
    if (device.model.manners.prunesAtOnce) device.model.reinstalled(exchange.mintInstance());
    else device.model.registersAgain();
  }
  world.expiring.restored();
  await world.commits.restored(modSeq, lives);
  if (!stage.chance.happens(0.5)) return;
  for (let i = stage.chance.between(1, 8); i > 0; i--) await participate(world);
}
