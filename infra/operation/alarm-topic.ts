import { Aws } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { AlarmReceivers } from '../settings.js';

/** Whom alarms tell: the topic that is given, or one of the stack's own for the addresses, each of which has to confirm. */
export function alarmTopic(
  scope: Construct,
  id: string,
  { topicArn, emails }: AlarmReceivers,
): ITopic | undefined {
  if (topicArn) return Topic.fromTopicArn(scope, id, topicArn);
  if (emails.length === 0) return undefined;
  const topic = new Topic(scope, id, { displayName: 'Alarms of cpm-sync', enforceSSL: true });
  topic.grantPublish(
    new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  for (const address of emails) topic.addSubscription(new EmailSubscription(address));
  return topic;
}
