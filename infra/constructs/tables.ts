import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  StreamViewType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { RestoredTables, Stage } from '../settings.js';

export interface TablesProps {
  readonly stage: Stage;
  readonly dataKey?: IKey | undefined;
  readonly restored?: RestoredTables | undefined;
}

/** The boxes and what is known beside them: devices, scopes, policies, tickets. */
export class Tables extends Construct {
  readonly store: ITable;
  readonly registry: ITable;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    const made = props.restored ? this.imported(props.restored, props.dataKey) : this.made(props);
    this.store = made.store;
    this.registry = made.registry;
  }

  private made({ stage, dataKey }: TablesProps) {
    const kept = stage === 'prod';
    const common = {
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(dataKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: dataKey }),
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    } satisfies Partial<TableProps>;

    return {
      // No secondary index: the commit log answers what an index on modSeq could answer only torn.
      store: new Table(this, 'Store', {
        ...common,
        partitionKey: { name: 'box', type: AttributeType.STRING },
        stream: StreamViewType.NEW_AND_OLD_IMAGES, // the old one tells what it was that has expired
      }),
      registry: new Table(this, 'Registry', {
        ...common,
        partitionKey: { name: 'pk', type: AttributeType.STRING },
      }),
    };
  }

  /** What the stack would set up of its own tables (stream, TTL, backups), docs/runbook.md does with these. */
  private imported({ store, storeStreamArn, registry }: RestoredTables, dataKey: IKey | undefined) {
    const key = dataKey && { encryptionKey: dataKey };
    return {
      store: Table.fromTableAttributes(this, 'RestoredStore', {
        tableName: store,
        tableStreamArn: storeStreamArn,
        ...key,
      }),
      registry: Table.fromTableAttributes(this, 'RestoredRegistry', { tableName: registry, ...key }),
    };
  }
}
