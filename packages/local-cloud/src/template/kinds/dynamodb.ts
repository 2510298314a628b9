import * as z from 'zod/mini';
import { withoutEffect } from '../../schema.js';
import { kind, type Naming } from '../kind.js';
import { arnOf } from '../place.js';

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

const indexSchema = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.optional(z.array(z.string())),
  }),
  ProvisionedThroughput: withoutEffect('all tables are on demand here'),
  OnDemandThroughput: withoutEffect('nothing is throttled here'),
  WriteProvisionedThroughputSettings: withoutEffect('all tables are on demand here'),
});

const common = {
  TableName: z.optional(z.string()),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  StreamSpecification: z.optional(
    z.strictObject({
      StreamViewType: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']),
      ResourcePolicy: withoutEffect('access is not checked here'),
    }),
  ),
  TimeToLiveSpecification: z.optional(
    z.strictObject({ AttributeName: z.optional(z.string()), Enabled: z.boolean() }),
  ),
  GlobalSecondaryIndexes: z.optional(z.array(indexSchema)),
  LocalSecondaryIndexes: z.optional(z.array(indexSchema)),
  BillingMode: withoutEffect('all tables are on demand here'),
  SSESpecification: withoutEffect('nothing is encrypted at rest here'),
  WarmThroughput: withoutEffect('nothing is throttled here'),
};

const tableOnly = {
  ProvisionedThroughput: withoutEffect('all tables are on demand here'),
  OnDemandThroughput: withoutEffect('nothing is throttled here'),
  PointInTimeRecoverySpecification: withoutEffect('DynamoDB Local has no backups'),
  DeletionProtectionEnabled: withoutEffect('stacks are not deleted here'),
  ContributorInsightsSpecification: withoutEffect('there are no metrics here'),
  TableClass: withoutEffect('it changes the price only'),
  ResourcePolicy: withoutEffect('access is not checked here'),
  Tags: withoutEffect('for billing'),
};

const identifyTable = ({ name, place }: Naming) => ({
  ref: name,
  attributes: {
    Arn: arnOf(place, 'dynamodb', `table/${name}`),
    // DynamoDB names a stream by its creation time. The stream reader asks the table for the real ARN.
    StreamArn: arnOf(place, 'dynamodb', `table/${name}/stream/local`),
    TableId: name,
  },
});

export const dynamodbKinds = {
  'AWS::DynamoDB::Table': kind({
    nameProperty: 'TableName',
    properties: z.strictObject({ ...common, ...tableOnly }),
    identify: identifyTable,
  }),
  'AWS::DynamoDB::GlobalTable': kind({
    nameProperty: 'TableName',
    properties: z.strictObject({
      ...common,
      WriteProvisionedThroughputSettings: withoutEffect('all tables are on demand here'),
      WriteOnDemandThroughputSettings: withoutEffect('nothing is throttled here'),
      Replicas: z
        .array(
          z.strictObject({
            Region: z.string(),
            ...tableOnly,
            SSESpecification: withoutEffect('nothing is encrypted at rest here'),
            ReplicaStreamSpecification: withoutEffect('access is not checked here'),
            GlobalSecondaryIndexes: withoutEffect('throughput and metrics of indexes'),
            ReadProvisionedThroughputSettings: withoutEffect('all tables are on demand here'),
            ReadOnDemandThroughputSettings: withoutEffect('nothing is throttled here'),
          }),
        )
        .check(z.length(1, 'must have one replica: the local cloud is one region')),
    }),
    identify: identifyTable,
  }),
};

export type TableProperties = z.infer<(typeof dynamodbKinds)['AWS::DynamoDB::Table']['properties']>;
