import { revokeDevice } from '../../../core/admin/devices.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { scopePart } from '../../../core/scope/effective-scope.js';
import type { DeviceId } from '../../../protocol/ids.js';
import type { OperationInput } from '../../../protocol/operation.js';
import { CALM, NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import type { Intended } from '../model/client/wire.js';
import { Commits } from '../model/commits.js';
import { describeOperation } from '../model/describe.js';
import { canonical, isEmptyState, nameOf, type View } from '../model/elements.js';
import { Expiring } from '../model/expiring.js';
import { anyOperation, CONVERSATIONS } from '../model/operations.js';
import { scopeOfBox, statesKept } from '../model/oracle.js';
import { somePreferences } from '../model/preferences.js';
import { Purging } from '../model/purging.js';
import { expireAll } from '../model/quiet.js';
import { Stage, Violation } from '../model/stage.js';
import { participate, participateAgain } from '../model/steps/of-the-network.js';
import { changePolicy, copyBox, expire, restorable, wait, waitDays } from '../model/steps/of-the-provider.js';
import { Stream } from '../model/stream.js';
import type { Swarm } from '../model/swarm.js';
import type { Copy, World } from '../model/world.js';
import { SdkDevice } from './device.js';
import { differences } from './expected.js';
import { inMemoryTransport } from './transport.js';

const CALL_MAX_MS = 30_000;
const ROUNDS_MAX = 500;
const REPLACED_AGAIN_MS = 11 * 60_000;

/** Real clients of one box in virtual time, with the Participating Function, purge worker and provider of the model. */
export class SdkWorld {
  readonly purging = new Purging();
  readonly stage: Stage;
  readonly stream: Stream;
  readonly expiring: Expiring;
  readonly devices: SdkDevice[];
  readonly deposits: (readonly Intended[])[] = [];
  readonly box = BOX;
  copies: readonly Copy[] = [];
  private readonly transport;
  private readonly commits: Commits;

  constructor(seed: number, swarm: Swarm, isTraced: boolean) {
    this.stage = new Stage(seed, swarm, { purgeQueue: this.purging }, { isTraced });
    this.purging.stage = this.stage;
    this.stream = new Stream(this.stage);
    this.expiring = new Expiring(this.stage, this.stream);
    this.transport = inMemoryTransport(this.stage);
    this.commits = new Commits(this.stage, this.purging, this.stream, []);
    const { chance } = this.stage;
    this.devices = Array.from({ length: swarm.devices }, (_, i) => {
      // The first device always has the full scope.
      const preferences = i === 0 || !swarm.scopes ? {} : somePreferences(chance, swarm.elementTypes);
      return new SdkDevice(`d${i + 1}`, this.stage, this.transport, preferences);
    });
  }

  readonly steps = {
    act: async () => {
      const device = this.anyDevice();
      const operations = await this.operations(device);
      this.stage.note(() => `  ${device.deviceId} does ${operations.map(describeOperation).join('; ')}`);
      this.stage.begin(device.deviceId, () => device.perform(operations as unknown as OperationInput[]));
    },
    markRead: async () => {
      const device = this.anyDevice();
      this.stage.begin(device.deviceId, () => device.markRead(this.stage.chance.pick(CONVERSATIONS)));
    },
    synchronize: async () => {
      const device = this.anyDevice();
      this.occupy(device, async () => void (await device.synchronize()));
    },
    crash: async () => {
      const device = this.anyDevice();
      device.crashProbability = 0.2;
      this.occupy(device, async () => {
        await device.synchronize();
        device.crashProbability = 0;
      });
    },
    participate: () => participate(this.asWorld),
    participateAgain: () => participateAgain(this.asWorld),
    again: async () => this.transport.again(),
    changePreferences: async () => {
      const { chance, swarm } = this.stage;
      const device = chance.pick(this.devices.slice(1));
      if (!swarm.scopes || !device) return;
      const preferences = somePreferences(chance, swarm.elementTypes);
      this.stage.note(() => `  ${device.deviceId} prefers ${canonical(preferences)}`);
      this.occupy(device, () => device.setPreferences(preferences));
    },
    changePolicy: () => changePolicy(this.asWorld),
    wipe: async () => {
      const device = this.anyDevice();
      this.occupy(device, () => device.wipe());
    },
    revoke: async () => {
      const device = this.anyDevice();
      this.stage.note(() => `  ${device.deviceId} revoked`);
      this.occupy(device, () => revokeDevice(this.stage.core, BOX, device.deviceId as DeviceId));
    },
    backUp: async () => {
      const device = this.anyDevice();
      if (!device.isBusy) await device.backUp();
    },
    rollBack: async () => {
      await this.idle();
      const device = this.anyDevice();
      if (await device.rollBack()) this.stage.note(() => `  ${device.deviceId} rolled back`);
    },
    wait: () => wait(this.asWorld),
    waitDays: () => waitDays(this.asWorld),
    expire: () => expire(this.asWorld),
    copyBox: () => copyBox(this.asWorld),
    restoreBox: () => this.restoreBox(),
  };

  async step(kind: keyof SdkWorld['steps']): Promise<void> {
    const { chance } = this.stage;
    this.stage.note(() => `step ${kind}`);
    await this.steps[kind]();
    if (chance.happens(0.4)) await this.idle();
    else for (let turns = chance.between(0, 12); turns > 0; turns--) await this.turn(CALL_MAX_MS);
    // A check is expensive, so it runs now and then only.
    if (chance.happens(0.4)) for (const device of this.devices) await device.checkShown();
  }

  /** Network and database work again. All promises must hold now. */
  async settle(): Promise<void> {
    const { stage } = this;
    await this.idle();
    await this.stream.deliver(this.idle);
    Object.assign(stage.swarm, { loss: 0 });
    stage.store.mishaps = CALM;
    for (const device of this.devices) device.crashProbability = 0;
    stage.pass(REPLACED_AGAIN_MS);
    // First, all devices send their pending operations.
    await this.synchronizeAll();
    await expireAll(this);
    await this.synchronizeAll();
    stage.note(() => 'quiet');
    await this.compareAll('after quiet');
    stage.ledger.check();
    for (const device of this.devices) await device.checkAccounts();
    await this.purging.finish(this.idle);
    await expireAll(this);
    await this.synchronizeAll();
    await this.compareAll('after clearing away');
    for (const device of this.devices) await device.wipe();
    await this.synchronizeAll();
    await this.compareAll('after starting over');
  }

  readonly idle = async (): Promise<void> => {
    while (await this.turn()) {
      // Each turn makes progress.
    }
    this.stage.checkNobodyHangs();
  };

  async turn(withinMs?: number): Promise<boolean> {
    this.purging.start();
    this.expiring.start();
    this.stream.start();
    return this.stage.turn(withinMs);
  }

  operation(): Intended {
    const { chance, swarm, time } = this.stage;
    return anyOperation(chance, swarm.operations, time.now());
  }

  /** The part that the steps of the network and of the provider use. */
  private get asWorld(): World {
    return this as unknown as World;
  }

  private anyDevice(): SdkDevice {
    return this.stage.chance.pick(this.devices);
  }

  private async operations(device: SdkDevice): Promise<Intended[]> {
    const { chance } = this.stage;
    const operations = Array.from({ length: chance.between(1, 4) }, () => this.operation());
    return Promise.all(
      operations.map(async (operation) => {
        if (operation.ifModSeq === undefined) return operation;
        const name = nameOf(operation.type, operation.id, operation.conversationId);
        return { ...operation, ifModSeq: (await device.confirmedModSeqOf(name)) ?? operation.ifModSeq };
      }),
    );
  }

  /** A device has one exchange with the server at a time. */
  private occupy(device: SdkDevice, work: () => Promise<void>): void {
    if (device.isBusy) return;
    device.isBusy = true;
    this.stage.begin(device.deviceId, async () => {
      try {
        await work();
      } catch (error) {
        const isPassing = error instanceof SyncProblem && ['busy', 'not-found'].includes(error.kind);
        if (!isPassing && !(error instanceof NoAnswer)) throw error;
      } finally {
        device.isBusy = false;
      }
    });
  }

  /** Restores a backup of the box. A token from the middle of a synchronization does not reveal the restore. */
  private async restoreBox(): Promise<void> {
    const { stage } = this;
    this.copies = restorable(this);
    if (this.copies.length === 0) return;
    await this.idle();
    const { items, replay, modSeq, lives, policies } = stage.chance.pick(this.copies);
    stage.note(() => `  box restored to ${modSeq}`);
    stage.hit('box restored');
    this.copies = this.copies.filter((each) => each.later.modSeq <= modSeq);
    stage.store.restore(BOX, items);
    policies();
    stage.timeline++;
    for (const device of this.devices) {
      device.forgetBackup();
      if (!device.isComplete) await device.wipe();
    }
    await this.commits.restored(modSeq, replay, lives);
  }

  private async synchronizeAll(): Promise<void> {
    for (const device of this.devices) {
      for (let rounds = 0; ; rounds++) {
        if (rounds > ROUNDS_MAX)
          throw new Violation(`${device.deviceId}: synchronization does not come to an end`);
        const had = this.stage.ledger.modSeq;
        this.stage.begin('settling', async () => void (await device.synchronize()));
        await this.idle();
        await device.checkShown();
        if (device.isComplete && !(await device.hasPending()) && this.stage.ledger.modSeq === had) break;
        this.stage.pass(1000);
      }
    }
  }

  private async compareAll(when: string): Promise<void> {
    const { stage } = this;
    for (const device of this.devices) {
      const effective = await device.effective();
      const wanted = stage.effectiveOf(device.deviceId);
      if (!wanted) throw new Violation(`${device.deviceId} is not registered ${when}`);
      if (!effective || canonical(scopePart(effective as never)) !== canonical(scopePart(wanted as never)))
        throw new Violation(
          `${device.deviceId} ${when}: knows ${canonical(effective)} as effective, and it is ${canonical(wanted)}`,
        );
      const expected = scopeOfBox(stage.alive, wanted, stage.time.now());
      const { shown } = await device.checkShown();
      const kept = statesKept(stage.alive, wanted);
      const held: View = new Map(
        [...shown].filter(
          ([name, element]) => !isEmptyState(element) && (expected.has(name) || !kept.has(name)),
        ),
      );
      const wrong = differences(expected, held);
      if (wrong.length > 0)
        throw new Violation(`${device.deviceId} ${when}, in ${canonical(effective)}:\n${wrong.join('\n')}`);
    }
  }
}
