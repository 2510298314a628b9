import { renameSync, writeFileSync } from 'node:fs';
import type { LocalCloud, LocalCloudOptions } from '../local-cloud-options.js';
import { LocalCloudProblem } from '../problem.js';
import { Undo } from '../undo.js';
import type { CommandOptions } from './command-options.js';
import { watchParents } from './parent-watch.js';
import { serveParent } from './remote-control.js';

/** A cloud that is ready, and the news of it. */
export interface Ready {
  readonly cloud: LocalCloud;
  /** Members of the JSON line beside those of every cloud. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly text: string;
}

/** One run of a command, for its `start`. */
export interface CommandRun {
  /** Whether the end was requested. `start` may then skip its remaining steps. */
  readonly isEnding: boolean;
  /** Prints a line for people: on stdout, or on stderr with `--json`. */
  say(line: string): void;
  /** Registers a step for the end of the run. The step registered last runs first. */
  atEnd(step: () => unknown): void;
  /**
   * Starts the cloud with the flags of the command and `more`. The end of the run stops the cloud.
   * A process that forked this one can call the methods of the cloud by messages.
   * @throws LocalCloudProblem when the cloud cannot start.
   */
  startCloud(more: Partial<LocalCloudOptions>): Promise<LocalCloud>;
}

/** A command that runs a local cloud until it is stopped. */
export interface Command<Options extends CommandOptions> {
  /** The text of `--help`. */
  readonly help: string;
  /** @throws LocalCloudProblem when a flag is wrong. */
  parse(args: string[], env: NodeJS.ProcessEnv): Options;
  /** @throws LocalCloudProblem when something cannot start. */
  start(options: Options, run: CommandRun): Promise<Ready>;
}

/**
 * Runs a command as this process: flags, signals, one line for an error, exit code. The process exits when it is done.
 * Exit code: 0 after a requested end, 1 after an error. A second signal exits at once with 1.
 */
export async function runCommand<Options extends CommandOptions>(command: Command<Options>): Promise<void> {
  const undo = new Undo();
  try {
    await untilEnd(command, undo);
  } catch (error) {
    console.error(error instanceof LocalCloudProblem ? error.message : error);
    process.exitCode = 1;
  }
  await undo.all();
  process.exit();
}

async function untilEnd<Options extends CommandOptions>(
  command: Command<Options>,
  undo: Undo,
): Promise<void> {
  const end = new EndRequest();
  const options = command.parse(process.argv.slice(2), process.env);
  if (options.help) {
    console.log(command.help);
    return;
  }
  undo.later(await watchParents(end.request));
  const starting = command.start(options, commandRun(options, undo, end));
  const ready = await Promise.race([starting, end.requested]);
  if (!ready) {
    // Only a start that has settled has registered all its steps for the end.
    await starting.catch(() => {});
    return;
  }
  announce(options, ready);
  await end.requested;
}

/** Resolves `requested` on Ctrl-C, on another signal, or when a caller requests the end. */
class EndRequest {
  isRequested = false;
  request: () => void = () => {};
  readonly requested = new Promise<void>((resolve) => {
    this.request = () => {
      this.isRequested = true;
      resolve();
    };
  });

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => (this.isRequested ? process.exit(1) : this.request()));
    }
  }
}

function commandRun(options: CommandOptions, undo: Undo, end: EndRequest): CommandRun {
  const { port, outDir, dataDir, dynamodbEndpoint, json, showLogs } = options;
  const say = json ? console.error : console.log;
  const loading = import('../local-cloud.js'); // takes a while; the command prepares its template meanwhile
  return {
    get isEnding() {
      return end.isRequested;
    },
    say,
    atEnd: (step) => undo.later(step),
    async startCloud(more) {
      const { startLocalCloud } = await loading;
      const logging = { log: say, ...(showLogs && { onFunctionLine: say }) };
      const cloud = await startLocalCloud({ port, outDir, dataDir, dynamodbEndpoint, ...logging, ...more });
      undo.later(() => cloud.stop());
      serveParent(cloud, end.request);
      return cloud;
    },
  };
}

function announce({ json, readyFile }: CommandOptions, { cloud, facts, text }: Ready) {
  const line = JSON.stringify({ ...factsOf(cloud), ...facts });
  console.log(json ? line : text);
  if (!readyFile) return;
  // Renamed, so that a reader never sees half of the file.
  writeFileSync(`${readyFile}.new`, `${line}\n`);
  renameSync(`${readyFile}.new`, readyFile);
}

const factsOf = ({ url, socketUrl, issuer, dynamodbEndpoint, servicesUrl, tables, outputs }: LocalCloud) => ({
  url,
  socketUrl,
  issuer,
  pid: process.pid,
  dynamodbEndpoint,
  servicesUrl,
  tables,
  outputs,
});
