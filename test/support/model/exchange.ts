import { registerDevice } from '../../../core/admin/devices.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { synchronize } from '../../../core/read/synchronize.js';
import type { Caller } from '../../../core/write/device-operations.js';
import type { DeviceId } from '../../../protocol/ids.js';
import { syncBodySchema } from '../../../protocol/sync.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { checkAnswer } from './check-answer.js';
import { type Before, checkComplete } from './check-complete.js';
import { type Asking, asking, checkNothingLeaks, checkNothingTwice } from './check-scope.js';
import type { Request, Response } from './client/wire.js';
import type { Happening } from './coverage.js';
import { describeAnswer, describeRequest } from './describe.js';
import { type Device, scopeHasChanged } from './device.js';
import { canonical, type WireEffective } from './elements.js';
import { type Stage, Violation } from './stage.js';

export interface Sent {
  readonly deviceId: string;
  readonly request: Request;
}

/** Requests of devices and their answers, over a network that loses and duplicates them. */
export class Exchange {
  /** Every request so far, to be repeated. */
  readonly sent: Sent[] = [];
  private instances = 0;

  constructor(private readonly stage: Stage) {}

  mintInstance(): string {
    return `i${++this.instances}`;
  }

  /** Sends one request of a device, and registers it first if needed. Request or answer may be lost. */
  async once(device: Device): Promise<void> {
    const { model, deviceId } = device;
    const { stage } = this;
    const { chance, swarm } = stage;
    if (!model.isRegistered) await this.register(device);
    if (!model.isRegistered) return;
    const request = model.request(this.someLimit(), chance.pick([1, 3, 10, 50]));
    stage.note(() => `  ${deviceId} asks ${describeRequest(request)}`);
    this.sent.push({ deviceId, request });
    if (chance.happens(swarm.loss)) {
      stage.hit('request lost, as when a client stops between storing it and sending it');
      return;
    }
    if (chance.happens(swarm.loss)) {
      stage.hit('request delivered twice at once');
      this.repeatUnheard({ deviceId, request });
    }
    const before = this.before(device);
    const asked = asking(stage, device, request);
    const answer = await this.call(deviceId, request);
    stage.note(() => `  ${deviceId} is answered ${describeAnswer(answer)}`);
    if (answer === 'unknown') return;
    if (!(answer instanceof SyncProblem)) checkNothingLeaks(stage, device, asked, answer);
    if (chance.happens(swarm.loss)) {
      stage.hit('answer lost');
      if (!(answer instanceof SyncProblem)) device.late = { request, answer };
      return;
    }
    const { late } = device;
    delete device.late;
    if (late && late.request !== request && model.awaits(late.request) && chance.happens(0.5)) {
      // The answer to the first copy arrives after all, before the answer to the repeated request.
      stage.hit('answer taken though its request was sent again');
      this.take(device, late.request, late.answer, undefined);
      return;
    }
    if (answer instanceof SyncProblem) this.understand(device, answer);
    else if (this.take(device, request, answer, asked) && !model.isMidway && before)
      checkComplete(stage, device, before);
  }

  /** Sends one request over a network without faults. @returns its answer. */
  async inPeace(device: Device): Promise<Response | undefined> {
    const { model, deviceId } = device;
    const { stage } = this;
    if (!model.isRegistered) {
      const answer = await this.registration(device);
      model.registered(answer, stage.time.now());
    }
    delete device.late;
    const request = model.request(this.someLimit(), 50);
    stage.note(() => `  ${deviceId} asks ${describeRequest(request)}`);
    const asked = asking(stage, device, request);
    const answer = await this.call(deviceId, request);
    stage.note(() => `  ${deviceId} is answered ${describeAnswer(answer)}`);
    if (answer === 'unknown') throw new Violation('no answer from a network without faults');
    if (answer instanceof SyncProblem) {
      this.understand(device, answer);
      return undefined;
    }
    checkNothingLeaks(stage, device, asked, answer);
    this.take(device, request, answer, asked);
    return answer;
  }

  /** The network delivers a request again, but no device receives the answer. */
  repeatUnheard({ deviceId, request }: Sent, heard: (answer: Response) => void = () => {}): void {
    const { stage } = this;
    stage.begin(`${deviceId} again`, async () => {
      stage.note(() => `  ${deviceId} again ${describeRequest(request)}`);
      const answer = await this.call(deviceId, request);
      stage.note(() => `  ${deviceId} again is answered ${describeAnswer(answer)}`);
      if (answer !== 'unknown' && !(answer instanceof SyncProblem)) heard(answer);
    });
  }

  async register(device: Device): Promise<void> {
    const { chance, swarm, time } = this.stage;
    const answer = await this.registration(device);
    if (!chance.happens(swarm.loss)) device.model.registered(answer, time.now());
  }

  private async registration(device: Device): Promise<{ effective: WireEffective }> {
    const { stage } = this;
    const { deviceId, model, preferences } = device;
    const registration = { instanceId: model.instanceId, preferences } as never;
    scopeHasChanged(device);
    const answer = await stage.mortal((core) =>
      registerDevice(core, BOX, deviceId as DeviceId, registration),
    );
    stage.note(() => `  ${deviceId} registers ${model.instanceId} ${canonical(preferences)}`);
    return { effective: answer.device.effective as WireEffective };
  }

  /** Gives an answer to its device. `asked` is unknown for an answer that arrives late. */
  private take(device: Device, request: Request, answer: Response, asked: Asking | undefined): boolean {
    const { model } = device;
    const { stage } = this;
    checkNothingTwice(stage, device, request, answer);
    const isExplained = model.receive(request, answer, stage.time.now());
    if (!isExplained) model.newInstance(this.mintInstance());
    if (!isExplained || !asked || !model.effective) delete device.complete;
    else if (!model.isMidway)
      device.complete = {
        modSeq: asked.modSeq,
        timeline: asked.timeline,
        effective: model.effective,
        held: new Map(model.held),
        scopeChanges: stage.policiesUnderWay, // its answers may reflect them or not
      };
    return isExplained;
  }

  /** Reacts to a problem as a client does, by section 9. */
  private understand({ model }: Device, { kind }: SyncProblem): void {
    const { stage } = this;
    switch (kind) {
      case 'busy':
        return;
      case 'device-not-registered':
        // Its user signs in again, sometimes with the same local database.
        if (stage.chance.happens(0.5)) {
          stage.hit('instance registered again');
          model.registersAgain();
        } else model.newInstance(this.mintInstance());
        return;
      case 'instance-replaced':
      case 'operation-gap':
      case 'operation-mismatch':
        model.newInstance(this.mintInstance());
        return;
      default:
        throw new Violation(`answered ${kind}`);
    }
  }

  private async call(deviceId: string, request: Request): Promise<Response | SyncProblem | 'unknown'> {
    const { stage } = this;
    const { ledger, chance } = stage;
    const { instanceId, syncToken, operations, limit } = request;
    const caller = { box: BOX, deviceId, instanceId } as Caller;
    const body = syncBodySchema.parse({ ...(syncToken !== undefined && { syncToken }), operations, limit });
    const options = chance.happens(0.1) ? { maxBytes: chance.between(70_000, 120_000) } : {};
    const name = ledger.nameOf(caller);
    ledger.sent(name, operations);
    try {
      const answer = await stage.during({ by: deviceId, operations }, () =>
        stage.mortal((core) => synchronize(core, caller, body, options)),
      );
      const response: Response = stage.disguise.answer?.(answer) ?? answer;
      checkAnswer(stage, request, response, options);
      // After a restart in between, it is unknown which of the two requests was answered.
      if (ledger.nameOf(caller) === name) ledger.answered(name, operations, response.results ?? []);
      return response;
    } catch (error) {
      if (error instanceof NoAnswer) {
        stage.hit('no answer from the server');
        return 'unknown';
      }
      if (!(error instanceof SyncProblem)) throw error;
      stage.hit(`problem ${error.kind}` as Happening);
      return error;
    }
  }

  /** A token of the same device and instance, in another user's box. */
  async tokenOf(user: string, deviceId: string, instanceId: string): Promise<string> {
    const { core } = this.stage;
    const caller = { box: user, deviceId, instanceId } as Caller;
    await registerDevice(core, caller.box, caller.deviceId, {
      instanceId: caller.instanceId,
      preferences: {},
    });
    return (await synchronize(core, caller, syncBodySchema.parse({}))).syncToken;
  }

  private someLimit(): number {
    const { chance } = this.stage;
    return chance.happens(0.7) ? chance.between(1, 20) : chance.pick([50, 200, 1000]);
  }

  /** The box at the time of a device's request; undefined if several states are possible. */
  private before({ model }: Device): Before | undefined {
    const { stage } = this;
    const { effective } = model;
    if (!effective || !stage.store.isSettled || stage.chance.happens(0.5)) return undefined;
    const { modSeq, timeline } = stage.ledger;
    return { alive: stage.alive, atMs: stage.time.now(), modSeq, timeline, effective };
  }
}
