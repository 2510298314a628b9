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

/** The tables: the store with the boxes, and the registry with devices, scopes, policies and tickets. */
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
      // No secondary index: an index on modSeq is eventually consistent and could show part of a commit. The log shows whole commits.
      store: new Table(this, 'Store', {
        ...common,
        partitionKey: { name: 'box', type: AttributeType.STRING },
        stream: StreamViewType.NEW_AND_OLD_IMAGES, // the old image contains the expired item
      }),
      registry: new Table(this, 'Registry', {
        ...common,
        partitionKey: { name: 'pk', type: AttributeType.STRING },
      }),
    };
  }

  /** Restored tables. The operator enables stream, TTL and backups as docs/runbook.md describes. */
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
