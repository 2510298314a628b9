import { Chance } from './chance.js';
import type { Happened } from './coverage.js';
import { settle } from './quiet.js';
import type { Disguise } from './stage.js';
import { step } from './steps/step.js';
import { swarmOf } from './swarm.js';
import { World } from './world.js';

const STEPS_PER_RUN = 60;
const SWARM_SEED = 0x5bd1e995;

/** The parameters of a run; the seed decides everything else. */
export interface Run {
  readonly seed: number;
  readonly steps?: number;
  readonly disguise?: Disguise;
}

export interface Outcome {
  readonly happened: Happened;
  readonly failure?: string;
  readonly trace: readonly string[];
}

/** Does one run: random steps, then quiet. */
export async function runModel(
  { seed, steps = STEPS_PER_RUN, disguise }: Run,
  { isTraced = false } = {},
): Promise<Outcome> {
  const world = new World(seed, swarmOf(new Chance(seed ^ SWARM_SEED)), {
    isTraced,
    ...(disguise && { disguise }),
  });
  const { happened, trace } = world.stage;
  try {
    for (let i = 0; i < steps; i++) await step(world);
    await settle(world);
    return { happened, trace };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { happened, trace, failure };
  }
}

/**
 * Describes a failed run: the smallest number of steps that still fails, all its events, and the command that
 * repeats it. `first`: the original failure.
 */
export async function described(run: Run, first = ''): Promise<string> {
  for (let steps = 0; steps <= STEPS_PER_RUN; steps++) {
    const { trace, failure } = await runModel({ ...run, steps }, { isTraced: true });
    if (failure === undefined) continue;
    return [
      ...trace,
      failure,
      `Seed ${run.seed}, shortened from ${STEPS_PER_RUN} steps to ${steps}. Again:`,
      `npm run soak -- --replay ${run.seed}`,
    ].join('\n');
  }
  return `Seed ${run.seed} failed, and does not fail again: something in it hangs on more than its seed.\n${first}`;
}
