import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';
import { suppressNag } from '../suppress-nag.js';

/**
 * The key that sync tokens are sealed with. The functions accept the current one and the previous one, so that after a
 * rotation no device has to start over.
 */
export class TokenKey extends Secret {
  constructor(scope: Construct, id: string, props: { stage: Stage; dataKey?: IKey | undefined }) {
    super(scope, id, {
      description: 'Key of the sync tokens',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      ...(props.dataKey && { encryptionKey: props.dataKey }),
      removalPolicy: props.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    suppressNag(this, {
      'AwsSolutions-SMG4':
        'Rotated by the operator (docs/runbook.md): a device that was away for two rotations starts over, and the key gives no rights, which come from the access token alone.',
    });
  }
}
