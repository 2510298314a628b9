import * as z from 'zod/mini';
import type { ClientStatus } from '../client/client-options.js';
import { MessageStorageClient } from '../client/message-storage-client.js';
import { memoryStore } from '../client/store/memory-store.js';
import type { SyncReport } from '../client/synchronizer.js';
import { httpTransport } from '../client/transport.js';
import { deviceIdSchema, userIdSchema } from '../protocol/ids.js';
import { PAGE_MAX } from '../protocol/limits.js';
import { lineFor } from './cli-problem.js';
import type { Command } from './command.js';
import { describeCounts, describeDropped, describeElement, describeSyncRequest } from './describe.js';
import { tokenSource } from './dev-token.js';
import { countFlag, parseFlags, urlFlag } from './flags.js';
import { printable, printableJson } from './printable.js';
import { Progress } from './progress.js';
import { QuickWebSocket } from './quick-web-socket.js';
import type { Terminal } from './terminal.js';

const HELP = `Plays one device of a user: a Message Storage Client that holds its messages in memory.

  npm run device -- --user tel:+6590000000 --device phone --url http://127.0.0.1:3000

Synchronizes, then stays connected and prints what arrives until Ctrl-C.

  --user URI     whose device
  --device ID    which of the user's devices; a run with the same id takes the place of the one before
  --url URL      of the HTTP API
  --once         end after one synchronization, with the counts of what the device then holds
  --json         print each element it holds, and then each change, as one line of JSON
  --name NAME    of the device, as the user sees it
  --limit N      elements a response, at most and by default ${PAGE_MAX}
  --token TOKEN  access token with the scope cpm/sync; also CPM_TOKEN. Without one the local cloud gives it
  --help         this

Exit code: 0, or 1 when the server failed or will not have this device any more, or 2 for wrong usage.`;

const OPTIONS = {
  user: { type: 'string' },
  device: { type: 'string' },
  url: { type: 'string' },
  once: { type: 'boolean' },
  json: { type: 'boolean' },
  name: { type: 'string' },
  limit: { type: 'string' },
  token: { type: 'string' },
} as const;

const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'is not something a device takes')),
  user: userIdSchema,
  device: deviceIdSchema,
  url: urlFlag,
  once: z.optional(z.boolean()),
  json: z.optional(z.boolean()),
  name: z.optional(
    z.string().check(z.minLength(1, 'is empty'), z.maxLength(255, 'is longer than 255 characters')),
  ),
  limit: z.optional(countFlag(1, PAGE_MAX)),
  token: z.optional(z.string().check(z.minLength(1, 'is empty'))),
});

export const deviceCommand: Command = async (args, { terminal, env, signal }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const { url, user, device, name, limit } = flags;
  const token = tokenSource({ url, given: flags.token ?? env.CPM_TOKEN, sub: user, scope: 'cpm/sync' });
  const client = new MessageStorageClient({
    deviceId: device,
    name: name ?? device,
    transport: httpTransport({ url, token }),
    store: memoryStore(),
    onInstanceReplaced: 'deny',
    pageLimit: limit ?? PAGE_MAX,
    WebSocket: QuickWebSocket,
    signal,
  });
  try {
    const report = await synchronizeWithProgress(client, terminal);
    await printHeld(client, report, terminal, flags);
    return flags.once ? 0 : await stayConnected(client, terminal, flags.json ?? false, signal);
  } catch (error) {
    if (signal.aborted) return 0; // the user, or whoever read the output, has had enough
    throw error;
  } finally {
    terminal.show('');
    await client.stop();
  }
};

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
  { durationMs, pages }: SyncReport,
  terminal: Terminal,
  { json, once }: { json?: boolean; once?: boolean },
): Promise<void> {
  if (json) for await (const element of client.elements()) terminal.print(printableJson(element));
  const counts = describeCounts(await client.counts());
  const human = once && !json ? terminal.print.bind(terminal) : terminal.say.bind(terminal);
  human(
    `${counts} (${pages} ${pages === 1 ? 'response' : 'responses'}, ${(durationMs / 1000).toFixed(1)} s)`,
  );
}

/** Prints what arrives until it is told to end, or the server will not have this device any more. */
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
