import type { Times } from '../support/timing.js';

/** The number of users, of devices for each, and of deposits. */
export interface Scenario {
  readonly name: string;
  readonly users: number;
  readonly devicesEach: number;
  readonly deposits: number;
  /** Deposits in progress at a time. 0: one after the other, each after a quiet time. */
  readonly atOnce: number;
}

/** Unit of all times: ms. */
export interface PushNumbers extends Scenario {
  readonly framesPerDevice: { readonly mean: number; readonly most: number };
  /**
   * From the answer to a deposit to the frame that announces it, window included. 0 if the frame was first.
   */
  readonly answerToFrame: Times;
  /**
   * From the commit to the post, for the oldest change that a frame announces first. Measured by the server's
   * clock.
   */
  readonly commitToPost: Times;
  /** A round trip over a bare WebSocket during the scenario. */
  readonly echo: Times;
}

export interface PushSize {
  /** Number of single deposits, each after a quiet time. */
  readonly quiet: number;
  /** Devices of the one user with many devices. */
  readonly devices: number;
  /** Users with two devices each. */
  readonly users: number;
  /** In total: a quarter for the one user, the rest for the many users. */
  readonly deposits: number;
  readonly atOnce: number;
  readonly pushWindowMs: number;
}

export const FULL: PushSize = {
  quiet: 30,
  devices: 50,
  users: 200,
  deposits: 2000,
  atOnce: 4,
  pushWindowMs: 1000,
};

/** A short run, to check that everything works. */
export const QUICK: PushSize = { ...FULL, quiet: 5, devices: 10, users: 20, deposits: 120 };

/** The three scenarios of a run: single deposits, one user with many devices, many users. */
export function scenariosOf({ quiet, devices, users, deposits, atOnce }: PushSize): Scenario[] {
  const ofOneUser = Math.floor(deposits / 4);
  return [
    { name: 'one by one', users: 1, devicesEach: 1, deposits: quiet, atOnce: 0 },
    { name: 'one user', users: 1, devicesEach: devices, deposits: ofOneUser, atOnce },
    { name: 'many users', users, devicesEach: 2, deposits: deposits - ofOneUser, atOnce },
  ];
}
