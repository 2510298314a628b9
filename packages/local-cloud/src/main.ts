import { join } from 'node:path';
import { type CommandOptions, nonEmpty, parseCommandOptions } from './command/command-options.js';
import { runCommand } from './command/run-command.js';
import type { LocalCloud } from './local-cloud-options.js';
import { LocalCloudProblem } from './problem.js';

const HELP = `Runs a synthesized CDK template on this machine: local-cloud [flags]

  --out-dir DIR              folder of the synthesized app, with one template; default: cdk.out
  --template FILE            this template instead; its assets must be beside it
  --port N                   port for HTTP and WebSocket clients; default: the variable PORT, or 3000; 0: any free port
  --data DIR                 keep everything in this folder; default: in memory
  --dynamodb-endpoint URL    use this DynamoDB instead of starting DynamoDB Local (which needs Java 17)
  --show-logs                print the output of the functions
  --json                     print one line of JSON when ready, and everything else on stderr
  --ready-file FILE          write that JSON to a file
  --help                     print this text

Ctrl-C stops everything. With --data, the output of the functions is in DIR/functions.log.`;

interface Options extends CommandOptions {
  readonly templateFile: string | undefined;
}

await runCommand<Options>({
  help: HELP,
  parse(args, env) {
    const { own, ...options } = parseCommandOptions(args, env, { template: { type: 'string' } });
    const { template } = own;
    const templateFile = nonEmpty(typeof template === 'string' ? template : undefined, '--template');
    if (templateFile !== undefined && options.outDir !== undefined)
      throw new LocalCloudProblem('--template and --out-dir must not be given together: choose one');
    return { ...options, templateFile };
  },
  async start({ templateFile, dataDir }, run) {
    run.say('Starting DynamoDB, queues, functions and APIs …');
    const functionLogFile = dataDir === undefined ? undefined : join(dataDir, 'functions.log');
    const cloud = await run.startCloud({ templateFile, functionLogFile });
    return { cloud, facts: {}, text: readyText(cloud, dataDir) };
  },
});

function readyText({ url, socketUrl, functions }: LocalCloud, dataDir: string | undefined): string {
  return [
    'Ready.',
    '',
    `HTTP API       ${url}`,
    `WebSocket API  ${socketUrl}`,
    `Tokens         POST ${url}/dev/token {"sub":"…","scope":"…"}`,
    `Functions      POST ${url}/dev/invoke/NAME: ${functions.join(', ') || 'none'}`,
    `Data           ${dataDir ?? 'in memory (--data DIR keeps it)'}`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}
