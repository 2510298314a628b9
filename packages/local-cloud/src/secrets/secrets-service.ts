import * as z from 'zod/mini';
import { faultsOf } from '../schema.js';
import { AwsError } from '../services/aws-error.js';
import type { JsonService } from '../services/services-server.js';
import type { SecretStore } from './secret-store.js';

const getInput = z.strictObject({
  SecretId: z.string(),
  VersionId: z.optional(z.string()),
  VersionStage: z.optional(z.string()),
});

const putInput = z.strictObject({
  SecretId: z.string(),
  SecretString: z.string(),
  VersionStages: z.optional(z.array(z.string())),
  ClientRequestToken: z.optional(z.string()),
});

/** Secrets Manager for the AWS SDK: GetSecretValue and PutSecretValue. */
export const secretsService = (store: SecretStore): JsonService => ({
  target: 'secretsmanager',
  errorNamespace: 'com.amazonaws.secretsmanager',
  operations: {
    GetSecretValue(input) {
      const { SecretId, VersionId, VersionStage } = checked(getInput, input);
      const { secret, version } = store.get(SecretId, {
        ...(VersionStage && { stage: VersionStage }),
        ...(VersionId && { versionId: VersionId }),
      });
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: version.stages,
        SecretString: version.value,
        CreatedDate: version.createdAtMs / 1000,
      };
    },
    PutSecretValue(input) {
      const { SecretId, SecretString, VersionStages, ClientRequestToken } = checked(putInput, input);
      const { secret, version } = store.put(SecretId, SecretString, VersionStages, ClientRequestToken);
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
    },
  },
});

function checked<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = z.safeParse(schema, input);
  if (!parsed.success) throw new AwsError('InvalidParameterException', faultsOf(parsed.error).join('; '));
  return parsed.data;
}
