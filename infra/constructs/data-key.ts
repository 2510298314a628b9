import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';

/** The key of all data at rest, where the customer wants one: tables, queues, the token key, logs. Rotated yearly. */
export class DataKey extends Key {
  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id, {
      description: 'Data of cpm-sync at rest',
      enableKeyRotation: true,
      // Without its key a retained table cannot be read.
      removalPolicy: props.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const { region, partition } = Stack.of(this);
    const logs = new ServicePrincipal(`logs.${region}.amazonaws.com`, {
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${Aws.ACCOUNT_ID}:*`,
        },
      },
    });
    this.grantEncryptDecrypt(logs);
  }
}
