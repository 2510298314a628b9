import { keepNewest } from '../log/keep-newest.js';
import type { BoxId } from '../model/items.js';
import { TIMER_KEY } from '../model/keys.js';
import { TIMER_MS, TIMER_OLD_MS, TIMER_RENEWED_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';

/**
 * Renews the quiet timer of a box if it is old, before the entry that records it. The timer gets the version of that
 * entry, so that erasing the box removes it.
 * @param timer `setAtMs`: when it was last set; `version`: of the next entry
 * @returns when the timer was last set. Unit: ms since 1970.
 */
export async function renewQuietTimer(
  core: Core,
  box: BoxId,
  { setAtMs, nowMs, version }: { readonly setAtMs: number; readonly nowMs: number; readonly version: number },
): Promise<number> {
  if (nowMs - setAtMs < TIMER_RENEWED_MS) return setAtMs;
  if (nowMs - setAtMs > TIMER_OLD_MS) await keepNewest(core, box);
  await putQuietTimer(core, box, { nowMs, version });
  return nowMs;
}

/** Sets the timer whose removal by the database says that the log has been quiet. */
export const putQuietTimer = (
  core: Core,
  box: BoxId,
  { nowMs, version }: { readonly nowMs: number; readonly version: number },
): Promise<boolean> =>
  core.store.put(
    box,
    { kind: 'quietTimer', sk: TIMER_KEY, version, expiresAtMs: nowMs + TIMER_MS },
    'always',
  );
