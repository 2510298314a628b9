import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { LocalCloudProblem, messageOf } from '../problem.js';
import { faultsOf, withoutEffect } from '../schema.js';

const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z._default(z.record(z.string(), z.unknown()), {}),
  Condition: z.optional(z.string()),
  DependsOn: withoutEffect('everything is created before anything runs'),
  Metadata: withoutEffect('for tools'),
  DeletionPolicy: withoutEffect('stacks are not deleted here'),
  UpdateReplacePolicy: withoutEffect('stacks are not updated here'),
});

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: withoutEffect('there is one version'),
  Description: withoutEffect('for people'),
  Metadata: withoutEffect('for tools'),
  Rules: withoutEffect('CDK checks the version of its bootstrap stack with them'),
  Parameters: z._default(z.record(z.string(), z.looseObject({ Default: z.optional(z.unknown()) })), {}),
  Mappings: z._default(z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))), {}),
  Conditions: z._default(z.record(z.string(), z.unknown()), {}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z._default(
    z.record(
      z.string(),
      z.strictObject({
        Value: z.unknown(),
        Condition: z.optional(z.string()),
        Description: withoutEffect('for people'),
        Export: withoutEffect('there is one stack'),
      }),
    ),
    {},
  ),
});
export type Template = z.infer<typeof templateSchema>;

/**
 * Reads a CloudFormation template.
 * @throws LocalCloudProblem when the file cannot be read, is not JSON, or has a section that is not supported.
 */
export function readTemplate(file: string): Template {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new LocalCloudProblem(`The template ${file} cannot be read: ${messageOf(error)}`);
  }
  const parsed = templateSchema.safeParse(content);
  if (!parsed.success) {
    throw new LocalCloudProblem(
      `The local cloud cannot run the template ${file}: ${faultsOf(parsed.error).join('; ')}`,
    );
  }
  return parsed.data;
}
