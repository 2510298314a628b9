/** All possible steps with their relative frequency. */
export const USUAL_STEPS = {
  ask: 14,
  page: 10,
  synchronize: 6,
  participate: 8,
  participateAgain: 1.5,
  again: 2.5,
  changePreferences: 3,
  changePolicy: 0.9,
  assignPolicy: 0.6,
  reinstall: 0.6,
  revoke: 0.4,
  backUp: 0.6,
  rollBack: 0.8,
  foreignToken: 0.5,
  damageToken: 0.3,
  tokenOfAnotherBox: 0.3,
  askHistory: 3,
  wait: 3,
  waitDays: 0.6,
  expire: 0.3,
  copyBox: 0.8,
  restoreBox: 0.6,
};

export type StepKind = keyof typeof USUAL_STEPS;
export type StepWeights = Readonly<Record<StepKind, number>>;
