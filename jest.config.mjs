const transform = {
  '^.+\\.(ts|mjs|js)$': [
    '@swc/jest',
    { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
  ],
};

/** One jest project a folder of test/, so that each can be run alone: npx jest --selectProjects unit */
const project = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform,
  transformIgnorePatterns: ['/node_modules/(?!(@middy|jose)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  ...extra,
});

const e2e = {
  globalSetup: '<rootDir>/test/support/cloud-setup.mjs',
  globalTeardown: '<rootDir>/test/support/cloud-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/cloud-timeout.ts'],
};

const integration = {
  globalSetup: '<rootDir>/test/support/dynamodb-setup.mjs',
  globalTeardown: '<rootDir>/test/support/dynamodb-teardown.mjs',
};

export default {
  projects: [
    project('unit'),
    project('property'),
    project('infra'),
    project('local'),
    project('integration', integration),
    project('e2e', e2e),
  ],
};
