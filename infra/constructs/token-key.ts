import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';

/**
 * The key that sync tokens are sealed with. The functions accept the current one and the previous one, so that after a
 * rotation no device has to start over.
 */
export class TokenKey extends Secret {
  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id, {
      description: 'Key of the sync tokens',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: props.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
