import * as z from 'zod/mini';
import { checkOperation } from '../../client/api/check-operation.js';
import { MessageStorageClient } from '../../client/api/message-storage-client.js';
import { memoryStore } from '../../client/stores/memory-store.js';
import type { ClientStatus } from '../../client/sync/client-events.js';
import { Unreachable } from '../../client/sync/server-problem.js';
import type { SyncReport } from '../../client/sync/synchronizer.js';
import { httpTransport } from '../../client/sync/transport.js';
import { deviceIdSchema, userIdSchema } from '../../protocol/ids.js';
import { PAGE_MAX } from '../../protocol/limits.js';
import { tokenSource } from '../dev-token.js';
import { lineFor } from './cli-problem.js';
import type { Command } from './command.js';
import { describeCounts, describeDropped, describeElement, describeSyncRequest } from './describe.js';
import { runShell, SHELL_HELP, type ShellOptions } from './device-shell.js';
import { countFlag, parseFlags, urlFlag } from './flags.js';
import { printable, printableJson } from './printable.js';
import { Progress } from './progress.js';
import { QuickWebSocket } from './quick-web-socket.js';
import { openStoreFile } from './store-file.js';
import type { Terminal } from './terminal.js';

const HELP = `Runs one device of a user: a Message Storage Client, made with the SDK.

  npm run device -- --user tel:+6590000000 --device phone --url http://127.0.0.1:3000

Synchronizes, then stays connected and prints changes until Ctrl-C. It reads commands from its input:

${SHELL_HELP}

Options:

  --user URI     user of the device
  --device ID    id of the device; a run replaces an earlier run with the same id
  --url URL      of the HTTP API
  --data FILE    keep elements and pending operations in this file. A later run continues with it, even without the
                 server. Default: in memory, and each run is a new instance of the device
  --once         end after one synchronization, and print the counts of the elements
  --json         print each element, and then each change and answer, as one line of JSON
  --name NAME    name of the device for the user
  --limit N      elements in each response, 1 to ${PAGE_MAX}; default: ${PAGE_MAX}
  --token TOKEN  access token with the scope cpm/sync; also CPM_TOKEN. Default: a token of the local cloud
  --help         print this text

Exit code: 0 a normal end, 1 the server failed or rejects this device, 2 wrong usage.`;

const OPTIONS = {
  user: { type: 'string' },
  device: { type: 'string' },
  url: { type: 'string' },
  data: { type: 'string' },
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  name: { type: 'string' },
  limit: { type: 'string' },
  token: { type: 'string' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'must not be given')),
  user: userIdSchema,
  device: deviceIdSchema,
  url: urlFlag,
  data: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
  once: z.optional(z.boolean()),
  json: z.optional(z.boolean()),
  name: z.optional(
    z
      .string()
      .check(z.minLength(1, 'must not be empty'), z.maxLength(255, 'must not be longer than 255 characters')),
  ),
  limit: z.optional(countFlag(1, PAGE_MAX)),
  token: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
});

/** `npm run device`. */
export const deviceCommand: Command = async (args, { terminal, env, signal, input }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const { url, user, device, name, limit } = flags;
  const file = flags.data === undefined ? undefined : openStoreFile(flags.data);
  const token = tokenSource({ url, given: flags.token ?? env.CPM_TOKEN, sub: user, scope: 'cpm/sync' });
  const client = new MessageStorageClient({
    deviceId: device,
    name: name ?? device,
    transport: httpTransport({ url, token }),
    store: file?.store ?? memoryStore(),
    check: checkOperation,
    onInstanceReplaced: 'deny',
    pageLimit: limit ?? PAGE_MAX,
    WebSocket: QuickWebSocket,
    signal,
  });
  try {
    const report = await synchronizeWithProgress(client, terminal).catch((error) => {
      // With a file, the device works offline until the server answers again.
      if (!file || flags.once || !(error instanceof Unreachable)) throw error;
      terminal.say(printable(lineFor(error)));
      return undefined;
    });
    await printHeld(client, report, terminal, flags);
    if (flags.once) return 0;
    const json = flags.json ?? false;
    return await Promise.race([
      stayConnected(client, terminal, json, signal),
      untilQuit(input, { client, terminal, user, json }),
    ]);
  } catch (error) {
    if (signal.aborted) return 0; // by a signal, or by the reader of the output
    throw error;
  } finally {
    terminal.show('');
    await client.stop();
    file?.close();
  }
};

/** Resolves only when the user quits: a device without input must stay connected. */
async function untilQuit(input: AsyncIterable<string> | undefined, options: ShellOptions): Promise<number> {
  const hasQuit = input !== undefined && (await runShell(input, options));
  return hasQuit ? 0 : new Promise(() => {});
}

async function synchronizeWithProgress(
  client: MessageStorageClient,
  terminal: Terminal,
): Promise<SyncReport> {
  const progress = new Progress(terminal);
  const off = client.on('progress', ({ sent, total }) =>
    progress.update(sent / Math.max(total, 1), `${sent} of ${total} elements`),
  );
  try {
    return await client.synchronize();
  } finally {
    off();
    progress.end();
  }
}

async function printHeld(
  client: MessageStorageClient,
  report: SyncReport | undefined,
  terminal: Terminal,
  { json, once }: { json?: boolean; once?: boolean },
): Promise<void> {
  if (json) for await (const element of client.elements()) terminal.print(printableJson(element));
  const counts = describeCounts(await client.counts());
  const human = once && !json ? terminal.print.bind(terminal) : terminal.say.bind(terminal);
  if (!report) return human(`${counts} (as kept)`);
  const { durationMs, pages } = report;
  human(
    `${counts} (${pages} ${pages === 1 ? 'response' : 'responses'}, ${(durationMs / 1000).toFixed(1)} s)`,
  );
}

/** Prints changes until the signal aborts (0), or until the server rejects this device (1). */
function stayConnected(
  client: MessageStorageClient,
  terminal: Terminal,
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  const print = (value: unknown, line: string) => terminal.print(json ? printableJson(value) : line);
  client.on('received', ({ received, dropped }) => {
    for (const element of received) print(element, describeElement(element));
    for (const each of dropped)
      print(
        typeof each.cause === 'string' ? droppedBy(each.cause, each.elements) : each.cause,
        describeDropped(each),
      );
  });
  client.on('refused', (refused) =>
    print(
      { refused },
      printable(`refused: ${refused.operation.op} ${refused.operation.id} (${refused.status})`),
    ),
  );
  client.on('syncRequest', (frame) => print(frame, describeSyncRequest(frame)));
  client.on('failed', (error) => terminal.say(printable(lineFor(error))));
  return new Promise((resolve) => {
    client.on('status', (status) => {
      terminal.say(printable(describeStatus(status)));
      if (status.state === 'denied') resolve(1);
    });
    if (signal.aborted) return resolve(0);
    signal.addEventListener('abort', () => resolve(0), { once: true });
    client.start();
  });
}

const droppedBy = (type: string, elements: { type: string; id: string }[]) => ({
  type,
  dropped: elements.map(({ type, id }) => ({ type, id })),
});

function describeStatus(status: ClientStatus): string {
  switch (status.state) {
    case 'offline':
      return status.error ? `offline: ${lineFor(status.error)}` : 'offline: the connection was lost';
    case 'denied':
      return lineFor(status.problem);
    default:
      return status.state;
  }
}
