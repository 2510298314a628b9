import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from '../settings.js';

export interface RetainedLogGroupProps {
  readonly stage: Stage;
  readonly dataKey?: IKey | undefined;
}

/** A log group that keeps lines for two weeks. On stage prod it keeps them for three months, also after the stack is deleted. */
export class RetainedLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, { stage, dataKey }: RetainedLogGroupProps) {
    super(scope, id, {
      retention: stage === 'prod' ? RetentionDays.THREE_MONTHS : RetentionDays.TWO_WEEKS,
      removalPolicy: stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(dataKey && { encryptionKey: dataKey }),
    });
  }
}
