import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  StreamViewType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Stage } from '../settings.js';

/** The boxes and what is known beside them: devices, scopes, policies, tickets. */
export class Tables extends Construct {
  readonly store: Table;
  readonly registry: Table;

  constructor(scope: Construct, id: string, props: { stage: Stage; dataKey?: IKey | undefined }) {
    super(scope, id);
    const kept = props.stage === 'prod';
    const common = {
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(props.dataKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.dataKey }),
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    } satisfies Partial<TableProps>;

    // No secondary index: the commit log answers what an index on modSeq could answer only torn.
    this.store = new Table(this, 'Store', {
      ...common,
      partitionKey: { name: 'box', type: AttributeType.STRING },
      stream: StreamViewType.NEW_IMAGE,
    });
    this.registry = new Table(this, 'Registry', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });
  }
}
