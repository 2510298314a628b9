import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod/mini';
import { httpCaller } from '../../client/sync/http-caller.js';
import { userIdSchema } from '../../protocol/ids.js';
import { OPERATIONS_MAX, REQUEST_MAX_BYTES } from '../../protocol/limits.js';
import { type DepositCounts, Depositor } from '../depositor.js';
import { tokenSource } from '../dev-token.js';
import { UsageProblem } from './cli-problem.js';
import type { Command, CommandContext } from './command.js';
import { countFlag, parseFlags, urlFlag } from './flags.js';
import { readJsonLines } from './json-lines.js';
import { operationOf } from './message-line.js';
import { printable } from './printable.js';
import { Progress } from './progress.js';

const HELP = `Deposits messages in the box of a user, as the CPM Participating Function does.

  npm run deposit -- FILE --user tel:+6590000000 --url http://127.0.0.1:3000

Each line of FILE is one message: JSON with conversationId, participants, direction (In or Out), from, to, date,
imdnMessageId, textContent and, for a read message, seen. A second run does not deposit a message twice.

  --user URI     user of the box
  --url URL      of the HTTP API
  --token TOKEN  access token with the scope cpm/participate; also CPM_TOKEN. Default: a token of the local cloud
  --batch N      messages in each request, 1 to ${OPERATIONS_MAX}; default: ${OPERATIONS_MAX}
  --json         print the counts as JSON
  --help         print this text

Exit code: 0 all messages are in the box, 1 a line was wrong or refused or the server failed, 2 wrong usage,
130 interrupted.`;

const OPTIONS = {
  user: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  batch: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.length(1, 'must be given once')),
  user: userIdSchema,
  url: urlFlag,
  token: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
  batch: z.optional(countFlag(1, OPERATIONS_MAX)),
  json: z.optional(z.boolean()),
});
type Flags = z.infer<typeof flagsSchema>;

const INTERRUPTED = 130;

/** `npm run deposit`. */
export const depositCommand: Command = async (args, context) => {
  if (args.includes('--help')) {
    context.terminal.print(HELP);
    return 0;
  }
  const { terminal, env, signal } = context;
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const file = await fileOf(flags, context);
  const token = tokenSource({
    url: flags.url,
    given: flags.token ?? env.CPM_TOKEN,
    sub: 'participating-function',
    scope: 'cpm/participate',
  });
  const depositor = new Depositor({
    call: httpCaller({ url: flags.url, token, attempts: 8 }),
    user: flags.user,
    batchSize: flags.batch ?? OPERATIONS_MAX,
    signal,
    onRefused: (line, why) => terminal.say(printable(`line ${line} was refused: ${why}`)),
  });
  const progress = new Progress(terminal);
  const { counts } = depositor;
  let failed = true;
  try {
    await depositFile(file, depositor, progress, context);
    failed = false;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.end();
    if (flags.json) terminal.print(JSON.stringify(counts));
    else if (!failed || counts.deposited + counts.alreadyThere > 0)
      terminal.print(`${failed ? 'Not all was done. ' : ''}${summary(counts, progress.seconds)}`);
  }
  if (failed) return INTERRUPTED;
  return counts.wrong + counts.refused > 0 ? 1 : 0;
};

interface File {
  path: string;
  bytes: number;
}

/** The file. A relative path starts at the directory in which npm was called. @throws UsageProblem */
async function fileOf({ files: [name = ''] }: Flags, { env }: CommandContext): Promise<File> {
  const path = resolve(env.INIT_CWD ?? '.', name);
  const found = await stat(path).catch((cause) => {
    throw new UsageProblem(`FILE ${name} cannot be read (${cause.code})`, { cause });
  });
  if (found.isDirectory()) throw new UsageProblem(`FILE must be a file, got the directory ${name}`);
  return { path, bytes: found.size };
}

async function depositFile(
  { path, bytes }: File,
  depositor: Depositor,
  progress: Progress,
  { terminal, signal }: CommandContext,
): Promise<void> {
  const { counts } = depositor;
  const wrong = (number: number, fault: string) => {
    counts.wrong += 1;
    terminal.say(printable(`line ${number} is wrong: ${fault}`));
  };
  for await (const line of readJsonLines(createReadStream(path), REQUEST_MAX_BYTES)) {
    signal.throwIfAborted();
    counts.lines += 1;
    const read = 'fault' in line ? line : operationOf(line.value);
    if ('fault' in read) wrong(line.number, read.fault);
    else await depositor.add(line.number, read.operation);
    const rate = Math.round(counts.lines / Math.max(progress.seconds, 0.1));
    progress.update(line.end / Math.max(bytes, line.end), `${counts.lines} lines, ${rate} a second`);
  }
  await depositor.finish();
}

const summary = (counts: DepositCounts, seconds: number): string =>
  `${counts.lines} lines in ${seconds.toFixed(1)} s: ${counts.deposited} deposited, ${counts.alreadyThere} already there` +
  `${counts.deletedSince > 0 ? ` (${counts.deletedSince} of them deleted since)` : ''}, ` +
  `${counts.wrong} wrong, ${counts.refused} refused`;
