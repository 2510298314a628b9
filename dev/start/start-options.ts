import { parseArgs } from 'node:util';
import { LocalCloudProblem, messageOf } from '../../packages/local-cloud/src/problem.js';

export const HELP = `Runs the whole service on this machine: npm start -- [flags]

  --port N                   port for HTTP and WebSocket clients; default: the variable PORT, or 3000; 0: any that is free
  --data DIR                 keep everything in this folder; default: in memory
  --dynamodb-endpoint URL    use this DynamoDB instead of starting DynamoDB Local (which needs Java 17)
  --no-sample                begin without the sample user
  --show-logs                print what the functions log, too
  --out-dir DIR              use the stack synthesized there instead of synthesizing it
  --json                     print one line of JSON when ready, and everything else to stderr
  --ready-file FILE          write that JSON to a file
  --help                     this`;

const DEFAULT_PORT = 3000;

export interface StartOptions {
  readonly port: number;
  readonly dataDir: string | undefined;
  readonly dynamodbEndpoint: string | undefined;
  readonly sample: boolean;
  readonly showLogs: boolean;
  readonly outDir: string | undefined;
  readonly json: boolean;
  readonly readyFile: string | undefined;
  readonly help: boolean;
}

const OPTIONS = {
  port: { type: 'string' },
  data: { type: 'string' },
  'dynamodb-endpoint': { type: 'string' },
  'no-sample': { type: 'boolean', default: false },
  'show-logs': { type: 'boolean', default: false },
  'out-dir': { type: 'string' },
  json: { type: 'boolean', default: false },
  'ready-file': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws LocalCloudProblem naming the flag that is wrong. */
export function parseStartOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions {
  const values = parsed(args);
  return {
    port: portOf(values.port ?? env.PORT, values.port === undefined ? 'PORT' : '--port'),
    dataDir: nonEmpty(values.data, '--data'),
    dynamodbEndpoint: endpointOf(values['dynamodb-endpoint']),
    sample: !values['no-sample'],
    showLogs: values['show-logs'],
    outDir: nonEmpty(values['out-dir'], '--out-dir'),
    json: values.json,
    readyFile: nonEmpty(values['ready-file'], '--ready-file'),
    help: values.help,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    // Node says in its first sentence what is wrong, and in the next what else may have been meant.
    throw new LocalCloudProblem(`${messageOf(error).split('. ')[0]}; --help lists what there is`);
  }
}

function portOf(text: string | undefined, from: string): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new LocalCloudProblem(`${from} ${text} is no port: a number from 0 to 65535`);
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined || (/^https?:\/\/[^/]/.test(text) && URL.canParse(text))) return text;
  throw new LocalCloudProblem(`--dynamodb-endpoint ${text} is no URL, like http://127.0.0.1:8000`);
}

function nonEmpty(text: string | undefined, flag: string): string | undefined {
  if (text === '') throw new LocalCloudProblem(`${flag} is empty`);
  return text;
}
