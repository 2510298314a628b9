import { type CommandOptions, parseCommandOptions } from '@cpm-sync/local-cloud';

export const HELP = `Runs the whole service on this machine: npm start -- [flags]

  --port N                   port for HTTP and WebSocket clients; default: the variable PORT, or 3000; 0: any free port
  --data DIR                 keep everything in this folder; default: in memory
  --dynamodb-endpoint URL    use this DynamoDB instead of starting DynamoDB Local (which needs Java 17)
  --no-sample                start without the sample user
  --show-logs                print the output of the functions
  --out-dir DIR              use the stack synthesized there instead of synthesizing it
  --json                     print one line of JSON when ready, and everything else on stderr
  --ready-file FILE          write that JSON to a file
  --help                     print this text`;

export interface StartOptions extends CommandOptions {
  /** Whether to make the sample user. */
  readonly sample: boolean;
}

/** @throws LocalCloudProblem naming the flag that is wrong. */
export function parseStartOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions {
  const { own, ...options } = parseCommandOptions(args, env, { 'no-sample': { type: 'boolean' } });
  return { ...options, sample: own['no-sample'] !== true };
}
