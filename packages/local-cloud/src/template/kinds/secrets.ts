import * as z from 'zod/mini';
import { withoutEffect } from '../../schema.js';
import { kind } from '../kind.js';
import { arnOf, shortHash } from '../place.js';

const generateSchema = z.strictObject({
  PasswordLength: z._default(z.int().check(z.gte(1), z.lte(4096)), 32),
  ExcludeCharacters: z._default(z.string(), ''),
  ExcludeLowercase: z._default(z.boolean(), false),
  ExcludeUppercase: z._default(z.boolean(), false),
  ExcludeNumbers: z._default(z.boolean(), false),
  ExcludePunctuation: z._default(z.boolean(), false),
  IncludeSpace: z._default(z.boolean(), false),
  RequireEachIncludedType: z._default(z.boolean(), true),
  SecretStringTemplate: z.optional(z.string()),
  GenerateStringKey: z.optional(z.string()),
});
export type GenerateSecretString = z.infer<typeof generateSchema>;

export const secretsKinds = {
  'AWS::SecretsManager::Secret': kind({
    nameProperty: 'Name',
    properties: z.strictObject({
      Name: z.optional(z.string()),
      GenerateSecretString: z.optional(generateSchema),
      SecretString: z.optional(z.string()),
      Description: withoutEffect('for people'),
      KmsKeyId: withoutEffect('nothing is encrypted at rest here'),
      Tags: withoutEffect('for billing'),
    }),
    identify: ({ name, place }) => {
      // AWS appends six random characters to the name.
      const arn = arnOf(place, 'secretsmanager', `secret:${name}-${shortHash(name, 6)}`);
      return { ref: arn, attributes: { Id: arn } };
    },
  }),
};
