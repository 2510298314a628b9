import { ELEMENT_TYPES } from '../../protocol/elements/element.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import { SyncProblem } from '../sync-problem.js';

/** Unit: ms. A device is told of a burst at most this often, if it does not say otherwise. */
export const PUSH_WINDOW_DEFAULT_MS = 1000;

const SUPPORTED = new Set<string>(['serverInitiated', 'pushWindowMs']);

/** Preferences ∧ policies. What is left out means everything. */
export const effectiveOf = ({
  serverInitiated = true,
  pushWindowMs = PUSH_WINDOW_DEFAULT_MS,
}: Preferences): Effective => ({
  elementTypes: [...ELEMENT_TYPES],
  folders: '*',
  excludeConversations: [],
  maxMessageAgeDays: {},
  serverInitiated,
  pushWindowMs,
});

/** @throws SyncProblem `not-implemented` for preferences that narrow the scope. */
export function refuseUnsupported(preferences: Preferences): void {
  const missing = Object.entries(preferences).flatMap(([name, value]) =>
    value === undefined || SUPPORTED.has(name) ? [] : [name],
  );
  if (missing.length === 0) return;
  throw new SyncProblem('not-implemented', { detail: `preferences ${missing.join(', ')}: not there yet` });
}
