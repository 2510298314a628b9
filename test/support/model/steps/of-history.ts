import { SyncProblem } from '../../../../core/model/sync-problem.js';
import { historyOf } from '../../../../core/read/history-of.js';
import type { ConversationId } from '../../../../protocol/ids.js';
import { NoAnswer } from '../../adversarial-store.js';
import { checkHistory, type HistoryAsked } from '../check-history.js';
import type { Wire } from '../elements.js';
import { CONVERSATIONS, MESSAGES } from '../operations.js';
import type { World } from '../world.js';

/** A device requests messages of a conversation history, at any time. */
export async function askHistory(world: World): Promise<void> {
  const { chance } = world.stage;
  const { deviceId } = world.anyDevice();
  const before = chance.happens(0.5) ? chance.pick(MESSAGES) : undefined;
  const asked = {
    deviceId,
    conversationId: chance.pick(CONVERSATIONS),
    before,
    limit: chance.pick([1, 2, 3, 200]),
  };
  world.stage.begin('history', async () => {
    await answered(world, asked);
  });
}

/** Reads all pages of the history of a conversation and compares each with the box. */
export async function wholeHistory(world: World, deviceId: string, conversationId: string): Promise<void> {
  const limit = world.stage.chance.pick([1, 2, 5, 200]);
  let before: string | undefined;
  do {
    before = (await answered(world, { deviceId, conversationId, before, limit }))?.next;
  } while (before !== undefined);
}

async function answered(
  { stage, box }: World,
  { deviceId, conversationId, before, limit }: HistoryAsked,
): Promise<{ next?: string | undefined } | undefined> {
  const check = checkHistory(stage, { deviceId, conversationId, before, limit });
  const query = { deviceId, limit, ...(before !== undefined && { before }) } as never;
  try {
    const answer = await stage.mortal((core) =>
      historyOf(core, box, conversationId as ConversationId, query),
    );
    stage.hit('history asked for');
    check({ elements: answer.elements as readonly unknown[] as readonly Wire[], next: answer.next });
    return answer;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    if (!(error instanceof SyncProblem)) throw error;
    if (error.kind === 'not-found') {
      stage.hit('history not found');
      check('not-found');
    }
    return undefined;
  }
}
