import { writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Command } from '../../cli/command.js';
import { countFlag, parseFlags } from '../../cli/flags.js';
import { Progress } from '../../cli/progress.js';
import { table } from '../report.js';
import { startBenchCloud } from './cloud.js';
import { measurePushes, type PushNumbers, type Scenario } from './measure.js';

const HELP = `How soon connected devices are told of deposits, and how often, on the local cloud: deposits one by one after a quiet time, one
user with many devices, and many users with few. Times stand beside a round trip over a bare WebSocket in the same run.

  npm run bench:push
  npm run bench:push -- --deposits 200 --devices 10 --users 20

  --deposits N     in all; default 2000: a quarter for the one user, the rest for the many
  --devices N      of the one user; default 50
  --users N        with two devices each; default 200
  --quiet N        single deposits after a quiet time; default 20
  --window MS      pushWindowMs of the devices; default 1000
  --at-once N      deposits under way at a time; default 4
  --json FILE      writes the numbers as JSON
  --help           this

Devices synchronize when they are asked to. Needs Java 17 for DynamoDB Local.
Exit code: 0 measured, 1 it could not be measured, 2 wrong usage, 130 interrupted.`;

const OPTIONS = {
  deposits: { type: 'string' },
  devices: { type: 'string' },
  users: { type: 'string' },
  quiet: { type: 'string' },
  window: { type: 'string' },
  'at-once': { type: 'string' },
  json: { type: 'string' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'is not asked for')),
  deposits: z._default(countFlag(4, 1_000_000), 2000),
  devices: z._default(countFlag(1, 100), 50),
  users: z._default(countFlag(1, 10_000), 200),
  quiet: z._default(countFlag(1, 1000), 20),
  window: z._default(countFlag(0, 900_000), 1000),
  'at-once': z._default(countFlag(1, 100), 4),
  json: z.optional(z.string()),
});
type Flags = z.infer<typeof flagsSchema>;

const scenariosOf = ({ deposits, devices, users, quiet, 'at-once': atOnce }: Flags): Scenario[] => [
  { name: 'one by one', users: 1, devicesEach: 1, deposits: quiet, atOnce: 0 },
  { name: 'one user', users: 1, devicesEach: devices, deposits: Math.floor(deposits / 4), atOnce },
  { name: 'many users', users, devicesEach: 2, deposits: deposits - Math.floor(deposits / 4), atOnce },
];

export const pushCommand: Command = async (args, { terminal, signal }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  terminal.say('Synthesizing the stack and starting the local cloud …');
  const cloud = await startBenchCloud(signal);
  const progress = new Progress(terminal);
  try {
    const numbers = await measurePushes(cloud, scenariosOf(flags), {
      pushWindowMs: flags.window,
      signal,
      onProgress: (what, fraction) => progress.update(fraction, what),
    });
    progress.end();
    terminal.print(pushTable(numbers));
    if (flags.json) await writeFile(flags.json, `${JSON.stringify(numbers, null, 2)}\n`);
    return 0;
  } finally {
    progress.end();
    await cloud.stop();
  }
};

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toString());

export const pushTable = (numbers: readonly PushNumbers[]): string =>
  table(
    [
      'deposits',
      'devices',
      'number',
      'frames a device, mean (most)',
      'answer to frame, ms: median',
      'p99',
      'commit to post, ms: median',
      'p99',
      'bare echo, ms: median',
      'ratio',
    ],
    numbers.map(
      ({ name, users, devicesEach, deposits, framesPerDevice, answerToFrame, commitToPost, echo, ratio }) => [
        name,
        `${users} × ${devicesEach}`,
        deposits,
        `${framesPerDevice.mean.toFixed(1)} (${framesPerDevice.most})`,
        ms(answerToFrame.median),
        ms(answerToFrame.p99),
        ms(commitToPost.median),
        ms(commitToPost.p99),
        ms(echo.median),
        Math.round(ratio),
      ],
    ),
  );
