import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCloudProblem } from '../../packages/local-cloud/src/problem.js';
import { Undo } from '../../packages/local-cloud/src/undo.js';
import { demoRoute } from '../demo-server/demo-routes.js';
import { projectRoot } from '../project-root.js';
import { makeSample, type Sample } from './make-sample.js';
import { watchParents } from './parent-watch.js';
import { type ReadyFacts, readyJson, readyText } from './ready-text.js';
import { obeyParent } from './remote-control.js';
import { SAMPLE_USER } from './sample.js';
import { HELP, parseStartOptions, type StartOptions } from './start-options.js';
import { synthesizeAside } from './synthesize-aside.js';

const undo = new Undo();
let stopping: (() => void) | undefined;
let ending = false;

/** Resolves when somebody wants an end: Ctrl-C, a signal, the npm that started us is gone. A second time ends at once. */
const endAsked = new Promise<void>((resolve) => {
  stopping = () => {
    ending = true;
    resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(1);
      stop();
    });
  }
});
const stop = () => stopping?.();

async function main(args: string[]): Promise<void> {
  const options = parseStartOptions(args, process.env);
  if (options.help) {
    console.log(HELP);
    return;
  }
  undo.later(await watchParents(stop));
  const starting = start(options);
  const facts = await Promise.race([starting, endAsked]);
  if (!facts) {
    await starting.catch(() => {}); // so that all of it can be stopped
    return;
  }
  tellReady(options, facts);
  await endAsked;
}

async function start(options: StartOptions): Promise<ReadyFacts> {
  const begunAtMs = Date.now();
  const say = options.json ? console.error : console.log;
  const loading = import('../../packages/local-cloud/src/local-cloud.js'); // takes a while: the stack is synthesized meanwhile
  if (options.outDir === undefined) say('Synthesizing the stack …');
  const outDir = options.outDir ?? (await synthesizeAside(undo));
  const logFile = join(options.dataDir ?? join(projectRoot, '.local'), 'functions.log');
  say('Starting DynamoDB, queues, functions and APIs …');
  const { startLocalCloud } = await loading;
  const cloud = await startLocalCloud({
    port: options.port,
    outDir,
    dataDir: options.dataDir,
    dynamodbEndpoint: options.dynamodbEndpoint,
    functionLogFile: logFile,
    log: say,
    moreRoutes: demoRoute,
    ...(options.showLogs && { onFunctionLine: say }),
  });
  undo.later(() => cloud.stop());
  obeyParent(cloud, stop);
  let sample: Sample | undefined;
  if (options.sample && !ending) {
    say('Making the sample …');
    sample = await makeSample(cloud);
  }
  const token = await cloud.token(SAMPLE_USER, 'cpm/sync');
  return { cloud, token, sample, dataDir: options.dataDir, logFile, tookMs: Date.now() - begunAtMs };
}

function tellReady({ json, readyFile }: StartOptions, facts: ReadyFacts) {
  const line = JSON.stringify(readyJson(facts));
  console.log(json ? line : readyText(facts));
  if (!readyFile) return;
  writeFileSync(`${readyFile}.new`, `${line}\n`);
  renameSync(`${readyFile}.new`, readyFile);
}

main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error instanceof LocalCloudProblem ? error.message : error);
    process.exitCode = 1;
  })
  .finally(() => undo.all())
  .finally(() => process.exit());
