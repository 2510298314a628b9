import { keepNewest } from '../log/keep-newest.js';
import type { BoxId } from '../model/items.js';
import { TIMER_KEY } from '../model/keys.js';
import { TIMER_MS, TIMER_OLD_MS, TIMER_RENEWED_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';

/**
 * Sets the quiet timer anew where it is old, before the entry that says so. It has the version of that entry, so that whoever
 * erases the box removes it.
 */
export async function setTimer(
  core: Core,
  box: BoxId,
  timerAtMs: number,
  nowMs: number,
  version: number,
): Promise<number> {
  if (nowMs - timerAtMs < TIMER_RENEWED_MS) return timerAtMs;
  if (nowMs - timerAtMs > TIMER_OLD_MS) await keepNewest(core, box);
  await core.store.put(
    box,
    { kind: 'quietTimer', sk: TIMER_KEY, version, expiresAtMs: nowMs + TIMER_MS },
    'always',
  );
  return nowMs;
}
