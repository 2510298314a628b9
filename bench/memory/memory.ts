import { type Command, runAsProcess } from '../../dev/cli/command.js';
import { startWholeServer } from '../support/whole.js';
import { type MemoryUse, measureMemory } from './measure-memory.js';

const HELP = `Measures memory and processor time of each function's bundle, with events as large as the protocol allows.
Needs Java 17 for DynamoDB Local. What this machine says has to be confirmed by the REPORT lines of Lambda.

  npm run memory
  npm run memory -- --json`;

const table = (used: readonly MemoryUse[]): string =>
  [
    '| function | memory once loaded | peak | processor time to load | for an event |',
    '|---|---:|---:|---:|---:|',
    ...used.map(
      (use) =>
        `| ${use.function} | ${use.startMb.toFixed(0)} MB | ${use.peakMb.toFixed(0)} MB | ` +
        `${use.startCpuMs.toFixed(0)} ms | ${use.cpuMs.toFixed(0)} ms |`,
    ),
  ].join('\n');

const memoryCommand: Command = async (args, { terminal, signal }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  terminal.say('Starting DynamoDB Local …');
  const server = await startWholeServer();
  try {
    const used = await measureMemory(server, (name) => {
      signal.throwIfAborted();
      terminal.say(name);
    });
    terminal.print(args.includes('--json') ? JSON.stringify(used, null, 2) : table(used));
    return 0;
  } finally {
    await server.stop();
  }
};

await runAsProcess(memoryCommand);
