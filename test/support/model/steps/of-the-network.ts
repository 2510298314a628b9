import { SyncProblem } from '../../../../core/model/sync-problem.js';
import { deposit } from '../../../../core/write/deposit.js';
import { NoAnswer } from '../../adversarial-store.js';
import type { Intended } from '../client/wire.js';
import type { Happening } from '../coverage.js';
import { describeOperation, describeResult } from '../describe.js';
import type { World } from '../world.js';

/** The Participating Function deposits some operations. */
export async function participate(world: World): Promise<void> {
  const { stage } = world;
  const operations = Array.from({ length: stage.chance.between(1, 4) }, () => world.operation());
  stage.begin('participating', async () => {
    for (;;) {
      const isKnown = await depositOnce(world, operations);
      if (isKnown || stage.chance.happens(0.3)) break; // or gives up, and some other step repeats it
    }
    world.deposits.push(operations);
  });
}

/** The Participating Function repeats an earlier deposit. */
export async function participateAgain(world: World): Promise<void> {
  const { stage, deposits } = world;
  if (deposits.length === 0) return;
  const operations = stage.chance.pick(deposits);
  stage.hit('deposit sent again');
  stage.begin('participating again', async () => void (await depositOnce(world, operations)));
}

/** @returns whether the outcome is known. */
async function depositOnce({ stage, box }: World, operations: readonly Intended[]): Promise<boolean> {
  try {
    stage.note(() => `  PF deposits ${operations.map(describeOperation).join(', ')}`);
    const { results } = await stage.during({ by: 'participatingFunction', operations }, () =>
      stage.mortal((core) => deposit(core, box, operations)),
    );
    stage.note(() => `  PF is answered ${results.map(describeResult).join(', ')}`);
    for (const { status } of results) stage.hit(`result ${status}` as Happening);
    stage.ledger.deposited(operations, results);
    return results.length === operations.length;
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    if (!(error instanceof SyncProblem) || error.kind !== 'busy') throw error;
    return false;
  }
}

/** Delivers an earlier request again, after any delay. */
export async function again({ stage, exchange }: World): Promise<void> {
  if (exchange.sent.length === 0) return;
  const sent = stage.chance.pick(exchange.sent);
  stage.hit('earlier request sent again');
  exchange.repeatUnheard(sent, ({ results = [] }) => {
    if (results.length === 0) return;
    const isForgotten = results.some(({ status }) => status === 'duplicate');
    stage.hit(
      isForgotten
        ? 'earlier request sent again, and its results were not kept'
        : 'earlier request sent again, and its results were kept',
    );
  });
}
