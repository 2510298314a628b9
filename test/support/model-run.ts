import { Chance } from './model-chance.js';
import { swarmOf } from './model-swarm.js';
import { World } from './model-world.js';

export const STEPS_PER_RUN = 60;

/** What is run: the seed decides everything else. */
export interface Run {
  readonly seed: number;
  readonly scopes: boolean; // whether devices want different things, at different times
  readonly steps: number;
}

export interface Failed extends Run {
  readonly message: string;
  readonly trace: readonly string[];
}

/** One run: random steps, then quiet. Undefined where all held. */
export async function runModel(run: Run, { isTraced = false } = {}): Promise<Failed | undefined> {
  const { seed, scopes, steps } = run;
  const world = new World(seed, swarmOf(new Chance(seed ^ 0x5bd1e995), scopes), isTraced);
  try {
    for (let step = 0; step < steps; step++) await world.step();
    await world.settle();
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...run, message, trace: world.trace };
  }
}

/** The same run with as few steps as still fail, and all that happened in it. */
async function shortened(failed: Failed): Promise<Failed> {
  for (let steps = 0; steps < failed.steps; steps++) {
    const shorter = await runModel({ ...failed, steps }, { isTraced: true });
    if (shorter) return shorter;
  }
  return (await runModel(failed, { isTraced: true })) ?? failed;
}

/** What happened in a run that failed, and how to see it again. */
export async function described(failed: Failed): Promise<string> {
  const { seed, scopes, steps, trace, message } = await shortened(failed);
  return [
    ...trace,
    message,
    `Seed ${seed}, ${scopes ? 'with' : 'without'} scopes, ${steps} steps. Again:`,
    `npm run soak -- --runs 1 --seed ${seed}${scopes ? '' : ' --no-scopes'}`,
  ].join('\n');
}
