import { withBody } from '../../../core/model/effects.js';
import { bodyKey } from '../../../core/model/keys.js';
import type { StoredItem } from '../../../core/model/stored-item.js';
import { CALM } from '../adversarial-store.js';
import { checkOrder } from './check-order.js';
import type { Response } from './client/wire.js';
import type { Device } from './device.js';
import { scopeIn } from './effective.js';
import { canonical, isSame, nameOfElement, type View } from './elements.js';
import { CONVERSATIONS } from './operations.js';
import { scopeOfBox, statesKept } from './oracle.js';
import { Violation } from './stage.js';
import { wholeHistory } from './steps/of-history.js';
import { bytesHeld, elementsIn, nextExpiry } from './stored.js';
import type { World } from './world.js';

const PAGES_MAX = 2000;
const SETTLED_MS = 60_000;
const SOON_MS = 3_600_000;

/**
 * Ends all faults, repeats all unanswered requests until each has an answer, and then checks the expected
 * final state.
 */
export async function settle(world: World): Promise<void> {
  const { stage, devices, exchange, purging } = world;
  stage.store.mishaps = CALM;
  await world.idle();
  await world.stream.deliver(world.idle);
  stage.pass(SETTLED_MS);
  // First all devices send their pending operations.
  await synchronizeAll(world);
  await expireAll(world);
  await synchronizeAll(world);
  stage.note(() => 'quiet');
  compareAll(world, 'after quiet');
  stage.ledger.check();
  await purging.finish(world.idle);
  await expireAll(world);
  await synchronizeAll(world);
  compareAll(world, 'after purging');
  checkCounts(world);
  await checkView(world);
  for (const device of devices) {
    device.model.reinstalled(exchange.mintInstance());
    delete device.complete;
    checkOrder(device, await synchronizeFully(world, device));
  }
  compareAll(world, 'after starting over');
  await readHistory(world);
}

async function synchronizeAll(world: World): Promise<void> {
  for (const device of world.devices) await synchronizeFully(world, device);
}

/**
 * Synchronizes until all operations are answered, and a synchronization without concurrent events has ended.
 * @returns all answers.
 */
async function synchronizeFully({ stage, exchange, idle }: World, device: Device): Promise<Response[]> {
  const answers: Response[] = [];
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const had = stage.ledger.modSeq;
    stage.begin('settling', async () => {
      const answer = await exchange.inPeace(device);
      if (answer) answers.push(answer);
    });
    await idle();
    if (device.model.isQuiet && stage.ledger.modSeq === had) return answers;
  }
  throw new Violation(`${device.deviceId}: the synchronization does not end`);
}

/** Lets everything expire that is due or soon due, for all actors. */
export async function expireAll({
  stage,
  expiring,
  idle,
}: Pick<World, 'stage' | 'expiring' | 'idle'>): Promise<void> {
  const next = nextExpiry(stage.truth, stage.time.now()) - stage.time.now();
  if (next < SOON_MS) stage.pass(next + 1);
  await expiring.finish(idle);
}

/**
 * Reads one conversation history for each device, page by page to the end, and checks that each answer is
 * complete.
 */
async function readHistory(world: World): Promise<void> {
  const { stage } = world;
  const conversationId = stage.chance.pick(CONVERSATIONS);
  for (const { deviceId } of world.devices) {
    stage.begin('history', () => wholeHistory(world, deviceId, conversationId));
    await world.idle();
  }
}

function compareAll({ stage, devices }: World, when: string): void {
  for (const { deviceId, model } of devices) {
    const effective = stage.effectiveOf(deviceId);
    if (!effective || !model.effective) throw new Violation(`${deviceId} is not registered ${when}`);
    const expected = canonical(effective);
    if (canonical(scopeIn(model.effective)) !== expected)
      throw new Violation(
        `${deviceId} ${when}: its scope is ${canonical(model.effective)}, expected ${expected}`,
      );
    const nowMs = stage.time.now();
    const kept = statesKept(stage.alive, effective);
    const differences = compare(scopeOfBox(stage.alive, effective, nowMs), model.view(nowMs), kept);
    if (differences.length > 0)
      throw new Violation(`${deviceId} ${when}, in ${expected}:\n${differences.join('\n')}`);
  }
}

function compare(expected: View, actual: View, kept: ReadonlySet<string>): string[] {
  const differences: string[] = [];
  for (const [name, element] of expected) {
    const held = actual.get(name);
    if (!held) differences.push(`misses ${canonical(element)}`);
    else if (!isSame(held, element))
      differences.push(`holds  ${canonical(held)}\n  for    ${canonical(element)}`);
  }
  for (const [name, element] of actual) {
    if (!expected.has(name) && !kept.has(name)) differences.push(`holds too much: ${canonical(element)}`);
  }
  return differences;
}

/** After the stream has delivered everything, the items match the log, and readers need only the items. */
async function checkView({ stage, stream, idle, box }: World): Promise<void> {
  await stream.deliver(idle);
  for (const said of stage.truth) {
    const there = stage.store.box(box).read(said.sk);
    const shown =
      there?.kind === 'message' ? withBody(there, stage.store.box(box).read(bodyKey(there.sk))) : there;
    if (said.kind === 'device' || said.kind === 'stateAlone') continue; // a device's record also has its progress
    if (canonical(comparable(shown)) !== canonical(comparable(said)))
      throw new Violation(`the view has ${canonical(shown)}, but the log has ${canonical(said)}`);
  }
}

/**
 * Compares states only of messages with remaining content. For others the version is meaningless, and a purge
 * may leave a state.
 */
function comparable(item: StoredItem | undefined): StoredItem | undefined {
  if (item?.kind !== 'tombstone' || item.of === 'message') return item;
  const { stateVersion: _, ...rest } = item;
  return rest;
}

/**
 * After all purges, the head counts the existing elements, deleted containers have no contents, and no record
 * of a purge is left.
 */
function checkCounts({ stage }: World): void {
  const { truth, alive } = stage;
  const { head } = stage.replay;
  if (!head || stage.isTorn) return;
  const counts = { folder: 0, conversationHistory: 0, sessionHistory: 0, message: 0, messageState: 0 };
  for (const { wire } of alive) if (wire.type !== 'messageState') counts[wire.type as 'message']++;
  for (const item of truth) if (item.kind === 'message' && item.state) counts.messageState++;
  const living = new Set(alive.map(({ wire }) => nameOfElement(wire)));
  const dead = elementsIn(truth.filter(({ kind }) => kind in counts)).filter(
    (wire) => wire.type !== 'messageState' && !living.has(nameOfElement(wire)),
  );
  if (dead.length > 0) throw new Violation(`not purged: ${dead.map(canonical).join(', ')}`);
  const bytes = bytesHeld(truth);
  if (canonical(head.counts) !== canonical({ ...counts, bytes }))
    throw new Violation(
      `the head counts ${canonical(head.counts)}, but there are ${canonical({ ...counts, bytes })}`,
    );
  if (head.pendingPurges) throw new Violation(`the head still lists ${canonical(head.pendingPurges)}`);
  for (const item of truth) {
    if (item.kind === 'conversationHistory' && item.pendingPurges)
      throw new Violation(`${item.id} still lists a finished purge`);
  }
}
