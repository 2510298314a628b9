import type { Device } from './device.js';
import { canonical, holdsConversation, isSame, type Wire, type WireEffective } from './elements.js';
import { type Living, scopeOfBox, statesKept } from './oracle.js';
import { type Stage, Violation } from './stage.js';

/** The contents of the box at the time of a device's request. */
export interface Before {
  readonly alive: readonly Living[];
  readonly atMs: number;
  readonly modSeq: number;
  readonly timeline: number;
  readonly effective: WireEffective;
}

/**
 * Protocol, section 4, completeness: a finished synchronization has delivered everything up to a commit that
 * is not older than its last request. The device must hold every element that is the same before and after
 * that request.
 */
export function checkComplete(
  stage: Stage,
  { deviceId, model }: Device,
  { alive: aliveBefore, atMs, modSeq, timeline, effective: askedIn }: Before,
): void {
  const { ledger, time, alive } = stage;
  const { effective } = model;
  if (!effective || timeline !== ledger.timeline) return;
  if (canonical(effective) !== canonical(askedIn)) return;
  const nowMs = time.now();
  const before = scopeOfBox(aliveBefore, effective, atMs);
  const after = aliveBefore === alive && atMs === nowMs ? before : scopeOfBox(alive, effective, nowMs);
  const held = model.view(nowMs);
  /**
   * Whether its conversation history was in the scope at all of the commits that the answer may reflect, or
   * at one of them.
   */
  const isIn = ({ type, id, conversationId = id }: Wire, when: 'always' | 'ever'): boolean => {
    if (type === 'folder') return when === 'always';
    const folders = stage.placements.since(conversationId, modSeq);
    const contains = (folderId: string) => holdsConversation(effective, conversationId, folderId);
    return when === 'always' ? folders.every(contains) : folders.some(contains);
  };
  for (const [name, element] of before) {
    if (!isIn(element, 'always')) continue;
    if (!isSame(after.get(name), element) || isSame(held.get(name), element)) continue;
    throw new Violation(
      `${deviceId} ended a synchronization without ${canonical(element)}; holds ${canonical(held.get(name))}`,
    );
  }
  const kept = statesKept(alive, effective);
  for (const [name, element] of held) {
    if (kept.has(name)) continue;
    if (before.has(name) || after.has(name) || element.modSeq > modSeq || stage.isFading(element)) continue;
    // It entered the scope and left it again in between.
    if (isIn(element, 'ever') && !isIn(element, 'always')) continue;
    throw new Violation(`${deviceId} ended a synchronization and still holds ${canonical(element)}`);
  }
}
