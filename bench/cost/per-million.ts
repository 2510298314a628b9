import { ACTIVITIES, type Activity, type Measured } from './activities.js';
import { usd } from './bill.js';
import { PRICES, type PriceName } from './prices.js';
import { type Assumptions, usageOfOne } from './usage.js';

/** Cost of a million activities, before free tiers and volume prices. Unit: USD. */
export interface PerMillion {
  readonly name: string;
  readonly says: string;
  readonly dynamoDbUsd: number;
  readonly otherUsd: number;
  readonly totalUsd: number;
}

/**
 * An activity with the activities that follow from it. Each counts as one invocation; batches are cheaper.
 */
const WHOLE: Readonly<Record<string, { readonly says: string; readonly of: readonly Activity[] }>> = {
  'a device commit, with all that follows': {
    says: 'act, fanOutAct, projectAct',
    of: ['act', 'fanOutAct', 'projectAct'],
  },
  'a deposit, with all that follows': {
    says: 'deposit, fanOutDeposit, projectDeposit',
    of: ['deposit', 'fanOutDeposit', 'projectDeposit'],
  },
};

const MILLION = 1_000_000;
const DYNAMODB: readonly PriceName[] = ['dynamoDbWrite', 'dynamoDbRead'];

const priceOfOne = (name: PriceName): number => (PRICES[name].steps[0]?.usd ?? 0) / PRICES[name].per;

/** The cost of a million of each activity, and of each commit with the activities that follow from it. */
export function perMillion(measured: Measured, assumptions: Assumptions): PerMillion[] {
  const costOf = (of: readonly Activity[], among: (name: PriceName) => boolean): number =>
    of
      .map((activity) => usageOfOne(activity, measured, assumptions))
      .flatMap((usage) => Object.entries(usage) as [PriceName, number][])
      .filter(([name]) => among(name))
      .reduce((sum, [name, amount]) => sum + amount * priceOfOne(name) * MILLION, 0);
  const row = (name: string, says: string, of: readonly Activity[]): PerMillion => {
    const dynamoDbUsd = costOf(of, (each) => DYNAMODB.includes(each));
    const otherUsd = costOf(of, (each) => !DYNAMODB.includes(each));
    return { name, says, dynamoDbUsd, otherUsd, totalUsd: dynamoDbUsd + otherUsd };
  };
  const activities = Object.entries(ACTIVITIES) as [Activity, { says: string }][];
  return [
    ...activities.map(([name, { says }]) => row(name, says, [name])),
    ...Object.entries(WHOLE).map(([name, { says, of }]) => row(name, says, of)),
  ];
}

/** The costs as a table. Shape: Markdown. */
export const perMillionTable = (rows: readonly PerMillion[]): string =>
  [
    '| USD a million | | DynamoDB | the rest | all |',
    '|---|---|---:|---:|---:|',
    ...rows.map(
      ({ name, says, dynamoDbUsd, otherUsd, totalUsd }) =>
        `| ${name} | ${says} | ${usd(dynamoDbUsd)} | ${usd(otherUsd)} | ${usd(totalUsd)} |`,
    ),
  ].join('\n');
