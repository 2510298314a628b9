import { parseArgs } from 'node:util';
import { LocalCloudProblem, messageOf } from '../problem.js';

const DEFAULT_PORT = 3000;

/** The flags that every command with a local cloud has. */
export interface CommandOptions {
  /** `--port`, else the variable PORT, else 3000; 0: any free port. */
  readonly port: number;
  /** `--data`; undefined: in memory. */
  readonly dataDir: string | undefined;
  readonly dynamodbEndpoint: string | undefined;
  readonly showLogs: boolean;
  readonly outDir: string | undefined;
  readonly json: boolean;
  readonly readyFile: string | undefined;
  readonly help: boolean;
}

const FLAGS = {
  port: { type: 'string' },
  data: { type: 'string' },
  'dynamodb-endpoint': { type: 'string' },
  'show-logs': { type: 'boolean', default: false },
  'out-dir': { type: 'string' },
  json: { type: 'boolean', default: false },
  'ready-file': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type OwnFlags = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/**
 * Parses the flags of a command.
 * @param ownFlags flags that only this command has; their values are in `own`, by name.
 * @throws LocalCloudProblem naming the flag that is wrong.
 */
export function parseCommandOptions(
  args: string[],
  env: NodeJS.ProcessEnv,
  ownFlags: OwnFlags = {},
): CommandOptions & { readonly own: Readonly<Record<string, string | boolean | undefined>> } {
  const values = parsed(args, ownFlags);
  return {
    port: portOf(values.port ?? env.PORT, values.port === undefined ? 'PORT' : '--port'),
    dataDir: nonEmpty(values.data, '--data'),
    dynamodbEndpoint: endpointOf(values['dynamodb-endpoint']),
    showLogs: values['show-logs'],
    outDir: nonEmpty(values['out-dir'], '--out-dir'),
    json: values.json,
    readyFile: nonEmpty(values['ready-file'], '--ready-file'),
    help: values.help,
    own: values,
  };
}

function parsed(args: string[], ownFlags: OwnFlags) {
  try {
    return parseArgs({ args, options: { ...ownFlags, ...FLAGS }, allowPositionals: false }).values;
  } catch (error) {
    // The first sentence of Node.js names the fault; the next one guesses what else was meant.
    throw new LocalCloudProblem(`${messageOf(error).split('. ')[0]}; --help lists the flags`);
  }
}

function portOf(text: string | undefined, from: string): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new LocalCloudProblem(`${from} must be a number from 0 to 65535, got ${text}`);
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined || (/^https?:\/\/[^/]/.test(text) && URL.canParse(text))) return text;
  throw new LocalCloudProblem(`--dynamodb-endpoint must be a URL like http://127.0.0.1:8000, got ${text}`);
}

/** The text of a flag. @throws LocalCloudProblem when the text is empty. */
export function nonEmpty(text: string | undefined, flag: string): string | undefined {
  if (text === '') throw new LocalCloudProblem(`${flag} must not be empty`);
  return text;
}
