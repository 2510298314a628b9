import { purge } from '../../core/lifecycle/purge.js';
import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import { BoxUnderTest } from '../support/box-under-test.js';
import { BOX } from '../support/builders.js';
import { extent } from '../support/extent.js';
import { Chance } from '../support/model/chance.js';
import type { Intended } from '../support/model/client/wire.js';
import { nameOf, nameOfElement, type Wire } from '../support/model/elements.js';
import { anyOperation, CONVERSATIONS, MESSAGES, USUAL } from '../support/model/operations.js';
import { PageStore } from '../support/model/page-store.js';
import { expire, passDays, retain } from '../support/time-to-live.js';

/** STATUS_RUNS and STATUS_SEED try others. */
const RUNS = Number(process.env.STATUS_RUNS ?? extent(40, 150));
const FIRST_SEED = Number(process.env.STATUS_SEED ?? 1);
const REQUESTS = 25;

/** All statuses that each operation gets here. Quotas and 20 pending purges have tests of their own. */
const ANSWERS: Readonly<Record<string, string>> = {
  'create folder': 'applied exists gone invalid parentNotFound',
  'modify folder': 'applied conflict exists gone invalid notFound parentNotFound unchanged',
  'delete folder': 'applied conflict forbidden notFound unchanged',
  'create conversationHistory': 'applied exists gone parentNotFound',
  'modify conversationHistory': 'applied conflict gone notFound parentNotFound unchanged',
  'delete conversationHistory': 'applied conflict notFound unchanged',
  'create sessionHistory': 'applied exists gone parentNotFound',
  'modify sessionHistory': 'applied conflict gone invalid notFound parentNotFound unchanged',
  'delete sessionHistory': 'applied conflict notFound parentNotFound unchanged',
  'create message': 'applied exists gone parentNotFound',
  'modify message': 'applied conflict gone invalid notFound parentNotFound unchanged',
  'delete message': 'applied conflict notFound parentNotFound unchanged',
  'modify messageState': 'applied conflict gone notFound parentNotFound unchanged',
  'delete messageState': 'invalid',
};

/** Folders are few anyway; most of the other operations are passed over, below. */
const WEIGHTS = {
  ...USUAL,
  createMessage: 40,
  modifyMessage: 15,
  deleteMessage: 12,
  modifyState: 30,
  createConversation: 6,
  deleteConversation: 3,
  createSession: 4,
  modifySession: 6,
  modifyFolder: 2,
};

const sorted = (elements: readonly Wire[]) =>
  [...elements].sort((a, b) => (nameOfElement(a) < nameOfElement(b) ? -1 : 1));

async function emptyContainers(box: BoxUnderTest, since: number): Promise<number> {
  const commits = (await box.commits(BOX)).filter(({ modSeq }) => modSeq > since);
  for (const commit of commits) await schedulePurge(box.core, BOX, commit);
  for (let message = box.purges.shift(); message; message = box.purges.shift())
    await purge(box.core, message);
  return commits.at(-1)?.modSeq ?? since;
}

async function run(seed: number, met: Map<string, Set<string>>): Promise<void> {
  const chance = new Chance(seed);
  const box = new BoxUnderTest();
  const retentionDays = chance.pick([undefined, 2, 5]);
  const page = new PageStore(retentionDays);
  await retain(box, retentionDays);
  // Fewer still than there are, so that most operations meet something.
  const count = chance.between(1, 2);
  const few = new Set([
    ...chance.shuffled(CONVERSATIONS).slice(0, count),
    ...chance.shuffled(MESSAGES).slice(0, 2 * count),
  ]);
  const any = (): Intended => {
    const operation = anyOperation(chance, WEIGHTS, box.clock.nowMs);
    const { type, id, conversationId = id } = operation;
    const isMet =
      type === 'folder' || (few.has(conversationId) && (!type.startsWith('message') || few.has(id)));
    return isMet ? operation : any();
  };
  const purgesOften = chance.pick([0, 0.1, 0.5]);
  let emptied = 0;
  for (let i = 0; i < REQUESTS; i++) {
    if (chance.happens(0.3)) passDays(box, chance.pick([0.5, 1, 2]));
    if (chance.happens(0.2)) await expire(box);
    page.at(box.clock.nowMs);
    if (i > 0) page.goOnFrom((await box.head()).modSeq);
    const held = new Map(page.contents().map((wire) => [nameOfElement(wire), wire]));
    const operations = Array.from({ length: chance.between(1, 8) }, () => {
      const operation = any();
      const { modSeq } = held.get(nameOf(operation.type, operation.id, operation.conversationId)) ?? {};
      const isConditional = operation.op !== 'create' && modSeq !== undefined && chance.happens(0.25);
      return isConditional ? { ...operation, ifModSeq: modSeq } : operation;
    });
    const results = (await box.results(...operations)).map(({ problem: _, ...result }) => result);
    const expected = page.request(operations);
    expect({ seed, operations, results }).toEqual({ seed, operations, results: expected });
    for (const [i, { status }] of results.entries()) {
      const { op, type } = operations[i] ?? { op: '', type: '' };
      const name = `${op} ${type}`;
      met.set(name, (met.get(name) ?? new Set()).add(status));
    }
    if (chance.happens(purgesOften)) emptied = await emptyContainers(box, emptied);
  }
  expect({ seed, held: sorted((await box.contents()) as unknown as Wire[]) }).toEqual({
    seed,
    held: sorted(page.contents()),
  });
}

test('[OP3, OP4, OP5, OP6, OP8, CH4, FO4, FO8, FO9] operations of all kinds are answered as the page says, whatever went before, and leave what it says', async () => {
  const met = new Map<string, Set<string>>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) await run(seed, met);
  const answers = [...met].map(([name, statuses]) => [name, [...statuses].sort().join(' ')]);
  expect(Object.fromEntries(answers)).toEqual(ANSWERS);
});
