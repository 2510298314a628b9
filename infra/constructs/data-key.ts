import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';

/** The customer's key of all data at rest: tables, queues, the token key, logs. KMS rotates it yearly. */
export class DataKey extends Key {
  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id, {
      description: 'Data of cpm-sync at rest',
      enableKeyRotation: true,
      // A retained table is not readable without its key.
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
