import { Chance } from '../model/chance.js';
import { swarmOf } from '../model/swarm.js';
import { SdkWorld } from './world.js';

const STEPS_PER_RUN = 50;

/** The relative frequency of each step. */
const STEPS: Readonly<Record<keyof SdkWorld['steps'], number>> = {
  act: 16,
  markRead: 2,
  synchronize: 12,
  crash: 4,
  participate: 7,
  participateAgain: 1,
  again: 2,
  changePreferences: 3,
  changePolicy: 0.7,
  wipe: 0.5,
  revoke: 0.5,
  backUp: 0.6,
  rollBack: 0.6,
  wait: 3,
  waitDays: 0.4,
  expire: 0.3,
  copyBox: 0.5,
  restoreBox: 0.5,
};
const SWARM_SEED = 0x2545f491;
const ALWAYS: readonly string[] = ['act', 'synchronize', 'participate'];

/** Events that must happen, so that the test does not silently stop trying them. Unit: minimum in 2,000 runs. */
export const SDK_LEAST = {
  'client crashed': 1000,
  'client opened on an earlier store': 15,
  'instance renewed': 30,
  'operation acknowledged': 20000,
  'operation refused': 20000,
  'no answer': 1000,
  'reset unknownToken': 10,
  'problem operation-gap': 5,
  'problem operation-mismatch': 0,
  'problem device-not-registered': 50,
  'box restored': 30,
};

export interface SdkOutcome {
  readonly happened: Readonly<Record<string, number>>;
  readonly failure?: string;
  readonly trace: readonly string[];
}

/** One run: random steps, then a quiet network. */
export async function runSdk(
  seed: number,
  { steps = STEPS_PER_RUN, isTraced = false } = {},
): Promise<SdkOutcome> {
  const chance = new Chance(seed ^ SWARM_SEED);
  const share = chance.pick([0.3, 0.6, 1]);
  const weights = Object.fromEntries(
    Object.entries(STEPS).map(([kind, weight]) => [
      kind,
      ALWAYS.includes(kind) || chance.happens(share) ? weight : 0,
    ]),
  ) as typeof STEPS;
  const world = new SdkWorld(seed, swarmOf(chance), isTraced);
  const { happened, trace, chance: dice } = world.stage;
  try {
    for (let i = 0; i < steps; i++) await world.step(dice.weighed(weights));
    await world.settle();
    return { happened: happened as Record<string, number>, trace };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { happened: happened as Record<string, number>, trace, failure };
  }
}

/** The shortest failing part of a run, its events, and the command that repeats it. */
export async function describedSdk(seed: number): Promise<string> {
  for (let steps = 0; steps <= STEPS_PER_RUN; steps++) {
    const { trace, failure } = await runSdk(seed, { steps, isTraced: true });
    if (failure === undefined) continue;
    return [
      ...trace,
      failure,
      `Seed ${seed}, shortened from ${STEPS_PER_RUN} steps to ${steps}. Again:`,
      `npm run soak -- --sdk --replay ${seed}`,
    ].join('\n');
  }
  return `Seed ${seed} failed, and does not fail again: something in it hangs on more than its seed.`;
}
