import { writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Command } from '../../dev/cli/command.js';
import { countFlag, parseFlags } from '../../dev/cli/flags.js';
import { Progress } from '../../dev/cli/progress.js';
import { measurePushes } from './measure.js';
import { pushTable } from './push-table.js';
import { FULL, type PushSize, QUICK } from './scenarios.js';

const HELP = `Measures how soon and how often the server notifies connected devices of deposits, on the local cloud. The scenarios:
deposits one by one after a quiet time, one user with many devices, many users with few devices. Each is compared with a
round trip over a bare WebSocket in the same run.

  npm run bench:push
  npm run bench:push -- --quick
  npm run bench:push -- --deposits 200 --devices 10 --users 20

  --quick          a small run, to see that it works; the numbers below may change it
  --deposits N     in all; default ${FULL.deposits}: a quarter for the one user, the rest for the many
  --devices N      of the one user; default ${FULL.devices}
  --users N        with two devices each; default ${FULL.users}
  --quiet N        single deposits after a quiet time; default ${FULL.quiet}
  --window MS      pushWindowMs of the devices; default ${FULL.pushWindowMs}
  --at-once N      deposits in progress at a time; default ${FULL.atOnce}
  --disk           keeps the data on disk; default: in memory, as npm start does. On disk DynamoDB Local makes one write
                   at a time, and pushes wait for it
  --json FILE      writes the numbers as JSON
  --help           shows this text

Devices synchronize on each synchronization request. Needs Java 17 for DynamoDB Local.
Exit code: 0 measured, 1 failed, 2 wrong usage, 130 interrupted. The output shows a missed goal.`;

const OPTIONS = {
  quick: { type: 'boolean' },
  deposits: { type: 'string' },
  devices: { type: 'string' },
  users: { type: 'string' },
  quiet: { type: 'string' },
  window: { type: 'string' },
  'at-once': { type: 'string' },
  disk: { type: 'boolean' },
  json: { type: 'string' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'must not be given')),
  quick: z._default(z.boolean(), false),
  deposits: z.optional(countFlag(4, 1_000_000)),
  devices: z.optional(countFlag(1, 100)),
  users: z.optional(countFlag(1, 10_000)),
  quiet: z.optional(countFlag(1, 1000)),
  window: z.optional(countFlag(0, 900_000)),
  'at-once': z.optional(countFlag(1, 100)),
  disk: z._default(z.boolean(), false),
  json: z.optional(z.string()),
});
type Flags = z.infer<typeof flagsSchema>;

function sizeOf({ quick, window, 'at-once': atOnce, ...given }: Flags): PushSize {
  const size = quick ? QUICK : FULL;
  return {
    quiet: given.quiet ?? size.quiet,
    devices: given.devices ?? size.devices,
    users: given.users ?? size.users,
    deposits: given.deposits ?? size.deposits,
    atOnce: atOnce ?? size.atOnce,
    pushWindowMs: window ?? size.pushWindowMs,
  };
}

/** For a device after a quiet time, measured from the answer to the deposit. Unit: ms. */
const GOAL = { median: 300, p99: 1000 };

export const pushCommand: Command = async (args, { terminal, signal }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const size = sizeOf(flags);
  terminal.say('Synthesizing the stack and starting the local cloud …');
  const progress = new Progress(terminal);
  try {
    const onProgress = (what: string, fraction: number) => progress.update(fraction, what);
    const numbers = await measurePushes({ size, onDisk: flags.disk, signal, onProgress });
    progress.end();
    terminal.print(pushTable(numbers));
    const { median, p99 } = numbers[0]?.answerToFrame ?? { median: Number.NaN, p99: Number.NaN };
    const isMet = median <= GOAL.median && p99 <= GOAL.p99;
    terminal.print(
      `\nThe first of two numbers is the median. All but "one by one" include waiting for the window of ${size.pushWindowMs} ms.\n` +
        `Goal, one by one: median ${GOAL.median} ms, p99 ${GOAL.p99} ms: ${isMet ? 'met' : 'missed'}.`,
    );
    if (flags.json)
      await writeFile(
        flags.json,
        `${JSON.stringify({ ...size, onDisk: flags.disk, scenarios: numbers }, null, 2)}\n`,
      );
    return 0;
  } finally {
    progress.end();
  }
};
