import type { BoxCopy } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { ClientModel } from './client/client.js';
import type { Intended } from './client/wire.js';
import { Commits } from './commits.js';
import type { Device } from './device.js';
import { Exchange } from './exchange.js';
import { Expiring } from './expiring.js';
import { anyOperation } from './operations.js';
import { somePreferences } from './preferences.js';
import { Purging } from './purging.js';
import type { Replay } from './replay.js';
import { Stage, type StageOptions } from './stage.js';
import { Stream } from './stream.js';
import type { Swarm } from './swarm.js';

/** The complete state of the box at one moment. */
export interface Moment {
  readonly items: BoxCopy;
  readonly replay: Replay;
  readonly modSeq: number;
  readonly lives: ReadonlyMap<string, number>; // of the devices' numbers
  readonly policies: () => void; // restores them
  readonly atMs: number;
}

/** A backup. Its items may come from the moment at which it began, or from a later one. */
export interface Copy extends Moment {
  later: Moment;
}

/**
 * Several devices, the Participating Function, the purge worker and the provider around one box, in virtual
 * time.
 */
export class World {
  readonly stage: Stage;
  readonly purging: Purging;
  readonly stream: Stream;
  readonly expiring: Expiring;
  readonly exchange: Exchange;
  readonly commits: Commits;
  readonly devices: readonly Device[];
  /** Deposits of the Participating Function, to be repeated. */
  readonly deposits: (readonly Intended[])[] = [];
  copies: readonly Copy[] = [];
  readonly box = BOX;

  constructor(seed: number, swarm: Swarm, options: StageOptions = {}) {
    this.purging = new Purging();
    this.stage = new Stage(seed, swarm, { purgeQueue: this.purging }, options);
    this.purging.stage = this.stage;
    this.stream = new Stream(this.stage);
    this.expiring = new Expiring(this.stage, this.stream);
    this.exchange = new Exchange(this.stage);
    this.devices = Array.from({ length: swarm.devices }, (_, i) => this.device(i));
    this.commits = new Commits(this.stage, this.purging, this.stream, this.devices);
  }

  /** Runs some of the pending work; the rest runs later. */
  async turn(withinMs?: number): Promise<boolean> {
    this.purging.start();
    this.expiring.start();
    this.stream.start();
    return this.stage.turn(withinMs);
  }

  /** Waits until no actor is busy. */
  readonly idle = async (): Promise<void> => {
    while (await this.turn()) {
      // each turn advances the actors
    }
    this.stage.checkNobodyHangs();
  };

  anyDevice(): Device {
    return this.stage.chance.pick(this.devices);
  }

  operation(device?: Device): Intended {
    const { chance, swarm, time } = this.stage;
    return anyOperation(chance, swarm.operations, time.now(), device?.model.held);
  }

  private device(i: number): Device {
    const { chance, swarm } = this.stage;
    const manners = {
      interpretation: chance.pick(['literal', 'lenient'] as const),
      appliesTwice: chance.happens(0.3),
      prunesAtOnce: chance.happens(0.4),
    };
    return {
      deviceId: `d${i + 1}`,
      model: new ClientModel(this.exchange.mintInstance(), manners),
      // The first device always has the default preferences.
      preferences: i === 0 || !swarm.scopes ? {} : somePreferences(chance, swarm.elementTypes),
      isBusy: false,
    };
  }
}
