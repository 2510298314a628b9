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

/** A Lambda function is ended after less than this. Unit: ms. */
const CALL_MAX_MS = 30_000;
const TURNS_MAX = 12;

/** Everything that may happen next, and how often it does in relation to the others. */
const STEPS = {
  ask: [14, ask],
  page: [10, page],
  synchronize: [6, synchronize],
  participate: [8, participate],
  participateAgain: [1.5, participateAgain],
  again: [2.5, again],
  changePreferences: [3, changePreferences],
  changePolicy: [0.9, changePolicy],
  assignPolicy: [0.6, assignPolicy],
  reinstall: [0.6, reinstall],
  revoke: [0.4, revoke],
  backUp: [0.6, backUp],
  rollBack: [0.8, rollBack],
  foreignToken: [0.5, foreignToken],
  damageToken: [0.3, damageToken],
  tokenOfAnotherBox: [0.3, tokenOfAnotherBox],
  askHistory: [3, askHistory],
  wait: [3, wait],
  waitDays: [0.6, waitDays],
  expire: [0.3, expire],
  copyBox: [0.8, copyBox],
  restoreBox: [0.6, restoreBox],
} as const satisfies Record<string, readonly [number, (world: World) => Promise<void>]>;

export type StepKind = keyof typeof STEPS;
export type StepWeights = Readonly<Record<StepKind, number>>;

export const USUAL_STEPS = Object.fromEntries(
  Object.entries(STEPS).map(([kind, [weight]]) => [kind, weight]),
) as StepWeights;

/** One step of chance; then some of what it began goes on, and the rest later, between other steps. */
export async function step(world: World): Promise<void> {
  const { chance, swarm } = world.stage;
  const kind = chance.weighed(swarm.steps);
  world.stage.note(() => `step ${kind}`);
  await STEPS[kind][1](world);
  if (chance.happens(0.4)) await world.idle();
  else for (let turns = chance.between(0, TURNS_MAX); turns > 0; turns--) await world.turn(CALL_MAX_MS);
}
