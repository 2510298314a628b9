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

const HELP = `Deposits messages in a user's box, as the CPM Participating Function does.

  npm run deposit -- FILE --user tel:+6590000000 --url http://127.0.0.1:3000

FILE holds one message a line, as JSON with conversationId, participants, direction (In or Out), from, to, date,
imdnMessageId, textContent and, if it has been read, seen. Running it twice deposits nothing twice.

  --user URI     whose box
  --url URL      of the HTTP API
  --token TOKEN  access token with the scope cpm/participate; also CPM_TOKEN. Without one the local cloud gives it
  --batch N      messages a request, at most ${OPERATIONS_MAX} (default ${OPERATIONS_MAX})
  --json         print the counts as JSON
  --help         this

Exit code: 0 all is there, 1 lines were wrong or refused or the server failed, 2 wrong usage, 130 interrupted.`;

const OPTIONS = {
  user: { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  batch: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.length(1, 'has to be given, once')),
  user: userIdSchema,
  url: urlFlag,
  token: z.optional(z.string().check(z.minLength(1, 'is empty'))),
  batch: z.optional(countFlag(1, OPERATIONS_MAX)),
  json: z.optional(z.boolean()),
});
type Flags = z.infer<typeof flagsSchema>;

const INTERRUPTED = 130;

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

/** A relative path is of the directory in which npm was called. */
async function fileOf({ files: [name = ''] }: Flags, { env }: CommandContext): Promise<File> {
  const path = resolve(env.INIT_CWD ?? '.', name);
  const found = await stat(path).catch((cause) => {
    throw new UsageProblem(`FILE ${name} cannot be read (${cause.code})`, { cause });
  });
  if (found.isDirectory()) throw new UsageProblem(`FILE ${name} is a directory`);
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
