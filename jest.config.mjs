import { availableParallelism } from 'node:os';

const transform = {
  '^.+\\.(ts|mjs|js)$': [
    // With a fault planted in the source (npm run faults) another one, which does the same beside.
    process.env.CPM_FAULT ? '<rootDir>/test/support/faults/transform.mjs' : '@swc/jest',
    { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
  ],
};

/** One jest project for each folder of test/, and one for the local cloud. One alone: npx jest --selectProjects unit */
const project = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/support/timeout.ts'],
  transform,
  transformIgnorePatterns: ['/node_modules/(?!(@middy|jose)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  ...extra,
});

const e2e = {
  globalSetup: '<rootDir>/test/support/cloud-setup.mjs',
  globalTeardown: '<rootDir>/test/support/cloud-teardown.mjs',
};

const integration = {
  globalSetup: '<rootDir>/test/support/dynamodb-setup.mjs',
  globalTeardown: '<rootDir>/test/support/dynamodb-teardown.mjs',
};

export default {
  // Many tests wait for the local cloud most of the time, so two at once even on two cores.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  projects: [
    project('unit'),
    project('property'),
    project('model'), // fills all cores by itself: scripts/test.mjs runs it by itself
    project('infra'),
    project('local', { testMatch: ['<rootDir>/packages/local-cloud/test/**/*.test.ts'] }),
    project('integration', integration),
    project('routes', e2e),
    project('e2e', e2e),
  ],
};
