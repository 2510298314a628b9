import { ServerProblem, Unreachable } from '../../../client/sync/server-problem.js';
import type { Transport } from '../../../client/sync/transport.js';
import { registerDevice } from '../../../core/admin/devices.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { synchronize } from '../../../core/read/synchronize.js';
import type { Caller } from '../../../core/write/device-operations.js';
import { type DeviceRegistration, deviceRegistrationSchema } from '../../../protocol/device-registration.js';
import type { DeviceId } from '../../../protocol/ids.js';
import { PROBLEMS, problemType } from '../../../protocol/problem.js';
import { type SyncResponse, syncBodySchema } from '../../../protocol/sync.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import type { Numbered, Result } from '../model/client/wire.js';
import type { Happening } from '../model/coverage.js';
import { describeAnswer, describeRequest } from '../model/describe.js';
import { canonical } from '../model/elements.js';
import type { Stage } from '../model/stage.js';

type Asked = Parameters<Transport['synchronize']>[0];

/** A transport to the core in memory. It loses requests and answers, and duplicates requests. */
export function inMemoryTransport(stage: Stage): Transport & { again(): void } {
  const earlier: Asked[] = [];
  const { chance, swarm } = stage;
  const lossy = async <T>(call: () => Promise<T>): Promise<T> => {
    if (chance.happens(swarm.loss)) throw new Unreachable('the request was lost');
    const answer = await call();
    if (chance.happens(swarm.loss)) throw new Unreachable('the answer was lost');
    return answer;
  };
  const unheard = (asked: Asked) =>
    stage.begin('heard by nobody', async () => {
      await answerOf(stage, asked).catch((error) => {
        if (!(error instanceof ServerProblem) && !(error instanceof Unreachable)) throw error;
      });
    });
  return {
    registerDevice: (deviceId, registration) =>
      lossy(async () => {
        const parsed: DeviceRegistration = deviceRegistrationSchema.parse(registration);
        stage.note(() => `  ${deviceId} registers ${canonical(registration)}`);
        const { device } = await translated(
          stage,
          stage.mortal((core) => registerDevice(core, BOX, deviceId as DeviceId, parsed)),
        );
        return device;
      }),
    synchronize: (asked) => {
      earlier.push(asked);
      return lossy(() => {
        if (chance.happens(swarm.loss)) unheard(asked);
        return answerOf(stage, asked);
      });
    },
    issueTicket: () => Promise.reject(new Error('nobody connects here')),
    history: () => Promise.reject(new Error('not asked for here')),
    again: () => {
      if (earlier.length > 0) unheard(chance.pick(earlier));
    },
  };
}

async function answerOf(stage: Stage, asked: Asked): Promise<SyncResponse> {
  const { deviceId, instanceId, ...body } = asked;
  const { ledger, chance } = stage;
  const caller = { box: BOX, deviceId, instanceId } as unknown as Caller;
  const operations = (body.operations ?? []) as unknown as Numbered[];
  const options = chance.happens(0.1) ? { maxBytes: chance.between(70_000, 120_000) } : {};
  const name = ledger.nameOf(caller);
  ledger.sent(name, operations);
  stage.note(
    () => `  ${deviceId} asks ${describeRequest({ limit: 200, ...body, instanceId, operations } as never)}`,
  );
  const response = await translated(
    stage,
    stage.mortal((core) => synchronize(core, caller, syncBodySchema.parse(body), options)),
  );
  stage.note(() => `  ${deviceId} is answered ${describeAnswer(response as never)}`);
  // If the box was created again meanwhile, the answering one is unknown.
  if (ledger.nameOf(caller) === name) ledger.answered(name, operations, (response.results ?? []) as Result[]);
  return JSON.parse(JSON.stringify(response));
}

/** The value after its way through JSON. */
async function translated<T>(stage: Stage, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NoAnswer) {
      stage.hit('no answer' as Happening);
      throw new Unreachable('no answer', { cause: error });
    }
    if (!(error instanceof SyncProblem)) throw error;
    stage.hit(`problem ${error.kind}` as Happening);
    const { status, title } = PROBLEMS[error.kind];
    throw new ServerProblem(status, error.kind, { type: problemType(error.kind), title, status });
  }
}
