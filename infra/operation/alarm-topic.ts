import { Aws } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { AlarmReceivers } from '../settings.js';

/** The topic of the alarms: the given one, or a new one with the addresses. Each address must confirm its subscription. */
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
