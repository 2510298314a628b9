import type { LocalCloud, LocalCloudOptions } from './local-cloud-options.js';

/**
 * Starts everything that a synthesized template describes, on 127.0.0.1.
 * Most of the package is loaded by the first call, so that importing this module is cheap.
 * @throws LocalCloudProblem when the cloud cannot start; nothing is left running then.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const cloud = await import('./local-cloud.js');
  return cloud.startLocalCloud(options);
}

export { type CommandOptions, nonEmpty, parseCommandOptions } from './command/command-options.js';
export { type Command, type CommandRun, type Ready, runCommand } from './command/run-command.js';
export { type DynamoDbServer, startDynamoDbLocal } from './dynamodb/dynamodb-local.js';
export { type FaultCounts, type FaultRates, Faults } from './faults.js';
export { type Answer, jsonAnswer } from './http/answer.js';
export { FunctionError } from './lambda/function-error.js';
export type { Chaos, LocalCloud, LocalCloudOptions, MoreRoutes } from './local-cloud-options.js';
export { LocalCloudProblem, messageOf } from './problem.js';
export { SecretStore } from './secrets/secret-store.js';
export { secretsService } from './secrets/secrets-service.js';
export {
  type JsonService,
  type RestService,
  type ServicesServer,
  startServicesServer,
} from './services/services-server.js';
export type { ConnectionLimits } from './web-socket/connection.js';
