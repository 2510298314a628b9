import type { Chance } from './model-chance.js';
import { type OperationKind, type OperationWeights, USUAL } from './model-operations.js';
import { CALM, type Tears, TORN } from './torn-store.js';

/** How often each step is taken. Named as the methods of the world. */
const STEPS = {
  ask: 14,
  page: 10,
  synchronize: 6,
  participate: 8,
  participateAgain: 1.5,
  again: 2.5,
  changePreferences: 3,
  changePolicy: 0.7,
  reinstall: 0.6,
  revoke: 0.4,
  backUp: 0.6,
  rollBack: 0.5,
  foreignToken: 0.5,
  damageToken: 0.3,
  wait: 3,
  waitDays: 0.4,
  expire: 0.3,
  copyBox: 0.5,
  restoreBox: 0.5,
};

export type StepKind = keyof typeof STEPS;

/** What may happen in a run. */
export interface Swarm {
  readonly devices: number;
  readonly steps: Readonly<Record<StepKind, number>>;
  readonly operations: OperationWeights;
  readonly tears: Tears;
  readonly loss: number; // of requests and of responses
  readonly scopes: boolean;
  readonly elementTypes: readonly (readonly string[])[];
}

const ALL = ['folder', 'conversationHistory', 'sessionHistory', 'message', 'messageState'];

/** With each type those that its containers have. */
const ROOTED_TYPES = [
  ALL,
  ALL.filter((type) => type !== 'folder'),
  ALL.filter((type) => type !== 'sessionHistory'),
  ALL.filter((type) => type !== 'messageState'),
  ['folder', 'conversationHistory'],
  ['folder'],
  ['conversationHistory', 'message'],
];

const ALWAYS: ReadonlySet<string> = new Set<StepKind | OperationKind>([
  'ask',
  'page',
  'participate',
  'createMessage',
]);

/** Each run leaves some things out, so that others meet more often, and failures stay small. */
export function swarmOf(chance: Chance, scopes: boolean): Swarm {
  const thinned = <K extends string>(weights: Readonly<Record<K, number>>): Record<K, number> => {
    const share = chance.pick([0.3, 0.6, 1]);
    const entries = Object.entries(weights) as [K, number][];
    return Object.fromEntries(
      entries.map(([name, weight]) => [name, ALWAYS.has(name) || chance.happens(share) ? weight : 0]),
    ) as Record<K, number>;
  };
  return {
    devices: chance.pick([1, 2, 2, 3]),
    steps: { ...thinned(STEPS), ...(!scopes && { changePolicy: 0 }) },
    operations: thinned(USUAL),
    tears: chance.happens(0.8) ? TORN : CALM,
    loss: chance.pick([0, 0.05, 0.15]),
    scopes,
    elementTypes: ROOTED_TYPES,
  };
}
