import * as z from 'zod/mini';
import { UsageProblem } from '../../dev/cli/cli-problem.js';
import type { Command, CommandContext } from '../../dev/cli/command.js';
import { countFlag, parseFlags } from '../../dev/cli/flags.js';
import { CallWatch } from '../support/watch.js';
import { startWholeServer } from '../support/whole.js';
import type { Measured } from './activities.js';
import { billFor, billTable } from './bill.js';
import { measureActivities } from './measure.js';
import { readMeasured, writeMeasured } from './measured.js';
import { perMillion, perMillionTable } from './per-million.js';
import { PRICES_AS_OF, REGION } from './prices.js';
import { ASSUMPTIONS, type Assumptions, assumptionsWith } from './usage.js';

export const USERS = [1000, 100_000, 10_000_000];
const ROUNDS = 50;

const assumptionLines = Object.entries(ASSUMPTIONS)
  .map(([name, { value, says }]) => `  ${name.padEnd(22)} ${String(value).padStart(5)}  ${says}`)
  .join('\n');

const HELP = `Estimates the monthly cost of a deployment from the measured work of each function (bench/cost/measured.json), the price list of
${PRICES_AS_OF} for ${REGION}, and assumptions about users.

  npm run cost
  npm run cost -- --users 250000 --assume messagesPerDay=60 --json

  --users N          the number of users; without it, one column each for ${USERS.join(', ')}
  --assume NAME=N    another value for one of the assumptions below; may be repeated
  --json             prints all parts of the sum as JSON, and perMillion for each activity
  --measure          measures first, and rewrites bench/cost/measured.json; needs Java 17 for DynamoDB Local
  --help             shows this text

Assumptions:
${assumptionLines}

Exit code: 0 done, 1 measuring failed, 2 wrong usage, 130 interrupted.`;

const OPTIONS = {
  users: { type: 'string' },
  assume: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  measure: { type: 'boolean' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'must not be given')),
  users: z.optional(countFlag(1, 999_999_999)),
  assume: z._default(z.array(z.string()), []),
  json: z.optional(z.boolean()),
  measure: z.optional(z.boolean()),
});

export const costCommand: Command = async (args, context) => {
  const { terminal } = context;
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const assumptions = assumptionsWith(assumed(flags.assume));
  const measured = flags.measure ? await measureAndSave(context) : await readMeasured();
  const users = flags.users === undefined ? USERS : [flags.users];
  const activities = perMillion(measured, assumptions);
  const bills = users.map((each) => ({ ...billFor(each, measured, assumptions), perMillion: activities }));
  if (flags.json) {
    terminal.print(JSON.stringify(flags.users === undefined ? bills : bills[0], null, 2));
    return 0;
  }
  terminal.print(billTable(bills));
  terminal.print('');
  terminal.print(perMillionTable(activities));
  terminal.say(
    `Prices of ${PRICES_AS_OF} in ${REGION}, measured on ${measured.date}. Assumptions and their names: --help.`,
  );
  return 0;
};

/** @throws UsageProblem for an unknown assumption, or for a value that is not a number of 0 or more. */
function assumed(pairs: readonly string[]): Partial<Assumptions> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', text = ''] = pair.split('=');
      const value = Number(text);
      if (!Object.hasOwn(ASSUMPTIONS, name)) {
        throw new UsageProblem(`--assume ${name} must be one of ${Object.keys(ASSUMPTIONS).join(', ')}`);
      }
      if (text === '' || !Number.isFinite(value) || value < 0) {
        throw new UsageProblem(`--assume ${name} must be a number of 0 or more, got ${text}`);
      }
      return [name, value];
    }),
  );
}

async function measureAndSave({ terminal, signal }: CommandContext): Promise<Measured> {
  terminal.say('Starting DynamoDB Local …');
  const server = await startWholeServer();
  const watch = new CallWatch();
  try {
    const measured = await measureActivities(server, watch, ROUNDS, (round) => {
      signal.throwIfAborted();
      terminal.show(`round ${round} of ${ROUNDS}`);
    });
    await writeMeasured(measured);
    return measured;
  } finally {
    terminal.show('');
    watch.stop();
    await server.stop();
  }
}
