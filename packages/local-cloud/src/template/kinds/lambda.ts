import * as z from 'zod/mini';
import { withoutEffect } from '../../schema.js';
import { generatedId, kind, namedWithArn } from '../kind.js';

const mappingSchema = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z._default(z.boolean(), true),
  BatchSize: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
  MaximumBatchingWindowInSeconds: z._default(z.int().check(z.gte(0), z.lte(300)), 0),
  FilterCriteria: z.optional(
    z.strictObject({ Filters: z._default(z.array(z.strictObject({ Pattern: z.string() })), []) }),
  ),
  FunctionResponseTypes: z._default(z.array(z.literal('ReportBatchItemFailures')), []),
  StartingPosition: z.optional(z.enum(['TRIM_HORIZON', 'LATEST'])),
  BisectBatchOnFunctionError: z._default(z.boolean(), false),
  MaximumRetryAttempts: z._default(z.int().check(z.gte(-1)), -1),
  MaximumRecordAgeInSeconds: z._default(z.int().check(z.gte(-1)), -1),
  DestinationConfig: z.optional(
    z.strictObject({ OnFailure: z.optional(z.strictObject({ Destination: z.string() })) }),
  ),
  ScalingConfig: z.optional(z.strictObject({ MaximumConcurrency: z.int().check(z.gte(2)) })),
  ParallelizationFactor: withoutEffect('one reader reads a shard: slower, in the same order'),
  MetricsConfig: withoutEffect('there are no metrics here'),
  Tags: withoutEffect('for billing'),
});
export type MappingProperties = z.infer<typeof mappingSchema>;

const functionSchema = z.strictObject({
  FunctionName: z.optional(z.string()),
  Code: z.strictObject({ S3Bucket: withoutEffect('assets are folders here'), S3Key: z.string() }),
  Handler: z.string().check(z.regex(/^[\w./-]+\.\w+$/)),
  Runtime: z.string().check(z.regex(/^nodejs\d+\.x$/, 'must be a Node.js runtime')),
  PackageType: z.optional(z.literal('Zip')),
  Timeout: z._default(z.int().check(z.gte(1), z.lte(900)), 3),
  MemorySize: z._default(z.int().check(z.gte(128), z.lte(10_240)), 128),
  ReservedConcurrentExecutions: z.optional(z.int().check(z.gte(1))),
  Environment: z.optional(z.strictObject({ Variables: z._default(z.record(z.string(), z.string()), {}) })),
  Architectures: withoutEffect('functions run on the processor of this machine'),
  Description: withoutEffect('for people'),
  EphemeralStorage: withoutEffect('functions use the file system of this machine'),
  LoggingConfig: withoutEffect('all logs are in one file'),
  TracingConfig: withoutEffect('there are no traces here'),
  RuntimeManagementConfig: withoutEffect('functions run on the Node.js of this machine'),
  RecursiveLoop: withoutEffect('loops are not detected here'),
  KmsKeyArn: withoutEffect('nothing is encrypted at rest here'),
  Role: withoutEffect('access is not checked here'),
  Layers: z.optional(z.array(z.string()).check(z.maxLength(0, 'must be empty: layers are not supported'))),
  Tags: withoutEffect('for billing'),
});
export type FunctionProperties = z.infer<typeof functionSchema>;

export const lambdaKinds = {
  'AWS::Lambda::Function': kind({
    nameProperty: 'FunctionName',
    maxNameLength: 64,
    properties: functionSchema,
    identify: namedWithArn('lambda', 'function:'),
  }),
  'AWS::Lambda::EventSourceMapping': kind({
    properties: mappingSchema,
    identify: generatedId('Id'),
  }),
  'AWS::Lambda::Permission': kind({
    properties: z.strictObject({
      Action: withoutEffect('access is not checked here'),
      FunctionName: withoutEffect('access is not checked here'),
      Principal: withoutEffect('access is not checked here'),
      SourceArn: withoutEffect('access is not checked here'),
      SourceAccount: withoutEffect('access is not checked here'),
    }),
    identify: generatedId('Id'),
  }),
};
