import { join } from 'node:path';
import { runCommand } from '@cpm-sync/local-cloud';
import { demoRoute } from '../demo-server/demo-routes.js';
import { projectRoot } from '../project-root.js';
import { makeSample, type Sample } from './make-sample.js';
import { readyText } from './ready-text.js';
import { SAMPLE_USER } from './sample.js';
import { HELP, parseStartOptions } from './start-options.js';
import { synthesizeAside } from './synthesize-aside.js';

await runCommand({
  help: HELP,
  parse: parseStartOptions,
  async start(options, run) {
    const startedAtMs = Date.now();
    const { dataDir } = options;
    if (options.outDir === undefined) run.say('Synthesizing the stack …');
    const outDir = options.outDir ?? (await synthesizeAside(run));
    const logFile = join(dataDir ?? join(projectRoot, '.local'), 'functions.log');
    run.say('Starting DynamoDB, queues, functions and APIs …');
    const cloud = await run.startCloud({ outDir, functionLogFile: logFile, moreRoutes: demoRoute });
    let sample: Sample | undefined;
    if (options.sample && !run.isEnding) {
      run.say('Making the sample …');
      sample = await makeSample(cloud);
    }
    const token = await cloud.token(SAMPLE_USER, 'cpm/sync');
    const tookMs = Date.now() - startedAtMs;
    return {
      cloud,
      facts: { token, user: sample?.user, logFile },
      text: readyText({ cloud, token, sample, dataDir, logFile, tookMs }),
    };
  },
});
