import * as z from 'zod/mini';
import { generatedId, kind, namedWithArn, type ResourceKind } from '../kind.js';

/** A resource type that the local cloud accepts and ignores, for this reason. */
const ignored = (_reason: string, of: Partial<ResourceKind> & Pick<ResourceKind, 'identify'>) =>
  kind({ properties: z.looseObject({}), ...of });

export const kindsWithoutEffect = {
  'AWS::IAM::Role': ignored('access is not checked here', {
    nameProperty: 'RoleName',
    maxNameLength: 64,
    identify: namedWithArn('iam', 'role/'),
  }),
  'AWS::IAM::Policy': ignored('access is not checked here', { identify: generatedId('Id') }),
  'AWS::IAM::ManagedPolicy': ignored('access is not checked here', { identify: generatedId('PolicyArn') }),
  'AWS::SQS::QueuePolicy': ignored('access is not checked here', { identify: generatedId('Id') }),
  'AWS::Logs::LogGroup': ignored('all logs are in one file', {
    nameProperty: 'LogGroupName',
    maxNameLength: 512,
    identify: namedWithArn('logs', 'log-group:'),
  }),
  'AWS::Logs::ResourcePolicy': ignored('all logs are in one file', { identify: generatedId() }),
  'AWS::Logs::MetricFilter': ignored('there are no metrics here', { identify: generatedId() }),
  'AWS::CloudWatch::Alarm': ignored('there are no metrics here', {
    nameProperty: 'AlarmName',
    identify: namedWithArn('cloudwatch', 'alarm:'),
  }),
  'AWS::CloudWatch::CompositeAlarm': ignored('there are no metrics here', {
    nameProperty: 'AlarmName',
    identify: namedWithArn('cloudwatch', 'alarm:'),
  }),
  'AWS::CloudWatch::Dashboard': ignored('there are no metrics here', { identify: generatedId() }),
  'AWS::SNS::Topic': ignored('only alarms publish to it', {
    nameProperty: 'TopicName',
    identify: ({ name, place }) => {
      const arn = `arn:aws:sns:${place.region}:${place.account}:${name}`;
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  }),
  'AWS::SNS::TopicPolicy': ignored('access is not checked here', { identify: generatedId('Id') }),
  'AWS::SNS::Subscription': ignored('only alarms publish to topics', { identify: generatedId('Arn') }),
  'AWS::KMS::Key': ignored('nothing is encrypted at rest here', {
    identify: (naming) => {
      const { ref } = generatedId()(naming);
      return {
        ref,
        attributes: { KeyId: ref, Arn: namedWithArn('kms', 'key/')(naming).attributes.Arn ?? '' },
      };
    },
  }),
  'AWS::KMS::Alias': ignored('nothing is encrypted at rest here', { identify: generatedId('AliasName') }),
  'AWS::SecretsManager::ResourcePolicy': ignored('access is not checked here', {
    identify: generatedId('Id'),
  }),
  'AWS::ApiGateway::Account': ignored('there is no access log here', { identify: generatedId('Id') }),
  'AWS::CDK::Metadata': ignored('only AWS reads it', { identify: generatedId() }),
};
