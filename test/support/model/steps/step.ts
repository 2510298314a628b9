import type { World } from '../world.js';
import {
  ask,
  backUp,
  changePreferences,
  damageToken,
  foreignToken,
  page,
  reinstall,
  revoke,
  rollBack,
  synchronize,
  tokenOfAnotherBox,
} from './of-devices.js';
import { askHistory } from './of-history.js';
import { again, participate, participateAgain } from './of-the-network.js';
import {
  assignPolicy,
  changePolicy,
  copyBox,
  expire,
  restoreBox,
  wait,
  waitDays,
} from './of-the-provider.js';
import type { StepKind } from './weights.js';

/** Maximum time of a Lambda function. Unit: ms. */
const CALL_MAX_MS = 30_000;
const TURNS_MAX = 12;

const STEPS: Readonly<Record<StepKind, (world: World) => Promise<void>>> = {
  ask,
  page,
  synchronize,
  participate,
  participateAgain,
  again,
  changePreferences,
  changePolicy,
  assignPolicy,
  reinstall,
  revoke,
  backUp,
  rollBack,
  foreignToken,
  damageToken,
  tokenOfAnotherBox,
  askHistory,
  wait,
  waitDays,
  expire,
  copyBox,
  restoreBox,
};

/** Does one random step. Some of its work runs at once, and the rest later, between other steps. */
export async function step(world: World): Promise<void> {
  const { chance, swarm } = world.stage;
  const kind = chance.weighed(swarm.steps);
  world.stage.note(() => `step ${kind}`);
  await STEPS[kind](world);
  if (chance.happens(0.4)) await world.idle();
  else for (let turns = chance.between(0, TURNS_MAX); turns > 0; turns--) await world.turn(CALL_MAX_MS);
}
