import { setMaxListeners } from 'node:events';
import { startBenchCloud } from './cloud.js';
import { Play, type PlayOptions } from './play.js';
import { FULL, type PushNumbers, type PushSize, scenariosOf } from './scenarios.js';

export type PushOptions = Omit<PlayOptions, 'pushWindowMs'> & {
  readonly size?: PushSize | undefined;
  /** Whether the local cloud keeps its data on disk; default: in memory. */
  readonly onDisk?: boolean | undefined;
};

/**
 * Starts a local cloud and plays the scenarios on it one after the other, each with its own users.
 * @throws Error when the cloud does not start, a device is not notified of its last commit, or the signal
 * aborts.
 */
export async function measurePushes({
  size = FULL,
  onDisk,
  ...options
}: PushOptions): Promise<PushNumbers[]> {
  setMaxListeners(0, options.signal); // every pending request listens to it
  const cloud = await startBenchCloud(options.signal, { onDisk });
  try {
    const measured: PushNumbers[] = [];
    for (const [i, scenario] of scenariosOf(size).entries()) {
      const play = new Play(cloud, scenario, `tel:+1555${i}`, {
        ...options,
        pushWindowMs: size.pushWindowMs,
      });
      measured.push(await play.run());
    }
    return measured;
  } finally {
    await cloud.stop();
  }
}
