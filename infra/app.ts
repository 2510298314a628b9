import { App } from 'aws-cdk-lib';
import { CpmSyncStack } from './cpm-sync-stack.js';
import { settingsFrom } from './settings.js';

const app = new App({
  analyticsReporting: false,
  // The CLI and scripts/synthesize.ts must synthesize the same template.
  postCliContext: {
    'aws:cdk:enable-path-metadata': true,
    'aws:cdk:enable-asset-metadata': true,
    '@aws-cdk/aws-iam:minimizePolicies': true,
  },
});

try {
  const settings = settingsFrom(app.node);
  new CpmSyncStack(app, 'CpmSync', { stackName: `cpm-sync-${settings.stage}`, settings });
  app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
