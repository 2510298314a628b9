import * as z from 'zod/mini';
import { withoutEffect } from '../../schema.js';
import { kind } from '../kind.js';
import { arnOf } from '../place.js';

export const messagingKinds = {
  'AWS::SQS::Queue': kind({
    nameProperty: 'QueueName',
    maxNameLength: 80,
    properties: z.strictObject({
      QueueName: z.optional(z.string()),
      DelaySeconds: z._default(z.int().check(z.gte(0), z.lte(900)), 0),
      VisibilityTimeout: z._default(z.int().check(z.gte(0), z.lte(43_200)), 30),
      MessageRetentionPeriod: z._default(z.int().check(z.gte(60), z.lte(1_209_600)), 345_600),
      ReceiveMessageWaitTimeSeconds: z._default(z.int().check(z.gte(0), z.lte(20)), 0),
      MaximumMessageSize: z._default(z.int().check(z.gte(1024), z.lte(1_048_576)), 1_048_576),
      RedrivePolicy: z.optional(
        z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int().check(z.gte(1)) }),
      ),
      RedriveAllowPolicy: withoutEffect('access is not checked here'),
      SqsManagedSseEnabled: withoutEffect('nothing is encrypted at rest here'),
      KmsMasterKeyId: withoutEffect('nothing is encrypted at rest here'),
      KmsDataKeyReusePeriodSeconds: withoutEffect('nothing is encrypted at rest here'),
      Tags: withoutEffect('for billing'),
    }),
    identify: ({ name, place }) => ({
      ref: `${place.servicesUrl}/${place.account}/${name}`,
      attributes: {
        Arn: arnOf(place, 'sqs', name),
        QueueName: name,
        QueueUrl: `${place.servicesUrl}/${place.account}/${name}`,
      },
    }),
  }),
};

export type QueueProperties = z.infer<(typeof messagingKinds)['AWS::SQS::Queue']['properties']>;
