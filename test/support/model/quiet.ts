import type { DeviceId } from '../../../protocol/ids.js';
import { CALM } from '../torn-store.js';
import type { Device } from './device.js';
import { canonical, isSame, type View, type WireEffective } from './elements.js';
import { scopeOfBox } from './oracle.js';
import { Violation } from './stage.js';
import { bytesHeld } from './stored.js';
import type { World } from './world.js';

const PAGES_MAX = 2000;
const SETTLED_MS = 60_000;

/** The network and the database are well again, all that is unanswered is repeated until it is answered: then all has to hold. */
export async function settle(world: World): Promise<void> {
  const { stage, devices, exchange, reaping } = world;
  stage.store.tears = CALM;
  await world.idle();
  stage.pass(SETTLED_MS);
  // First all of them get rid of what they have to say.
  await synchronizeAll(world);
  await synchronizeAll(world);
  stage.note(() => 'quiet');
  await compareAll(world, 'after quiet');
  stage.ledger.check();
  await reaping.finish(world.idle);
  await synchronizeAll(world);
  await compareAll(world, 'after clearing away');
  checkCounts(world);
  for (const { model } of devices) model.reinstalled(exchange.mintInstance());
  await synchronizeAll(world);
  await compareAll(world, 'after starting over');
}

async function synchronizeAll(world: World): Promise<void> {
  for (const device of world.devices) await synchronizeFully(world, device);
}

/** Until it has said all and a synchronization has ended that nothing has happened since. */
async function synchronizeFully({ stage, exchange, idle }: World, device: Device): Promise<void> {
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const had = stage.ledger.modSeq;
    stage.begin('settling', () => exchange.inPeace(device));
    await idle();
    if (device.model.isQuiet && stage.ledger.modSeq === had) return;
  }
  throw new Violation(`${device.deviceId}: the synchronization does not come to an end`);
}

async function compareAll({ stage, devices, box }: World, when: string): Promise<void> {
  for (const { deviceId, model } of devices) {
    const record = await stage.registry.recordOf(box, deviceId as DeviceId);
    const effective = record?.effective as WireEffective | undefined;
    if (!effective) throw new Violation(`${deviceId} is not registered ${when}`);
    if (canonical(effective) !== canonical(model.effective)) {
      throw new Violation(
        `${deviceId} ${when}: knows ${canonical(model.effective)} as effective, and it is ${canonical(effective)}`,
      );
    }
    const nowMs = stage.time.now();
    const differences = compare(scopeOfBox(stage.alive, effective, nowMs), model.view(nowMs));
    if (differences.length > 0)
      throw new Violation(`${deviceId} ${when}, in ${canonical(effective)}:\n${differences.join('\n')}`);
  }
}

function compare(expected: View, actual: View): string[] {
  const differences: string[] = [];
  for (const [name, element] of expected) {
    const held = actual.get(name);
    if (!held) differences.push(`misses ${canonical(element)}`);
    else if (!isSame(held, element))
      differences.push(`holds  ${canonical(held)}\n  for    ${canonical(element)}`);
  }
  for (const [name, element] of actual) {
    if (!expected.has(name)) differences.push(`holds too much: ${canonical(element)}`);
  }
  return differences;
}

/** Once all is cleared away, the head counts what is there, nothing dead is left, and nothing notes what was emptied. */
function checkCounts({ stage }: World): void {
  const { truth, alive } = stage;
  const head = truth.find((item) => item.kind === 'head');
  if (head?.kind !== 'head') return;
  const counts = { folder: 0, conversationHistory: 0, sessionHistory: 0, message: 0, messageState: 0 };
  for (const { wire } of alive) if (wire.type !== 'messageState') counts[wire.type as 'message']++;
  for (const item of truth) if (item.kind === 'message' && item.state) counts.messageState++;
  const left = truth.filter(({ kind }) => kind in counts).length;
  const living = counts.folder + counts.conversationHistory + counts.sessionHistory + counts.message;
  if (left !== living) throw new Violation(`${left - living} dead elements were not cleared away`);
  const bytes = bytesHeld(truth);
  if (canonical(head.counts) !== canonical({ ...counts, bytes }))
    throw new Violation(
      `the head counts ${canonical(head.counts)}, and there are ${canonical({ ...counts, bytes })}`,
    );
  if (head.emptying) throw new Violation(`the head still notes ${canonical(head.emptying)}`);
  for (const item of truth) {
    if (item.kind === 'conversationHistory' && item.emptying)
      throw new Violation(`${item.id} still notes what is emptied`);
  }
}
