import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';
import { suppressNag } from '../suppress-nag.js';

/**
 * The key that seals sync tokens. Functions accept the current and the previous key, so that no device must start over
 * after a rotation.
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
        'The operator rotates it (docs/runbook.md). A device that misses two rotations starts over. The key grants no rights: only the access token does.',
    });
  }
}
