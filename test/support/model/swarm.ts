import { ELEMENT_TYPES } from '../../../protocol/elements/element-types.js';
import { ADVERSE, CALM, type Mishaps } from '../adversarial-store.js';
import type { Chance } from './chance.js';
import { type OperationKind, type OperationWeights, USUAL } from './operations.js';
import { type StepKind, type StepWeights, USUAL_STEPS } from './steps/weights.js';

/** The events that are possible in a run. */
export interface Swarm {
  readonly devices: number;
  readonly steps: StepWeights;
  readonly operations: OperationWeights;
  readonly mishaps: Mishaps;
  readonly loss: number; // probability, for requests and for answers
  readonly scopes: boolean; // whether devices have different preferences, at different times
  readonly elementTypes: readonly (readonly string[])[];
}

const ALL: readonly string[] = ELEMENT_TYPES;

/** The usual types, and some lists without the types of the containers of the others. */
const TYPE_LISTS = [
  ALL,
  ALL.filter((type) => type !== 'folder'),
  ALL.filter((type) => type !== 'sessionHistory'),
  ALL.filter((type) => type !== 'messageState'),
  ['folder', 'conversationHistory'],
  ['folder'],
  ['conversationHistory', 'message'],
  ['message', 'messageState'],
  ['messageState'],
  ['folder', 'message'],
  ['sessionHistory', 'messageState'],
];

const ALWAYS: ReadonlySet<string> = new Set<StepKind | OperationKind>([
  'ask',
  'page',
  'participate',
  'createMessage',
]);

/** Events that some runs repeat far more than others, so that rare events coincide. */
const THEMES: readonly Partial<Record<StepKind | OperationKind, number>>[] = [
  {},
  {},
  {},
  { copyBox: 4, restoreBox: 6 },
  { deleteFolder: 5, deleteConversation: 3, deleteSession: 4, createConversation: 2, wait: 2 },
  { waitDays: 4, expire: 4, assignPolicy: 2, changePolicy: 2 },
  { changePreferences: 4, changePolicy: 3, assignPolicy: 2, moveConversation: 2, page: 2 },
];

/**
 * Chooses the events of a run. Each run omits some, so that the others coincide more often and failures stay
 * small.
 */
export function swarmOf(chance: Chance): Swarm {
  const theme: Readonly<Record<string, number>> = chance.pick(THEMES);
  const thinned = <K extends string>(weights: Readonly<Record<K, number>>): Record<K, number> => {
    const share = chance.pick([0.3, 0.6, 1]);
    const entries = Object.entries(weights) as [K, number][];
    const weightOf = (name: string, weight: number): number => {
      const times = theme[name];
      if (times !== undefined) return weight * times;
      return ALWAYS.has(name) || chance.happens(share) ? weight : 0;
    };
    return Object.fromEntries(entries.map(([name, weight]) => [name, weightOf(name, weight)])) as Record<
      K,
      number
    >;
  };
  return {
    devices: chance.pick([1, 2, 2, 3]),
    steps: thinned(USUAL_STEPS),
    operations: thinned(USUAL),
    mishaps: chance.happens(0.8) ? ADVERSE : CALM,
    loss: chance.pick([0, 0.05, 0.15]),
    scopes: chance.happens(0.75),
    elementTypes: TYPE_LISTS,
  };
}
