import type { Times } from '../support/timing.js';

/** Users with so many devices each, and what is deposited for them. */
export interface Scenario {
  readonly name: string;
  readonly users: number;
  readonly devicesEach: number;
  readonly deposits: number;
  /** Deposits under way at a time; 0: one after the other, each after a quiet time. */
  readonly atOnce: number;
}

/** Unit of all times: ms. */
export interface PushNumbers extends Scenario {
  readonly framesPerDevice: { readonly mean: number; readonly most: number };
  /** From the answer to a deposit to the frame that tells of it, window included; 0 where the frame was first. */
  readonly answerToFrame: Times;
  /** From the commit to the post, of the oldest change that a frame is the first to tell of; by the server's clock. */
  readonly commitToPost: Times;
  /** A round trip over a bare WebSocket meanwhile. */
  readonly echo: Times;
}

export interface PushSize {
  /** Single deposits, each after a quiet time. */
  readonly quiet: number;
  /** Of the one user with many. */
  readonly devices: number;
  /** With two devices each. */
  readonly users: number;
  /** In all: a quarter for the one user, the rest for the many. */
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

/** To see that it runs. */
export const QUICK: PushSize = { ...FULL, quiet: 5, devices: 10, users: 20, deposits: 120 };

export function scenariosOf({ quiet, devices, users, deposits, atOnce }: PushSize): Scenario[] {
  const ofOneUser = Math.floor(deposits / 4);
  return [
    { name: 'one by one', users: 1, devicesEach: 1, deposits: quiet, atOnce: 0 },
    { name: 'one user', users: 1, devicesEach: devices, deposits: ofOneUser, atOnce },
    { name: 'many users', users, devicesEach: 2, deposits: deposits - ofOneUser, atOnce },
  ];
}
