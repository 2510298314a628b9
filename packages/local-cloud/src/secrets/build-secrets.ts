import type { DataFolder } from '../data-folder.js';
import type { Stack } from '../template/stack.js';
import { generateSecretValue } from './generate.js';
import { SecretStore } from './secret-store.js';

/** The secrets of the stack. Values kept in the data folder are used again, the others are generated. */
export function buildSecrets(stack: Stack, folder: DataFolder | undefined): SecretStore {
  const secrets = stack.resources('AWS::SecretsManager::Secret').map(({ name, ref, properties }) => ({
    name,
    arn: ref,
    initialValue: () =>
      properties.SecretString ??
      (properties.GenerateSecretString ? generateSecretValue(properties.GenerateSecretString) : ''),
  }));
  return new SecretStore(secrets, folder);
}
